/** HEAD, OPTIONS, and what is no handshake at /ws. */
import { connect } from 'node:net';
import t from 'tap';
import { alarmOn, sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { startServer } from '../e2e/test-server.js';
import { openBare } from '../gateway/bare-connection.js';

const server = await startServer(t);
const desk = await sitDown(t, server, await server.person('john'));
const page = (await desk.must('create_page', { name: 'Page é' })).data.id as string;
const alarm = (await desk.must('create_alarm', alarmOn(page))).data.id as string;

t.test('HTTP-10 HEAD is answered wherever GET is: the same status and headers, and no body', async (t) => {
  const paths = [
    '/me',
    '/pages',
    `/pages/${page}`,
    `/pages/${page}/shares`,
    `/pages/${page}/events`,
    `/alarms/${alarm}`,
    `/alarms/${alarm}/events`,
    '/groups',
    '/users?username=john',
    '/health',
    '/ready',
    '/metrics',
    '/docs',
    '/docs/swagger-ui-bundle.js',
    '/openapi.json',
    '/asyncapi.json',
  ];
  for (const path of [...paths, '/pages/never-used', '/users', '/pages?page=2']) {
    const [get, head] = [await desk.http('GET', path), await desk.http('HEAD', path)];
    t.equal(head.status, get.status, path);
    t.equal(head.text, '', 'no body');
    for (const name of [
      'content-type',
      'retry-after',
      'www-authenticate',
      'content-security-policy',
      'x-content-type-options',
    ])
      t.equal(head.headers.get(name), get.headers.get(name), name);
    const difference = Math.abs(Number(head.headers.get('content-length')) - Number(get.headers.get('content-length')));
    // What is counted changes between the two; and so does a request's id.
    t.ok(difference <= (path === '/metrics' ? 500 : 2), `Content-Length of ${path}`, {
      head: head.headers.get('content-length'),
      get: get.headers.get('content-length'),
    });
  }
  t.match(await request(server.url, 'HEAD', '/pages'), { status: 401, text: '' }, 'it needs a token as GET does');
});

t.test('HTTP-10 a HEAD elsewhere has no body either, and a connection is used on after each', async (t) => {
  const bare = openBare(t, server.url);
  const statuses = (): string[] => Array.from(bare.received().matchAll(/HTTP\/1\.1 (\d{3})/g), ([, status]) => status!);
  for (const [path, status] of [
    ['/health', '200'],
    ['/login', '405'],
    ['/nothing', '404'],
    ['/ws', '426'],
    ['/pages', '401'],
    ['/docs', '200'],
    ['/health', '200'],
  ] as const) {
    const before = statuses().length;
    bare.socket.write(`HEAD ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    while (statuses().length === before || !bare.received().endsWith('\r\n\r\n'))
      await new Promise((resolve) => bare.socket.once('data', resolve));
    t.equal(statuses().at(-1), status, path);
    t.ok(bare.received().endsWith('\r\n\r\n'), 'nothing comes after the headers');
  }
});

t.test('HTTP-10 OPTIONS says what a path takes', async (t) => {
  for (const [path, allow] of [
    ['/pages', 'GET, HEAD, OPTIONS, POST'],
    [`/pages/${page}`, 'DELETE, GET, HEAD, OPTIONS, PATCH'],
    ['/login', 'OPTIONS, POST'],
    ['/health', 'GET, HEAD, OPTIONS'],
    [`/alarms/${alarm}/trigger`, 'OPTIONS, POST'],
  ] as const) {
    const answer = await request(server.url, 'OPTIONS', path);
    t.match(
      [answer.status, answer.text, answer.headers.get('allow')!.split(', ').sort().join(', ')],
      [204, '', allow],
      path,
    );
    t.notOk(
      answer.headers.has('access-control-allow-origin'),
      'no page of another origin is let in unless ALLOWED_ORIGINS says so',
    );
  }
  t.match(await request(server.url, 'OPTIONS', '/nothing'), { status: 404, json: { code: 'not_found' } });
});

/** What a GET of /ws with these headers is answered. */
const ws = async (t: Parameters<typeof openBare>[0], method: string, headers: readonly string[]): Promise<string> => {
  const bare = openBare(t, server.url);
  bare.socket.write([`${method} /ws HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n'));
  await bare.until('"request_id"').catch(() => undefined);
  return bare.received();
};

t.test(
  'HTTP-10 a GET of /ws that asks for no upgrade is answered with 426 and the setting of the proxy that may be missing',
  async (t) => {
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
    for (const headers of [
      [],
      ['Connection: Upgrade', 'Upgrade: websocket'],
      ['Upgrade: websocket', 'Sec-WebSocket-Key: short'],
      ['Upgrade: h2c', 'Connection: Upgrade'],
    ]) {
      const answer = await ws(t, 'GET', headers);
      t.match(answer, /^HTTP\/1\.1 426 Upgrade Required\r\n/, headers.join());
      t.match(answer, /\r\nUpgrade: websocket\r\n/i);
      t.match(answer, /"code":"upgrade_required".*proxy_set_header Upgrade/);
    }
    // A proxy that does not pass Upgrade and Connection on still passes the key on.
    const bare = openBare(t, server.url);
    bare.socket.write(
      `GET /ws?token=${desk.person.token} HTTP/1.1\r\nHost: x\r\n${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    await bare.until('upgrade_required');
    t.match(bare.received(), /^HTTP\/1\.1 426 /);
    t.match(await ws(t, 'POST', ['Content-Length: 0']), /^HTTP\/1\.1 405 .*\r\nAllow: GET, HEAD, OPTIONS\r\n/s);
  },
);

t.test('HTTP-10 methods that nobody knows are answered, in any letters', async (t) => {
  for (const method of ['TRACE', 'CONNECT', 'PROPFIND', 'get', 'Get', 'X']) {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    t.teardown(() => socket.destroy());
    socket.write(`${method} /pages HTTP/1.1\r\nHost: x\r\n\r\n`);
    const answer = await new Promise<string>((resolve) =>
      socket.on('data', (data) => resolve(String(data))).on('close', () => resolve('')),
    );
    t.match(answer, /^(HTTP\/1\.1 (405|401|400|501|505) |$)/, method);
  }
});
