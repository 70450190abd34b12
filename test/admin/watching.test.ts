/** Where a server is watched: on a port of its own, or with a token. */
import t from 'tap';
import { request } from '../e2e/http-requests.js';
import { freePort, startServer } from '../e2e/test-server.js';
import { startAdminServer } from './admin-server.js';

const TOKEN = 'a-token-of-the-scraper';

t.test('ADM-13 with METRICS_PORT, /metrics and /ready are served there alone', async (t) => {
  const port = await freePort();
  const server = await startServer(t, { environment: { METRICS_PORT: String(port) } });
  const watched = `http://127.0.0.1:${port}`;
  t.match((await request(watched, 'GET', '/metrics')).text, /# HELP/);
  t.match(await request(watched, 'GET', '/ready'), { status: 200, json: { status: 'ready' } });
  for (const path of ['/metrics', '/ready']) t.equal((await request(server.url, 'GET', path)).status, 404, path);
  for (const path of ['/health', '/login', '/admin/users', '/openapi.json'])
    t.equal((await request(watched, 'GET', path)).status, 404, path);
  t.notOk('/metrics' in (await request(server.url, 'GET', '/openapi.json')).json.paths);
  await server.restart();
  t.equal((await request(watched, 'GET', '/ready')).status, 200, 'the port was closed with the server');
});

t.test('ADM-13 with METRICS_TOKEN, /metrics needs it, on either port', async (t) => {
  const port = await freePort();
  const [one, other] = [
    await startServer(t, { environment: { METRICS_TOKEN: TOKEN } }),
    await startServer(t, { environment: { METRICS_TOKEN: TOKEN, METRICS_PORT: String(port) } }),
  ];
  t.ok(other.app);
  for (const url of [one.url, `http://127.0.0.1:${port}`]) {
    for (const token of [undefined, 'another-token-16', `${TOKEN}x`])
      t.equal((await request(url, 'GET', '/metrics', { token })).status, 401, String(token));
    t.equal((await request(url, 'GET', '/metrics', { token: TOKEN })).status, 200);
    t.equal((await request(url, 'GET', '/ready')).status, 200, 'a probe needs none');
  }
  await t.rejects(startServer(t, { environment: { METRICS_TOKEN: 'short' } }), /METRICS_TOKEN: must be 16 to 512/);
});

t.test('ADM-14 operators read the figures of the node, also where /metrics is closed to them', async (t) => {
  const server = await startAdminServer(t, {
    environment: { METRICS_PORT: String(await freePort()), METRICS_TOKEN: TOKEN },
  });
  const [vera, oscar] = [await server.person('vera'), await server.operator('oscar')];
  const page = await request(server.url, 'POST', '/pages', { token: vera.token, body: { name: 'A secret of Vera' } });
  t.equal(page.status, 201);
  const { status, json, text } = await request(server.url, 'GET', '/admin/figures', oscar);
  t.equal(status, 200);
  t.match(json, { node: /:\d+$/, at: /^\d{4}-.*Z$/, resident_bytes: Number });
  const valueOf = (name: string, labels: object): unknown =>
    json.figures.find((one: { name: string; labels: object }) => one.name === name && matches(one.labels, labels))
      ?.value;
  t.equal(valueOf('alarm_server_commands_total', { command: 'create_page', outcome: 'done' }), 1);
  t.ok((valueOf('alarm_server_commit_seconds_count', {}) as number) > 0);
  t.notMatch(text, /A secret of Vera|vera|nodejs_/);
  t.equal((await request(server.url, 'GET', '/admin/figures', vera)).status, 404);
  t.equal(
    (await request(server.url, 'GET', '/admin/figures', { token: TOKEN })).status,
    401,
    'a token of the scraper is none',
  );
});

const matches = (labels: object, wanted: object): boolean =>
  Object.entries(wanted).every(([name, value]) => (labels as Record<string, unknown>)[name] === value);
