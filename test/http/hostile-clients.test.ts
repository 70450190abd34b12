/** Nothing a client does over HTTP ends the process: it is the process of this test. */
import t from 'tap';
import { sitDown } from '../e2e/desk.js';
import { startServer } from '../e2e/test-server.js';
import { type BareConnection, openBare } from '../gateway/bare-connection.js';

// Hundreds of connections of one address: no answer is to end its connection for that.
const server = await startServer(t, { environment: { LIMIT_CONNECTIONS_PER_ADDRESS: '0' } });
const john = await server.person('john');
const desk = await sitDown(t, server, john);

const head = (line: string, headers: readonly string[] = []): string =>
  [`${line} HTTP/1.1`, 'Host: x', `Authorization: Bearer ${john.token}`, ...headers, '', ''].join('\r\n');
const post = (path: string, body: string, headers: readonly string[] = []): string =>
  head(`POST ${path}`, ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`, ...headers]) +
  body;
const statuses = (bare: BareConnection): number[] =>
  Array.from(bare.received().matchAll(/HTTP\/1\.1 (\d{3})/g), ([, status]) => Number(status));

async function others(): Promise<string> {
  const [{ status }, { type }] = await Promise.all([
    desk.http('GET', '/health'),
    desk.ask('create_page', { name: 'Others' }),
  ]);
  return `${status} ${type}`;
}

t.test('HTTP-6 bodies up to 64 KiB are read, longer ones refused with 413, announced or in chunks', async (t) => {
  const ofLength = (bytes: number): string => `{"name":"${'x'.repeat(bytes - 11)}"}`;
  const cases: [what: string, request: string, status: number][] = [
    ['64 KiB', post('/pages', ofLength(65_536)), 422],
    ['64 KiB and a byte', post('/pages', ofLength(65_537)), 413],
    ['10 MiB', post('/pages', ofLength(10 * 1024 * 1024)), 413],
    [
      'chunks of 70 KiB in all',
      head('POST /pages', ['Transfer-Encoding: chunked']) +
        `1000\r\n${'x'.repeat(0x1000)}\r\n`.repeat(18) +
        '0\r\n\r\n',
      413,
    ],
    [
      'small chunks',
      head('POST /pages', ['Transfer-Encoding: chunked']) + '8\r\n{"name":\r\n4\r\n"ok"\r\n1\r\n}\r\n0\r\n\r\n',
      201,
    ],
  ];
  for (const [what, request, status] of cases) {
    const bare = openBare(t, server.url);
    bare.socket.write(request);
    await bare.until('HTTP/1.1 ');
    t.equal(statuses(bare)[0], status, what);
  }
  t.equal(await others(), '200 success');
});

t.test('HTTP-6 what is no HTTP is no error of the server, and others are served', async (t) => {
  const nonsense = [
    '\r\n\r\n\r\n\r\n',
    'GET\r\n\r\n',
    'GET / HTTP/0.9\r\n\r\n',
    'GET / HTTP/9.9\r\nHost: x\r\n\r\n',
    'GET  /  HTTP/1.1\r\nHost: x\r\n\r\n',
    'é / HTTP/1.1\r\nHost: x\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    head('GET /pages', ['No colon here']),
    head('GET /pages', [': no name']),
    head('GET /pages', ['X: \0']),
    head('POST /pages', ['Content-Length: -1']),
    head('POST /pages', ['Content-Length: x']),
    head('POST /pages', [`Content-Length: ${'9'.repeat(40)}`]),
    head('POST /pages', ['Content-Length: 2', 'Transfer-Encoding: chunked']) + '0\r\n\r\n',
    head('POST /pages', ['Transfer-Encoding: chunked']) + 'zz\r\nx\r\n0\r\n\r\n',
    head('POST /pages', ['Transfer-Encoding: chunked']) + `${'f'.repeat(20)}\r\nx`,
    head(`GET /${'x'.repeat(100_000)}`),
    head('GET /%00%ff%zz?%=%&&=%ff'),
    head('GET /pages/%'),
    head('GET /pages/%ff%fe'),
    head('GET http://other.example/pages'),
    head('GET *'),
  ];
  for (const bytes of nonsense) {
    const bare = openBare(t, server.url);
    bare.socket.end(bytes, 'latin1');
    await bare.gone;
    for (const status of statuses(bare))
      t.ok(status < 500 || status === 505, `${JSON.stringify(bytes.slice(0, 30))}: ${status}`);
  }
  t.equal(await others(), '200 success');
});

t.test('HTTP-6 floods of headers are refused or dropped', async (t) => {
  for (const headers of [
    Array.from({ length: 10_000 }, (_, at) => `X-${at}: y`),
    [`X: ${'y'.repeat(1_000_000)}`],
    Array.from({ length: 90 }, (_, at) => `X-${at}: ${'y'.repeat(200)}`),
  ]) {
    const bare = openBare(t, server.url);
    bare.socket.write(head('GET /health', headers));
    await Promise.race([bare.gone, bare.until('HTTP/1.1 ')]);
    t.notOk(
      statuses(bare).some((status) => status >= 500 && status !== 505),
      `${headers.length} headers: ${statuses(bare).join()}`,
    );
    bare.socket.destroy();
  }
  t.equal(await others(), '200 success');
});

t.test('HTTP-6 clients that leave in the middle, of a body and of an answer', async (t) => {
  const body = '{"name":"Left"}';
  const leaving = Array.from({ length: 100 }, async (_, at) => {
    const request = at % 2 ? post('/pages', body) : head(`GET /pages?min_position=${'9'.repeat(18)}`);
    const bare = openBare(t, server.url);
    // Some leave before the end of what they say, the others while it is worked on.
    bare.socket.write(at % 3 ? request : request.slice(0, -4), () =>
      at % 5 ? bare.socket.resetAndDestroy() : bare.socket.end(),
    );
    if (at % 5 === 0) bare.socket.setTimeout(100, () => bare.socket.destroy());
    await bare.gone;
  });
  await Promise.all(leaving);
  const bare = openBare(t, server.url);
  bare.socket.write(post('/register', '{"username":"left","password":"while it is hashed"}'), () =>
    bare.socket.resetAndDestroy(),
  );
  await bare.gone;
  t.equal(await others(), '200 success');
});

t.test('HTTP-6 many requests in one write are answered in their order', async (t) => {
  const bare = openBare(t, server.url);
  bare.socket.write(
    [head('GET /health'), head('GET /nothing'), head('PUT /pages'), head('GET /health'), head('GET /last')].join(''),
  );
  await bare.until('404 Not Found\r\n');
  await Promise.race([bare.gone, bare.until('"method_not_allowed"')]);
  t.same(statuses(bare), [200, 404, 405, 200, 404]);
});

t.test(
  'HTTP-6 requests behind one that is being worked on: uWebSockets.js cuts that connection, and others live',
  async (t) => {
    const bare = openBare(t, server.url);
    bare.socket.write(post('/pages', '{"name":"First"}') + post('/pages', '{"name":"Second"}') + head('GET /health'));
    await bare.gone;
    t.same(statuses(bare), []);
    t.notOk(
      (await desk.http('GET', '/pages')).json.some(({ name }: { name: string }) => name === 'Second'),
      'what was not read had no effect',
    );
    t.equal(await others(), '200 success');
  },
);
