/** The console's files: where they are, with which headers, and what a browser need not fetch again. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import t from 'tap';
import { consoleFiles } from '../../src/http/console-files.js';
import { root } from '../architecture/sources.js';
import { request } from '../e2e/http-requests.js';
import { startServer } from '../e2e/test-server.js';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

if (!existsSync(join(root, 'dist/console/index.html')))
  execFileSync(process.execPath, [join(root, 'console/build.mjs')]);
const server = await startServer(t);

/** As fetch gets it, without following what it leads to. */
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(server.url + path, { method, headers, redirect: 'manual' });

const page = await (await get('/console/')).text();
const named = [...page.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path]) => path!);
const script = /<script type="module" src="([^"]+)">/.exec(page)![1]!;

t.test('CON-1 / and /console lead to the page, which names nothing but its own files', async (t) => {
  for (const path of ['/', '/console']) {
    const { status, headers } = await get(path);
    t.match({ status, to: headers.get('location') }, { status: 302, to: '/console/' }, path);
  }
  t.ok(named.length >= 4, named.join(' '));
  for (const path of named) {
    t.match(path, /^\/console\/files\/[\w-]+-[\w-]{8}\.(js|css|svg)$/);
    t.equal((await get(path)).status, 200, path);
  }
  t.notMatch(page, /<style>| style=| on\w+=|<script>/, 'nothing is inline that the policy would stop');
  t.equal((await get('/console/files/../index.html')).status, 404);
  t.equal((await get('/console/files/none.js')).status, 404);
  t.equal((await get('/console/', {}, 'POST')).status, 405);
});

t.test('CON-1 every answer bears the policy, is not guessed at, and tells nobody where it was', async (t) => {
  for (const path of ['/', '/console/', ...named, '/console/files/licences.txt']) {
    const { headers } = await get(path);
    t.equal(headers.get('content-security-policy'), POLICY, path);
    t.equal(headers.get('x-content-type-options'), 'nosniff', path);
    t.equal(headers.get('referrer-policy'), 'no-referrer', path);
  }
  t.match((await get('/console/')).headers.get('content-type'), 'text/html; charset=utf-8');
  t.match((await get(script)).headers.get('content-type'), /^text\/javascript/);
});

t.test(
  'CON-1 files are kept for ever under their names; the page is asked for again, and answered with 304',
  async (t) => {
    t.equal((await get(script)).headers.get('cache-control'), 'public, max-age=31536000, immutable');
    const first = await get('/console/');
    t.equal(first.headers.get('cache-control'), 'no-cache');
    const etag = first.headers.get('etag')!;
    t.match(etag, /^"[\w-]+(-gzip)?"$/);
    for (const [sent, status] of [
      [etag, 304],
      [`W/${etag}`, 304],
      [`"other", ${etag}`, 304],
      ['*', 304],
      ['"other"', 200],
      ['', 200],
    ] as const) {
      const answer = await get('/console/', { 'if-none-match': sent });
      t.equal(answer.status, status, sent);
      t.equal(answer.headers.get('etag'), etag);
      t.equal((await answer.text()).length > 0, status === 200);
    }
  },
);

t.test('CON-1 sent with gzip to whoever accepts it, and under another tag', async (t) => {
  const content = readFileSync(join(root, 'dist', script));
  for (const [accepted, isZipped] of [
    ['gzip', true],
    ['br, gzip;q=0.5', true],
    ['*', true],
    ['identity', false],
    ['gzip;q=0', false],
    ['br', false],
  ] as const) {
    const { headers, body } = await rawly(script, accepted);
    t.equal(headers['content-encoding'], isZipped ? 'gzip' : undefined, accepted);
    t.equal(headers['vary'], 'Accept-Encoding');
    t.same(isZipped ? gunzipSync(body) : body, content);
  }
  t.not((await rawly(script, 'gzip')).headers['etag'], (await rawly(script, 'br')).headers['etag']);
  const { headers, body } = await rawly(script, 'gzip', 'HEAD');
  t.equal(body.length, 0);
  t.match(headers, { 'content-encoding': 'gzip', 'content-length': /^\d+$/ });
});

t.test('CON-2 the first load has at most 60 KB of JavaScript, gzipped', async (t) => {
  const scripts = named.filter((path) => path.endsWith('.js'));
  const bytes = scripts.map((path) => gzipSync(readFileSync(join(root, 'dist', path)), { level: 9 }).length);
  const all = bytes.reduce((sum, one) => sum + one, 0);
  t.ok(all <= 60_000, `${all} bytes`);
  // What these import at once is loaded with them, and has to be named by the page.
  for (const path of scripts)
    for (const [, imported] of readFileSync(join(root, 'dist', path), 'utf8').matchAll(/from"\.\/([^"]+)"/g))
      t.ok(scripts.includes(`/console/files/${imported}`), `${path} imports ${imported}`);
});

t.test('CON-1 a server whose console was not built says so, and has no such paths', async (t) => {
  const said: string[] = [];
  t.same(
    consoleFiles((sentence) => said.push(sentence), mkdtempSync(join(tmpdir(), 'alarm-server-console-'))),
    [],
  );
  t.match(said, [/npm run build/]);
});

t.test('CON-1 the line that says the server is ready names the address of the console, if there is one', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'alarm-server-console-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  // The same program, in a folder without the console.
  mkdirSync(join(folder, 'dist'));
  for (const name of ['dist/src', 'node_modules', 'package.json']) symlinkSync(join(root, name), join(folder, name));
  for (const [program, isBuilt] of [
    [join(root, 'dist/src/main.js'), true],
    [join(folder, 'dist/src/main.js'), false],
  ] as const) {
    const env = { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: '0', DATA_DIR: join(folder, `data-${isBuilt}`) };
    const args = ['--preserve-symlinks', '--preserve-symlinks-main', program];
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    t.teardown(() => child.kill('SIGKILL'));
    let said = '';
    for await (const text of child.stdout) if ((said += String(text)).includes('is ready')) break;
    child.kill('SIGKILL');
    t.equal(/"console":"http:\/\/127\.0\.0\.1:\d+\/console\/"/.test(said), isBuilt, program);
    t.equal(said.includes('The console was not built'), !isBuilt);
  }
});

t.test('CON-1 the console is no part of the documents of the API', async (t) => {
  const { paths } = (await request(server.url, 'GET', '/openapi.json')).json;
  t.same(
    Object.keys(paths).filter((path) => path === '/' || path.startsWith('/console')),
    [],
  );
});

/** The bytes as they come: fetch would unpack them. */
async function rawly(path: string, accepted: string, method = 'GET') {
  const { request: http } = await import('node:http');
  return new Promise<{ headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    http(server.url + path, { method, headers: { 'accept-encoding': accepted } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
    })
      .on('error', reject)
      .end();
  });
}
