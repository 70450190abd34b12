/**
 * The client in a real browser, from another origin than the server's: npm run test:browser
 *
 * Packs the client, installs it into an empty project, serves that and the README's browser example on a port of its own, and uses the page as a person would.
 * Needs chromium (Debian's package; CHROMIUM names another one). Says what it saw; exits with 1 where that is not right.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { login, register, request } from '@alarm-server/client';
import { pino } from 'pino';
import { type App, startApp } from '../../src/app.js';
import { type Config, readConfig } from '../../src/config.js';
import { installPackedClient, readmeExample } from '../client/packed-client.js';
import { freePort } from '../e2e/test-server.js';
import { type Browser, type BrowserPage, launchChromium } from './chromium.js';

/** Of the whole story, in milliseconds. */
const DEADLINE_MS = 180_000;
/** How long the page may take for a step, in milliseconds, also on a busy machine. */
const STEP_MS = 30_000;
/** A token's life here, in minutes: 20 s. It is renewed at half of it; the socket would be closed within 5 s of its end. */
const TOKEN_MINUTES = 1 / 3;

const PASSWORD = 'a password of the tests';
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript' };

const startedAt = performance.now();
const tell = (what: string): void =>
  console.log(`${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(5)} s  ${what}`);

/** Serves a folder's files, as any server of files does. */
async function serveFiles(folder: string): Promise<Server> {
  const server = createServer(({ url = '/' }, response) => {
    const path = normalize(new URL(url, 'http://files').pathname);
    try {
      const file = readFileSync(join(folder, path));
      response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(file);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const originOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** A server whose tokens live for seconds. `origins`: its ALLOWED_ORIGINS. */
async function startServer(dataDir: string, origins: string, tokenExpireMinutes: number): Promise<App> {
  const environment = {
    HOST: '127.0.0.1',
    PORT: String(await freePort()),
    DATA_DIR: dataDir,
    LOG_LEVEL: 'silent',
    ALLOWED_ORIGINS: origins,
  };
  const config: Config = { ...readConfig(environment), tokenExpireMinutes };
  return startApp(config, pino({ level: 'silent' }), (error) => {
    throw error;
  });
}

/** Waits until the page shows this text somewhere. Rejects with what it shows instead. */
async function shows(page: BrowserPage, text: string): Promise<void> {
  try {
    await page.waitForFunction(`document.body.innerText.includes(${JSON.stringify(text)})`, undefined, {
      timeout: STEP_MS,
    });
  } catch (error) {
    throw new Error(`the page does not show "${text}" but: ${await page.evaluate('document.body.innerText')}`, {
      cause: error,
    });
  }
}

const status = (page: BrowserPage): Promise<string | null> => page.textContent('[role=status]');

async function logIn(page: BrowserPage, password: string): Promise<void> {
  await page.fill('[name=username]', 'mary');
  await page.fill('[name=password]', password);
  await page.click('button');
}

/** How a client of the page ends that is given this token, as text; or where it stands after three attempts. */
const endWithToken = (url: string, token: string): string => `(async () => {
  const { AlarmClient } = await import('@alarm-server/client');
  const client = new AlarmClient({ url: ${JSON.stringify(url)}, token: ${JSON.stringify(token)}, reconnect: { firstMs: 1, longestMs: 1 } });
  return new Promise((resolve) => {
    let pauses = 0;
    client.on('state', ({ name, why }) => {
      if (name === 'ended' || name === 'live' || (name === 'offline' && ++pauses === 3)) resolve([name, why?.name, why?.status, why?.message].join(' · '));
    });
    client.open().catch(() => undefined);
  });
})()`;

const REFUSED = 'ended · AlarmServerError · 401 · the server refuses the token';

async function play(browser: Browser, files: Server, server: App, closed: App, project: string): Promise<void> {
  const url = `http://127.0.0.1:${server.port}`;
  writeFileSync(join(project, 'desk.html'), readmeExample('html', url));
  await register(url, { username: 'mary', password: PASSWORD });
  // Another session than the page's.
  let token = await login(url, { username: 'mary', password: PASSWORD });
  const desk = {
    send: async (method: string, path: string, body?: object) =>
      (await request<{ id: string; last_triggered: string }>(url, method, path, { token, body })).data,
  };
  const eur = await desk.send('POST', '/pages', { name: 'Alarms EUR/USD' });
  const alarm = await desk.send('POST', `/pages/${eur.id}/alarms`, {
    ticker: 'EUR/USD',
    option: 'spot',
    condition: 'above 1.08',
  });

  const page = await browser.newPage();
  const errors: string[] = [];
  const sockets: string[] = [];
  const frames: string[] = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('websocket', (socket) => {
    sockets.push(socket.url());
    socket.on('framereceived', ({ payload }) => frames.push(String(payload)));
  });
  await page.goto(`${originOf(files)}/desk.html`);
  await logIn(page, 'not the password');
  await shows(page, 'Incorrect username or password');
  tell('a wrong password is told in words');

  await logIn(page, PASSWORD);
  await shows(page, 'Alarms EUR/USD: EUR/USD above 1.08, last triggered never');
  assert.equal(await status(page), 'live');
  const endsAt = Date.now() + TOKEN_MINUTES * 60_000;
  tell('it logs in from another origin, connects, and shows the alarm');

  const { last_triggered } = await desk.send('POST', `/alarms/${alarm.id}/trigger`, { price: 1.085 });
  await shows(page, `last triggered ${last_triggered}`);
  tell('it shows a trigger');

  await page.waitForFunction(`Date.now() > ${endsAt + 6_000}`, undefined, {
    timeout: STEP_MS + TOKEN_MINUTES * 60_000,
  });
  token = await login(url, { username: 'mary', password: PASSWORD });
  const later = await desk.send('POST', `/alarms/${alarm.id}/trigger`, { price: 1.086 });
  await shows(page, `last triggered ${later.last_triggered}`);
  assert.equal(await status(page), 'live');
  assert.equal(sockets.length, 1, 'the socket is the first one');
  assert.ok(
    frames.some((frame) => frame.includes('"token_refreshed"')),
    'the token was renewed',
  );
  tell("its token's end has passed: it was renewed by POST /token, and the same socket goes on");

  token = (
    await request<{ access_token: string }>(url, 'POST', '/password', {
      token,
      body: { old: PASSWORD, new: `${PASSWORD} 2` },
    })
  ).data.access_token;
  await shows(page, 'ended: the connection is closed, with code 4002');
  tell('its session is ended by a change of the password: it says so');

  assert.equal(await page.evaluate(endWithToken(url, 'no.token.at-all')), REFUSED);
  await request(url, 'POST', '/logout', { token });
  assert.equal(await page.evaluate(endWithToken(url, token)), REFUSED, 'that of an ended session too');
  tell('a token that is refused ends the client with the 401, asked by GET /me');

  const closedUrl = `http://127.0.0.1:${closed.port}`;
  assert.equal(await page.evaluate(endWithToken(closedUrl, 'no.token.at-all')), REFUSED);
  await register(closedUrl, { username: 'mary', password: PASSWORD });
  const good = await login(closedUrl, { username: 'mary', password: PASSWORD });
  assert.match(String(await page.evaluate(endWithToken(closedUrl, good))), /^live/, 'a good one joins');
  tell('without ALLOWED_ORIGINS a refused token ends the client too, by the close code; a good one joins');

  const away = String(await page.evaluate(endWithToken(`http://127.0.0.1:${await freePort()}`, good)));
  assert.match(away, /^offline · ConnectionClosedError · {2}· .*the server was not reached/);
  assert.deepEqual(errors, [], 'nothing was thrown in the page');
  tell('a server that is not there is no refusal: it goes on trying');
  await page.close();
}

const folder = mkdtempSync(join(tmpdir(), 'alarm-server-browser-'));
let end = async (): Promise<void> => undefined;
const undo = (step: () => unknown): void => {
  const before = end;
  end = async () => {
    await step();
    await before();
  };
};
undo(() => rmSync(folder, { recursive: true, force: true }));
let timer: NodeJS.Timeout | undefined;
const tooLate = new Promise<never>(
  (_resolve, reject) => (timer = setTimeout(() => reject(new Error(`not over after ${DEADLINE_MS} ms`)), DEADLINE_MS)),
);
try {
  const { project } = await installPackedClient(folder);
  const files = await serveFiles(project);
  undo(() => files.close().closeAllConnections());
  const server = await startServer(join(folder, 'data'), originOf(files), TOKEN_MINUTES);
  undo(() => server.stop());
  const closed = await startServer(join(folder, 'closed'), '', 60);
  undo(() => closed.stop());
  const browser = await launchChromium();
  undo(() => browser.close());
  tell(`chromium ${browser.version()}, the README's page on ${originOf(files)}`);
  await Promise.race([play(browser, files, server, closed, project), tooLate]);
  console.log('CLI-15 the README’s browser example works from another origin');
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  clearTimeout(timer);
  await end();
}
