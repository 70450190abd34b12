/** Handshakes and requests that never end: dropped after some 10 s, while others are served. */
import t from 'tap';
import { sitDown } from '../e2e/desk.js';
import { startServer } from '../e2e/test-server.js';
import { handshake, openBare } from './bare-connection.js';

/**
 * uWebSockets.js gives a request that has not ended 10 s, by a clock that ticks every 4 s: so 8 to 12 s. No handler can cut it
 * sooner, since none is called before the request's last header. Plus the time that a busy machine takes to notice.
 */
const DROPPED_WITHIN_MS = 12_500;

const server = await startServer(t);
const john = await server.person('john');
const desk = await sitDown(t, server, john);
const good = handshake(server.url, john.token);
const post = (body: string): string =>
  [
    'POST /pages HTTP/1.1',
    'Host: x',
    `Authorization: Bearer ${john.token}`,
    'Content-Type: application/json',
    body,
  ].join('\r\n');

/** Bodies have 7 s, so that there is an answer before they are dropped. */
const ANSWERED = /^HTTP\/1\.1 408 Request Timeout\r\n.*"code":"request_timeout"/s;

const unfinished: readonly (readonly [rule: string, what: string, start: string, drip?: string])[] = [
  ['WIRE-5', 'a connection that says nothing', ''],
  ['WIRE-5', 'half a request line', good.slice(0, 20)],
  ['WIRE-5', 'half of a handshake', good.slice(0, good.length / 2)],
  ['WIRE-5', 'a handshake without its last line', good.slice(0, -2)],
  ['WIRE-5', 'a handshake whose headers go on and on, a byte at a time', good.slice(0, -2) + 'X-Slow: ', 'x'],
  ['HTTP-13', 'a body that is announced and never comes', post('Content-Length: 100\r\n\r\n')],
  ['HTTP-13', 'half a body', post('Content-Length: 100\r\n\r\n{"name":')],
  ['HTTP-13', 'a body in chunks without a last one', post('Transfer-Encoding: chunked\r\n\r\n8\r\n{"name":\r\n')],
  ['HTTP-13', 'a body that comes a byte at a time', post('Content-Length: 100\r\n\r\n'), ' '],
];

// All at once: each takes its ten seconds.
const dropped = unfinished.map(([, , start, drip]) => {
  const bare = openBare(t, server.url);
  if (start !== '') bare.socket.write(start);
  const dripping = drip === undefined ? undefined : setInterval(() => bare.socket.write(drip), 200);
  return { bare, gone: bare.gone.finally(() => clearInterval(dripping)) };
});
/** As many as one address may have beside those above, each with nearly all of the largest body. */
const large = Array.from({ length: 150 }, () => {
  const bare = openBare(t, server.url);
  bare.socket.write(`${post('Content-Length: 65000\r\n\r\n')}${'x'.repeat(64_000)}`);
  return bare;
});
const usedBefore = process.memoryUsage();

for (const [at, [rule, what]] of unfinished.entries()) {
  t.test(`${rule} ${what} is dropped, and others live`, async (t) => {
    const ms = await dropped[at]!.gone;
    if (rule === 'HTTP-13') t.match(dropped[at]!.bare.received(), ANSWERED, 'HTTP-13 it is answered before');
    t.ok(ms < DROPPED_WITHIN_MS, `it took ${Math.round(ms)} ms`);
    t.equal((await desk.ask('create_page', { name: 'Page' })).type, 'success', 'others live');
    t.equal((await desk.http('GET', '/health')).status, 200);
  });
}

t.test(
  'HTTP-13 150 large bodies that never end are answered and dropped too, and take no more than their bytes',
  async (t) => {
    await Promise.all(large.map(({ gone }) => gone));
    t.same(large.filter(({ received }) => !ANSWERED.test(received())).length, 0);
    const { rss } = process.memoryUsage();
    t.ok(
      rss - usedBefore.rss < 128 * 1024 ** 2,
      `${Math.round((rss - usedBefore.rss) / 1024 ** 2)} MB more, clients included`,
    );
  },
);
