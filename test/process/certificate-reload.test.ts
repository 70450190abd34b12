/** SIGHUP while people are connected: the certificate changes, and nothing else does. */
import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import t from 'tap';
import { request } from '../e2e/http-requests.js';
import { openRaw } from '../e2e/raw-socket.js';
import { freePort, person } from '../e2e/test-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { type Certificate, makeCertificate, noOpenssl } from './certificate.js';
import { ServerProcess } from './server-process.js';

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
  { skip: noOpenssl, timeout: 90_000 },
  async (t) => {
    const folder = temporaryFolder(t);
    const [first, second] = [makeCertificate(folder, 'first'), makeCertificate(folder, 'second')];
    const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const install = (from: Certificate): void => {
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
    await server.wrote(/"names":\["DNS:localhost",.*the certificate was read again/);
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

t.test('RUN-11 the certificate is read again under 1,000 sockets, and none is cut', { skip: noOpenssl }, async (t) => {
  const folder = temporaryFolder(t);
  const files = makeCertificate(folder, 'first');
  const server = await ServerProcess.start({
    dataDir: join(folder, 'data'),
    environment: { PORT: String(await freePort()), TLS_CERT_FILE: files.certificate, TLS_KEY_FILE: files.key },
  });
  t.teardown(() => server.end('SIGKILL'));
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  t.teardown(() => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']);
  const john = await person(t, server.url, 'john');
  const { token } = john;
  const { json: page } = await request(server.url, 'POST', '/pages', { token, body: { name: 'Desk' } });
  const sockets = await Promise.all(Array.from({ length: 1_000 }, () => openRaw(t, server.url, token)));
  await Promise.all(sockets.map((socket) => socket.next('initial_state')));
  let cut = 0;
  for (const { closed } of sockets) void closed.then(() => (cut += 1));
  const renamed = async (name: string): Promise<void> => {
    t.equal((await request(server.url, 'PATCH', `/pages/${page.id}`, { token, body: { name } })).status, 200);
    await Promise.all(sockets.map((socket) => socket.next('page_update', ({ payload }) => payload.page.name === name)));
  };
  await renamed('before');
  const second = makeCertificate(folder, 'second');
  copyFileSync(second.certificate, files.certificate);
  copyFileSync(second.key, files.key);
  server.signal('SIGHUP');
  await server.wrote(/the certificate was read again/);
  t.equal(await served(server.port), 'second');
  await renamed('after');
  t.equal(cut, 0, 'all thousand are told, and none was cut');
});
