/** Headers for browsers, and the supported TLS versions. */
import { request as requestHttps } from 'node:https';
import { connect } from 'node:tls';
import t from 'tap';
import { request } from '../e2e/http-requests.js';
import { freePort, startServer } from '../e2e/test-server.js';
import { makeCertificate, noOpenssl } from '../process/certificate.js';
import { temporaryFolder } from '../projections/temporary-folder.js';

t.test(
  'HTTP-15 nothing is taken for another type than it says, and the interactive page runs its own scripts alone and is shown in no frame',
  async (t) => {
    const { url } = await startServer(t);
    for (const [method, path] of [
      ['GET', '/health'],
      ['GET', '/docs'],
      ['GET', '/docs/swagger-ui.css'],
      ['GET', '/openapi.json'],
      ['GET', '/nothing'],
      ['POST', '/login'],
      ['GET', '/me'],
      ['OPTIONS', '/me'],
      ['HEAD', '/docs'],
    ] as const) {
      const { headers } = await request(url, method, path);
      t.equal(headers.get('x-content-type-options'), 'nosniff', `${method} ${path}`);
      t.notOk(headers.has('strict-transport-security'), 'a server on HTTP promises no HTTPS');
    }
    const policy = new Map(
      (await request(url, 'GET', '/docs')).headers
        .get('content-security-policy')!
        .split('; ')
        .map((directive) => [directive.split(' ')[0]!, directive.slice(directive.indexOf(' ') + 1)]),
    );
    t.match(Object.fromEntries(policy), {
      'default-src': "'none'",
      'script-src': "'self'",
      'connect-src': "'self'",
      'frame-ancestors': "'none'",
      'base-uri': "'none'",
    });
    const { text } = await request(url, 'GET', '/docs');
    t.notMatch(text, /<script>|<style>| style=| on\w+=/, 'the page has nothing inline that the policy would stop');
  },
);

t.test(
  'HTTP-15 where TLS is spoken here: HSTS, only ciphers with forward secrecy, nothing before TLS 1.2',
  { skip: noOpenssl },
  async (t) => {
    const folder = temporaryFolder(t);
    const { certificate, key } = makeCertificate(folder, 'localhost', 'rsa');
    const port = await freePort();
    await startServer(t, { port, environment: { TLS_CERT_FILE: certificate, TLS_KEY_FILE: key } });
    const handshake = (options: object): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => {
          resolve(`${socket.getProtocol()} ${socket.getCipher().name}`);
          socket.destroy();
        });
        socket.on('error', () => resolve('refused'));
      });
    for (const ciphers of [
      'AES128-GCM-SHA256',
      'AES256-GCM-SHA384',
      'AES128-SHA',
      'AES256-SHA',
      'ECDHE-RSA-AES128-SHA',
      'ECDHE-RSA-AES256-SHA',
    ])
      t.equal(await handshake({ maxVersion: 'TLSv1.2', ciphers }), 'refused', ciphers);
    for (const ciphers of ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-RSA-CHACHA20-POLY1305'])
      t.equal(await handshake({ maxVersion: 'TLSv1.2', ciphers }), `TLSv1.2 ${ciphers}`);
    t.match(await handshake({}), /^TLSv1\.3 /);
    t.equal(await handshake({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' }), 'refused');
    const hsts = await new Promise((resolve, reject) =>
      requestHttps(`https://127.0.0.1:${port}/nothing`, { rejectUnauthorized: false, agent: false }, (response) =>
        resolve(response.resume().headers['strict-transport-security']),
      )
        .on('error', reject)
        .end(),
    );
    t.match(hsts, /^max-age=[1-9]\d{6,}/);
  },
);
