/** What signals do: stop it, read the certificate again, or nothing. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import t, { type Test } from 'tap';
import { root } from '../architecture/sources.js';
import { request } from '../e2e/http-requests.js';
import { openRaw } from '../e2e/raw-socket.js';
import { freePort, person } from '../e2e/test-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { JWT_SECRET, ServerProcess } from './server-process.js';

const missing = spawnSync('openssl', ['version']).status !== 0 && 'no openssl here to make a certificate with';

t.test('RUN-9 signals that are for others do not end the server, and none opens a debugger', async (t) => {
  const server = await ServerProcess.start({ dataDir: temporaryFolder(t) });
  t.teardown(() => server.end('SIGKILL'));
  const john = await person(t, server.url, 'john');
  const socket = await openRaw(t, server.url, john.token);
  await socket.next('initial_state');
  for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE'] as const) server.signal(signal);
  await server.wrote(/SIGHUP has come, and changes nothing: no certificate is served here/);
  await server.wrote(/"signal":"SIGUSR1"/);
  await server.wrote(/"signal":"SIGUSR2"/);
  socket.send({ type: 'create_page', payload: { name: 'Page' } });
  await socket.next('success');
  const { code, stderr } = await server.end('SIGTERM');
  t.equal(code, 0);
  t.notMatch(stderr, /Debugger/);
});

t.test('RUN-9 a SIGTERM or SIGQUIT before it is ready ends it with 0, and the folder is free', async (t) => {
  const dataDir = temporaryFolder(t);
  for (const signal of ['SIGTERM', 'SIGQUIT'] as const) {
    const early = new ServerProcess({ dataDir, environment: { LIMIT_FOO: '1' } });
    // Its first line: the settings have been read, and nothing has been opened.
    await early.wrote(/LIMIT_FOO/);
    const { code, signal: by } = await early.end(signal);
    t.same({ code, by }, { code: 0, by: null });
  }
  const server = await ServerProcess.start({ dataDir });
  t.equal((await server.end('SIGTERM')).code, 0);
});

t.test(
  'RUN-9 npm start: a SIGTERM to npm alone reaches the server, and no orphan holds the folder',
  { timeout: 90_000 },
  async (t) => {
    const dataDir = temporaryFolder(t);
    const port = await freePort();
    // Without the build before it: that has been done.
    const npm = spawn('npm', ['start', '--ignore-scripts'], {
      cwd: root,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        HOST: '127.0.0.1',
        PORT: String(port),
        DATA_DIR: dataDir,
        JWT_SECRET_KEY: JWT_SECRET,
      },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    t.teardown(() => npm.kill('SIGKILL'));
    let said = '';
    for await (const text of npm.stdout) if ((said += String(text)).includes('is ready')) break;
    t.equal((await request(`http://127.0.0.1:${port}`, 'GET', '/health')).status, 200);
    npm.kill('SIGTERM');
    await once(npm, 'close');
    await t.rejects(request(`http://127.0.0.1:${port}`, 'GET', '/health'), 'nobody answers');
    const again = await ServerProcess.start({ dataDir });
    t.equal((await again.end('SIGTERM')).code, 0, 'the folder is free');
  },
);

/** A certificate for localhost whose common name is `name`. */
function makeCertificate(t: Test, folder: string, name: string): { certificate: string; key: string } {
  const [certificate, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const made = spawnSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '1',
      '-subj',
      `/CN=${name}`,
      '-addext',
      'subjectAltName=DNS:localhost',
      '-keyout',
      key,
      '-out',
      certificate,
    ],
    { encoding: 'utf8' },
  );
  t.equal(made.status, 0, made.stderr);
  return { certificate, key };
}

/** Whose certificate a new connection gets, with and without a server name. */
async function served(port: number, servername?: string): Promise<string> {
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ...(servername ? { servername } : {}),
  });
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate() as PeerCertificate;
  socket.destroy();
  return String(subject.CN);
}

t.test(
  'RUN-11 SIGHUP: new connections get the certificate that is in the files now, with a server name or without; those there go on; a bad one changes nothing',
  { skip: missing, timeout: 90_000 },
  async (t) => {
    const folder = temporaryFolder(t);
    const [first, second] = ['first', 'second'].map((name) => makeCertificate(t, folder, name)) as [
      { certificate: string; key: string },
      { certificate: string; key: string },
    ];
    const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const install = (from: { certificate: string; key: string }): void => {
      copyFileSync(from.certificate, certificate);
      copyFileSync(from.key, key);
    };
    install(first);
    const server = await ServerProcess.start({
      dataDir: join(folder, 'data'),
      environment: { PORT: String(await freePort()), TLS_CERT_FILE: certificate, TLS_KEY_FILE: key },
    });
    t.teardown(() => server.end('SIGKILL'));
    t.equal(await served(server.port), 'first');

    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    t.teardown(() => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']);
    const john = await person(t, server.url, 'john');
    const before = await openRaw(t, server.url, john.token);
    await before.next('initial_state');

    writeFileSync(key, 'no key');
    server.signal('SIGHUP');
    await server.wrote(/"level":50.*the certificate was not read again: the one from before is served on/);
    t.equal(await served(server.port), 'first');
    copyFileSync(second.certificate, certificate);
    copyFileSync(first.key, key);
    server.signal('SIGHUP');
    await server.wrote(/key values mismatch/);
    t.equal(await served(server.port), 'first', 'a key of another certificate');

    install(second);
    server.signal('SIGHUP');
    await server.wrote(/"names":\["DNS:localhost"\].*the certificate was read again/);
    t.same(
      [await served(server.port), await served(server.port, 'localhost'), await served(server.port, 'elsewhere')],
      ['second', 'second', 'second'],
    );

    const after = await openRaw(t, server.url, john.token);
    await after.next('initial_state');
    for (const [at, socket] of [before, after].entries()) {
      socket.send({ type: 'create_page', payload: { name: `Page ${at}` } });
      for (const other of [before, after])
        t.equal((await other.next('page_added')).payload.page.name, `Page ${at}`, 'sockets of both are told');
    }
    t.equal(
      (await request(server.url, 'GET', '/me', { token: john.token })).status,
      200,
      'a connection kept from before is served',
    );
    t.equal((await server.end('SIGTERM')).code, 0);
    t.same([(await before.closed).code, (await after.closed).code], [1001, 1001], 'a stop closes all with 1001');
  },
);
