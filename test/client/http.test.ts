/** request, register and login against a small HTTP server that records requests and answers as the test decides. */

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AlarmServerError, login, register, request } from '@alarm-server/client';
import t, { type Test } from 'tap';

interface Recorded {
  line: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Answers every request with the same response; `recorded` fills as they come. */
async function answering(t: Test, status: number, body: string, headers: Record<string, string> = {}) {
  const recorded: Recorded[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      recorded.push({ line: `${req.method} ${req.url}`, headers: req.headers, body: String(Buffer.concat(chunks)) });
      res.writeHead(status, { connection: 'close', ...headers }).end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, recorded };
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

t.test('register sends JSON and gives the user', async (t) => {
  const user = { id: 'u', username: 'john', created_at: '2026-03-02T09:00:00.000Z' };
  const { url, recorded } = await answering(t, 201, JSON.stringify(user));
  t.strictSame(await register(url, { username: 'john', password: 'secret123' }), user);
  const headers = { 'content-type': 'application/json' };
  t.match(recorded, [{ line: 'POST /register', headers, body: '{"username":"john","password":"secret123"}' }]);
});

t.test('login sends the form and gives the token', async (t) => {
  const { url, recorded } = await answering(t, 200, JSON.stringify({ access_token: 'ey', token_type: 'bearer' }));
  t.equal(await login(`${url}/`, { username: 'jöhn', password: 'a&b c' }), 'ey');
  t.match(recorded, [
    {
      line: 'POST /login',
      headers: { 'content-type': /^application\/x-www-form-urlencoded/ },
      body: 'username=j%C3%B6hn&password=a%26b+c',
    },
  ]);
});

t.test('request takes token and key along, and gives status, data and position', async (t) => {
  const { url, recorded } = await answering(t, 201, '{"id":"p"}', { 'log-position': '42' });
  const reply = await request<{ id: string }>(url, 'POST', '/pages', {
    token: 'ey',
    body: { name: 'EUR' },
    idempotencyKey: 'k',
  });
  t.strictSame(reply, { status: 201, data: { id: 'p' }, position: '42' });
  t.match(recorded, [
    { line: 'POST /pages', headers: { authorization: 'Bearer ey', 'idempotency-key': 'k' }, body: '{"name":"EUR"}' },
  ]);
});

t.test('request gives no data where there is no body', async (t) => {
  const { url, recorded } = await answering(t, 204, '');
  t.strictSame(await request(url, 'DELETE', '/alarms/a', { token: 'ey' }), {
    status: 204,
    data: undefined,
    position: undefined,
  });
  t.notOk(recorded[0]?.headers['content-type'], 'a request without body has no content type');
});

t.test('a problem becomes an AlarmServerError', async (t) => {
  const problem = {
    type: 'about:blank',
    title: 'Too Many Requests',
    status: 429,
    detail: 'Too many attempts',
    code: 'too_many_attempts',
  };
  const { url } = await answering(t, 429, JSON.stringify(problem), {
    'content-type': 'application/problem+json',
    'retry-after': '3',
  });
  const error = await failure(login(url, { username: 'john', password: 'secret123' }));
  t.type(error, AlarmServerError);
  t.match(error, {
    message: 'Too many attempts',
    detail: 'Too many attempts',
    code: 'too_many_attempts',
    status: 429,
    retryAfterMs: 3_000,
  });
  t.match((error as AlarmServerError).details, { title: 'Too Many Requests' });
  t.notMatch(String((error as Error).stack), 'secret123');
});

t.test('Retry-After may be a date', async (t) => {
  const { url } = await answering(t, 503, '{}', { 'retry-after': new Date(Date.now() + 60_000).toUTCString() });
  const { retryAfterMs = 0 } = (await failure(request(url, 'GET', '/pages'))) as AlarmServerError;
  t.ok(retryAfterMs > 50_000 && retryAfterMs <= 60_000, `${retryAfterMs} ms`);
});

t.test('an answer that is no problem, as of a proxy, is told by its status', async (t) => {
  for (const body of ['<h1>Bad Gateway</h1>', 'null', '']) {
    const { url } = await answering(t, 502, body);
    const error = await failure(request(url, 'GET', '/pages'));
    t.match(error, {
      message: 'the server answered 502 Bad Gateway',
      status: 502,
      code: undefined,
      retryAfterMs: undefined,
    });
  }
});

t.test('a server that does not answer is not waited for longer than said', async (t) => {
  const server = createServer(() => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  await t.rejects(request(`http://127.0.0.1:${port}`, 'GET', '/pages', { timeoutMs: 20 }), { name: 'TimeoutError' });
});
