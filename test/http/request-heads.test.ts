/** The head of a request: up to a size it is read however it arrives, beyond that it is refused however it arrives. */
import t, { type Test } from 'tap';
import { request } from '../e2e/http-requests.js';
import { startServer } from '../e2e/test-server.js';
import { openBare } from '../gateway/bare-connection.js';

const server = await startServer(t);

/** The status of a request that is written in these pieces, each a segment of its own. */
async function statusOf(t: Test, pieces: readonly string[]): Promise<string> {
  const bare = openBare(t, server.url);
  bare.socket.setNoDelay(true);
  for (const piece of pieces) {
    await new Promise<void>((resolve) => bare.socket.write(piece, () => resolve()));
    // So that the server reads it by itself: it has answered somebody since.
    for (let round = 0; round < 2; round += 1) await request(server.url, 'GET', '/health');
  }
  await Promise.race([bare.until('\r\n\r\n').catch(() => undefined), bare.gone]);
  return bare.received().slice(9, 12);
}

const withCookie = (bytes: number): string => `GET /health HTTP/1.1\r\nHost: x\r\nCookie: ${'c'.repeat(bytes)}\r\n\r\n`;

t.test('HTTP-12 a cookie of 5 KB is read, in one segment and in several', async (t) => {
  const head = withCookie(5_000);
  for (const pieces of [
    [head],
    [head.slice(0, 3_000), head.slice(3_000)],
    [head.slice(0, 4_999), head.slice(4_999, 5_020), head.slice(5_020)],
    [head.slice(0, -1), head.slice(-1)],
  ])
    t.equal(await statusOf(t, pieces), '200', `${pieces.length} segments`);
});

t.test('HTTP-12 a head over 16 KiB is 431, in one segment and in several', async (t) => {
  for (const bytes of [17_000, 60_000]) {
    const head = withCookie(bytes);
    for (const pieces of [
      [head],
      [head.slice(0, 9_000), head.slice(9_000)],
      [head.slice(0, 16_500), head.slice(16_500)],
    ])
      t.equal(await statusOf(t, pieces), '431', `${bytes} bytes in ${pieces.length} segments`);
  }
  const answer = await request(server.url, 'GET', '/health', { headers: { 'X-Long': 'x'.repeat(17_000) } });
  t.match(answer, { status: 431, json: { code: 'headers_too_large', detail: /at most 16384 are allowed/ } });
  t.equal(
    (await request(server.url, 'GET', `/users?username=${'x'.repeat(17_000)}`)).status,
    431,
    'the request line counts too',
  );
});

t.test('HTTP-12 the longest token fits, in pieces too', async (t) => {
  const head = `GET /me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${'t'.repeat(4_096)}\r\n\r\n`;
  t.equal(await statusOf(t, [head.slice(0, 2_000), head.slice(2_000)]), '401');
});
