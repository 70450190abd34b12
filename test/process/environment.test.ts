import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { ServerProcess } from './server-process.js';

/** In values that might hold a secret, so that it is seen if one is repeated. */
const SECRET = 'hunter2';

t.test(
  'RUN-1 RUN-6 a wrong value refuses the start with a sentence that names it, and repeats no secret',
  async (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'file');
    writeFileSync(file, `no certificate, ${SECRET}`);
    const missing = join(folder, 'missing');
    const wrong: readonly (readonly [environment: Record<string, string>, sentence: RegExp])[] = [
      [{ PORT: 'http' }, /^PORT: must be a whole number from 0 to 65535$/m],
      [{ PORT: '-1' }, /^PORT: must be a whole number/m],
      [{ PORT: '65536' }, /^PORT: must be at most 65535$/m],
      [{ HOST: 'no such host' }, /no such host:0: .*set HOST and PORT/],
      [{ TOKEN_EXPIRE_MINUTES: 'an hour' }, /^TOKEN_EXPIRE_MINUTES: must be a whole number from 1 to/m],
      [{ TOKEN_EXPIRE_MINUTES: '0' }, /^TOKEN_EXPIRE_MINUTES: must be at least 1$/m],
      [{ SESSION_EXPIRE_DAYS: '366' }, /^SESSION_EXPIRE_DAYS: must be at most 365$/m],
      [{ DATA_DIR: file }, /The data folder .*file cannot be made or written to \(EEXIST\)\. Set DATA_DIR/],
      [
        { DATA_DIR: join(file, 'below') },
        /The data folder .*below cannot be made or written to \(ENOTDIR\)\. Set DATA_DIR/,
      ],
      [
        { EVENT_STORE: `postgres://admin:${SECRET}@localhost` },
        /^EVENT_STORE: must be an EventStoreDB connection string/m,
      ],
      [
        { EVENT_STORE: `esdb://admin:${SECRET}@localhost`, JWT_SECRET_KEY: '' },
        /^JWT_SECRET_KEY is not set: with EVENT_STORE it must be set/m,
      ],
      [
        { EVENT_STORE: `esdb://admin:${SECRET}@localhost?throwOnAppendFailure=false` },
        /^EVENT_STORE: throwOnAppendFailure=false makes/m,
      ],
      [
        { EVENT_STORE: `esdb://admin:${SECRET}@localhost`, DEBUG: 'esdb:*' },
        /^DEBUG: it would print the password in EVENT_STORE/m,
      ],
      [
        { EVENT_STORE: `esdb://admin:${SECRET}@localhost:no`, JWT_SECRET_KEY: 'x'.repeat(32) },
        /^EVENT_STORE: it is not a connection string/m,
      ],
      [{ EVENT_STORE_PREFIX: 'Page' }, /^EVENT_STORE_PREFIX: must be 1 to 32/m],
      [
        { TLS_CERT_FILE: missing, TLS_KEY_FILE: missing },
        /^TLS_CERT_FILE: there is no such file\nTLS_KEY_FILE: there is no such file$/m,
      ],
      [{ TLS_CERT_FILE: file }, /^TLS_CERT_FILE: .*both or neither/m],
      [{ TLS_KEY_FILE: file }, /^TLS_CERT_FILE: .*both or neither/m],
      [
        { TLS_CERT_FILE: file, TLS_KEY_FILE: file },
        /^TLS_CERT_FILE, TLS_KEY_FILE: .* must be a certificate and its key, in PEM/m,
      ],
      [
        { TRUSTED_PROXIES: '10.0.0.1, the proxy' },
        /^TRUSTED_PROXIES: "the proxy" is neither an address nor a network/m,
      ],
      [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL: .*"info"/m],
      [
        { NODE_ENV: 'production', JWT_SECRET_KEY: SECRET },
        /^JWT_SECRET_KEY has only 7 bytes: with NODE_ENV=production/m,
      ],
      [{ NODE_ENV: 'production', JWT_SECRET_KEY: '' }, /^JWT_SECRET_KEY is not set: with NODE_ENV=production/m],
      [
        { NODE_ENV: 'production', JWT_SECRET_KEY: 'dev-secret-key-change-in-production' },
        /^JWT_SECRET_KEY is the published example/m,
      ],
      [{ PORT: 'http', LOG_LEVEL: 'loud' }, /^PORT: .*\nLOG_LEVEL: /m],
    ];
    await Promise.all(
      [0, 1].map(async (odd) => {
        for (const [at, [environment, sentence]] of wrong.entries()) {
          if (at % 2 !== odd) continue;
          const { code, stdout, stderr } = await ServerProcess.run({
            dataDir: join(folder, `data ${at}`),
            environment,
          });
          const what = JSON.stringify(environment);
          t.equal(code, 1, `${what}: exit code`);
          t.match(stderr, /^The alarm server does not start\.\n/, what);
          t.match(stderr, sentence, what);
          t.notMatch(stderr + stdout, SECRET, `${what}: the secret is not repeated`);
          t.notMatch(stderr, /^ +at /m, `${what}: a sentence, no stack`);
        }
      }),
    );
  },
);

t.test('RUN-1 an empty value is as good as none', async (t) => {
  const names = [
    'TOKEN_EXPIRE_MINUTES',
    'SESSION_EXPIRE_DAYS',
    'EVENT_STORE',
    'EVENT_STORE_PREFIX',
    'TLS_CERT_FILE',
    'TLS_KEY_FILE',
    'TRUSTED_PROXIES',
    'LOG_LEVEL',
    'NODE_ENV',
    'JWT_SECRET_KEY',
  ];
  const server = await ServerProcess.start({
    dataDir: temporaryFolder(t),
    environment: Object.fromEntries(names.map((name) => [name, ''])),
  });
  t.equal((await server.end('SIGTERM')).code, 0);
});

t.test('ADM-12 open registration is said at the start in production, and nowhere else', async (t) => {
  const said = async (environment: Record<string, string>): Promise<boolean> => {
    const server = await ServerProcess.start({ dataDir: temporaryFolder(t), environment });
    const { code, stdout } = await server.end('SIGTERM');
    t.equal(code, 0);
    return stdout.includes('Registration is open: everybody who reaches this server can make an account');
  };
  t.ok(await said({ NODE_ENV: 'production' }), 'open is the default');
  t.notOk(await said({ NODE_ENV: 'production', REGISTRATION: 'invite' }), 'by invitation');
  t.notOk(await said({}), 'in development');
});
