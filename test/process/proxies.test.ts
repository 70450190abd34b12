/** The files for Caddy and nginx that are shipped, with the real programs where they are installed (CADDY_BINARY and NGINX_BINARY may name them). */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { root } from '../architecture/sources.js';
import { alarmOn } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { openRaw } from '../e2e/raw-socket.js';
import { freePort, startServer } from '../e2e/test-server.js';
import { openStream } from '../http/event-stream-client.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { makeCertificate } from './certificate.js';

const caddy = process.env['CADDY_BINARY'] ?? 'caddy';
const nginx = process.env['NGINX_BINARY'] ?? 'nginx';
const missing = (program: string, version: string): string | false =>
  spawnSync(program, [version]).error !== undefined && `no ${program} here`;
const deployed = (name: string): string => readFileSync(join(root, 'deploy', name), 'utf8');

/** What the proxy at `url` does, with the server behind it and without. `logs`: all that it has written. */
async function checkProxy(
  t: Test,
  start: (upstream: number, port: number, folder: string) => Promise<{ logs: () => string }>,
): Promise<void> {
  const folder = temporaryFolder(t);
  const server = await startServer(t, { environment: { TRUSTED_PROXIES: '127.0.0.1' } });
  const john = await server.person('john');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { logs } = await start(server.app.port, port, folder);
  t.match(await request(url, 'GET', '/health'), { status: 200, json: { status: 'ok' } });
  for (const path of ['/metrics', '/ready']) t.match(await request(url, 'GET', path), { status: 404 }, path);
  t.notMatch((await request(url, 'GET', '/metrics')).text, 'alarm_server');
  t.equal((await request(url, 'POST', '/pages', { token: john.token, body: { name: 'x'.repeat(200) } })).status, 201);
  t.equal((await request(url, 'HEAD', '/pages', { token: john.token })).status, 200);
  const socket = await openRaw(t, url, john.token);
  await socket.next('initial_state');
  socket.send({ type: 'create_page', payload: { name: 'Through a proxy' } });
  const { data: page } = (await socket.next('success')).payload;
  // Each event arrives through the proxy before the next one is caused.
  for (const [accept, query] of [
    ['application/x-ndjson', 'follow=1&after=now'],
    ['text/event-stream', 'after=now'],
  ] as const) {
    const stream = await openStream(t, url, john.token, query, { Accept: accept });
    await stream.until(({ mark }) => mark?.caught_up === true);
    for (let at = 0; at < 3; at++) {
      const ticker = `${accept} ${at}`;
      socket.send({ type: 'create_alarm', payload: { ...alarmOn(page.id), ticker } });
      t.ok(await stream.until(({ data }) => data?.ticker === ticker), `${ticker} arrives by itself`);
    }
    stream.close();
  }
  await t.rejects(openRaw(t, url, 'refused-token'), /401/);
  socket.socket.close();
  await server.app.stop();
  await t.rejects(openRaw(t, url, 'while-it-is-down'), /50\d/);
  const said = logs();
  for (const token of [john.token, 'refused-token', 'while-it-is-down'])
    t.notOk(said.includes(token), 'no token is in a log');
}

t.test('HTTP-17 deploy/Caddyfile', { skip: missing(caddy, 'version'), timeout: 60_000 }, async (t) => {
  await checkProxy(t, async (upstream, port, folder) => {
    let said = '';
    const child = spawn(caddy, ['run', '--adapter', 'caddyfile', '--config', join(root, 'deploy/Caddyfile')], {
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        XDG_DATA_HOME: folder,
        XDG_CONFIG_HOME: folder,
        CADDY_ADMIN: `127.0.0.1:${await freePort()}`,
        SITE_ADDRESS: `http://127.0.0.1:${port}`,
        UPSTREAM: `127.0.0.1:${upstream}`,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    t.teardown(() => child.kill('SIGKILL'));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    while (!said.includes('serving initial configuration'))
      await Promise.race([
        once(child.stderr, 'data'),
        once(child, 'close').then(() => Promise.reject(new Error(said))),
      ]);
    return { logs: () => said };
  });
});

t.test('HTTP-17 deploy/nginx.conf', { skip: missing(nginx, '-v'), timeout: 60_000 }, async (t) => {
  await checkProxy(t, async (upstream, port, folder) => {
    const { certificate, key } = makeCertificate(folder);
    mkdirSync(join(folder, 'logs'));
    const tlsPort = await freePort();
    // As it is, but for what is the machine's: names of files and ports, and one more plain port, since the test's certificate is nobody's.
    const site = deployed('nginx.conf')
      .replaceAll('/etc/letsencrypt/live/alarms.example.com/fullchain.pem', certificate)
      .replaceAll('/etc/letsencrypt/live/alarms.example.com/privkey.pem', key)
      .replaceAll('/var/log/nginx/', `${folder}/logs/`)
      .replace('listen 80;', `listen 127.0.0.1:${await freePort()};`)
      .replace('listen 443 ssl http2;', `listen 127.0.0.1:${tlsPort} ssl http2;\n    listen 127.0.0.1:${port};`)
      .replace('server 127.0.0.1:8080;', `server 127.0.0.1:${upstream};`);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${folder}/${name};`)
      .join('\n');
    writeFileSync(join(folder, 'site.conf'), site);
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off;\nworker_processes 1;\nerror_log ${folder}/logs/main.log;\npid ${folder}/nginx.pid;\nevents {}\nhttp {\naccess_log ${folder}/logs/other.log;\n${temporary}\ninclude ${folder}/site.conf;\n}\n`,
    );
    const tested = spawnSync(nginx, ['-t', '-c', join(folder, 'nginx.conf')], { encoding: 'utf8' });
    t.equal(tested.status, 0, tested.stderr);
    const child = spawn(nginx, ['-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
    // Its workers end with it only where it is asked to.
    t.teardown(async () => {
      child.kill('SIGTERM');
      await once(child, 'close');
    });
    for (;;)
      if (
        await request(`http://127.0.0.1:${port}`, 'GET', '/health').then(
          () => true,
          () => child.exitCode !== null,
        )
      )
        break;
    return {
      logs: () =>
        readdirSync(join(folder, 'logs'))
          .map((name) => readFileSync(join(folder, 'logs', name), 'utf8'))
          .join('\n'),
    };
  });
});

t.test('HTTP-17 the documents point to these files, and have no copy of their own', async (t) => {
  for (const name of ['README.md', 'docs/operations.md']) {
    const text = readFileSync(join(root, name), 'utf8');
    for (const file of ['deploy/Caddyfile', 'deploy/nginx.conf'])
      t.ok(text.includes(file), `${name} points to ${file}`);
    t.notMatch(text, /^\s*(reverse_proxy|proxy_pass) /m, `${name} has no copy`);
  }
  t.match(deployed('Caddyfile'), /@inside path \/metrics \/ready/);
});
