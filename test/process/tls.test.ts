import { request } from 'node:https';
import { join } from 'node:path';
import t from 'tap';
import { openRaw } from '../e2e/raw-socket.js';
import { PASSWORD } from '../e2e/test-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { makeCertificate, noOpenssl } from './certificate.js';
import { ServerProcess } from './server-process.js';

/** One request that takes a certificate of nobody's. */
const send = (
  method: string,
  url: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<{ status: number | undefined; text: string }> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, rejectUnauthorized: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (more: string) => (text += more));
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });

t.test('RUN-4 HTTPS and WSS are served with a certificate', { skip: noOpenssl }, async (t) => {
  const folder = temporaryFolder(t);
  const { certificate, key } = makeCertificate(folder);
  const server = await ServerProcess.start({
    dataDir: join(folder, 'data'),
    environment: { TLS_CERT_FILE: certificate, TLS_KEY_FILE: key },
  });
  t.teardown(() => server.end('SIGKILL'));
  const { url } = server;
  t.match(url, /^https:/);
  t.match(server.stdout, /"tls":true.*is ready/);

  t.match(await send('GET', `${url}/health`), { status: 200, text: /^\{"status":"ok",/ });
  const json = { 'Content-Type': 'application/json' };
  t.equal(
    (await send('POST', `${url}/register`, JSON.stringify({ username: 'john', password: PASSWORD }), json)).status,
    201,
  );
  const loggedIn = await send(
    'POST',
    `${url}/login`,
    new URLSearchParams({ username: 'john', password: PASSWORD }).toString(),
    { 'Content-Type': 'application/x-www-form-urlencoded' },
  );
  const { access_token } = JSON.parse(loggedIn.text) as { access_token: string };

  const socket = await openRaw(t, url, access_token);
  await socket.next('initial_state');
  socket.send({ type: 'create_page', payload: { name: 'over TLS' } });
  t.match((await socket.next('success')).payload, { data: { name: 'over TLS' } });
  await t.rejects(openRaw(t, url, 'no token'), /refused with 401/);
  await t.rejects(fetch(`http://127.0.0.1:${server.port}/health`), /fetch failed/, 'plain HTTP is not served there');

  const many = await Promise.all(Array.from({ length: 200 }, () => send('GET', `${url}/health`)));
  t.ok(
    many.every(({ status }) => status === 200),
    'STORM-8 many that come at once are all let in',
  );

  const ended = await server.end('SIGTERM');
  t.equal(ended.code, 0);
  t.equal((await socket.closed).code, 1001);
});
