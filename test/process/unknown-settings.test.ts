import t from 'tap';
import { unknownSettings } from '../../src/config.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { ServerProcess } from './server-process.js';

t.test('RUN-10 a setting that nothing reads is named, with the one that was probably meant', async (t) => {
  for (const [name, meant] of [
    ['JWT_SECRET', 'JWT_SECRET_KEY'],
    ['JWT_SECRET_KEYS', 'JWT_SECRET_KEY'],
    ['LIMIT_SOCKETS_USER', 'LIMIT_SOCKETS_PER_USER'],
    ['LIMIT_COMMAND_PER_SECOND', 'LIMIT_COMMANDS_PER_SECOND'],
    ['TLS_CERT', 'TLS_CERT_FILE'],
    ['TLS_KEY', 'TLS_KEY_FILE'],
    ['TOKEN_EXPIRY_MINUTES', 'TOKEN_EXPIRE_MINUTES'],
    ['TRUSTED_PROXY', 'TRUSTED_PROXIES'],
    ['ALLOWED_ORIGIN', 'ALLOWED_ORIGINS'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['LOG_LEVL', 'LOG_LEVEL'],
    ['DATADIR', 'DATA_DIR'],
    ['DATA_DIRECTORY', 'DATA_DIR'],
    ['port', 'PORT'],
    ['EVENTSTORE', 'EVENT_STORE'],
    ['SESSION_EXPIRE_DAY', 'SESSION_EXPIRE_DAYS'],
  ] as const)
    t.same(unknownSettings({ [name]: 'value' }), [
      `${name} is no setting of this server, and nothing reads it: ${meant} was probably meant`,
    ]);
  t.match(unknownSettings({ LIMIT_FOO: '1' }), [
    /^LIMIT_FOO is no setting of this server, and nothing reads it: LIMIT/,
  ]);
});

t.test('RUN-10 what is set for others is no concern of ours', async (t) => {
  const others = [
    'PATH',
    'HOME',
    'HOSTNAME',
    'HOSTTYPE',
    'LOGNAME',
    'USER',
    'SHELL',
    'PWD',
    'LANG',
    'TERM',
    'TZ',
    'DEBUG',
    'NODE_OPTIONS',
    'NODE_PATH',
    'NODE_EXTRA_CA_CERTS',
    'SSL_CERT_FILE',
    'SSL_CERT_DIR',
    'KUBERNETES_PORT',
    'KUBERNETES_SERVICE_HOST',
    'npm_config_cache',
    'INIT_CWD',
    'POSTGRES_PORT',
    'SITE_ADDRESS',
    'HTTP_PORT',
    'UWS_HTTP_MAX_HEADERS_SIZE',
    'INVOCATION_ID',
    'JOURNAL_STREAM',
    'NOTIFY_SOCKET',
    '_',
    'x'.repeat(100_000),
  ];
  t.same(unknownSettings(Object.fromEntries(others.map((name) => [name, '']))), []);
  t.same(unknownSettings({ PORT: '1', HOST: 'x', JWT_SECRET_KEY: 'x', NODE_ENV: 'x' }), [], 'nor what is known');
});

t.test('RUN-10 the log says it at the start, without the value', async (t) => {
  const server = await ServerProcess.start({
    dataDir: temporaryFolder(t),
    environment: { JWT_SECRET: 'hunter2hunter2' },
  });
  const { stdout, stderr } = await server.end('SIGTERM');
  t.match(stdout, /"level":40.*JWT_SECRET is no setting of this server.*JWT_SECRET_KEY was probably meant/);
  t.notMatch(stdout + stderr, 'hunter2');
});
