/** Bytes that are not WebSocket frames: their socket is closed at once, and every other one goes on. */
import t from 'tap';
import { sitDown } from '../e2e/desk.js';
import { startServer } from '../e2e/test-server.js';
import { frame, openBareSocket } from './bare-connection.js';

const server = await startServer(t);
const john = await server.person('john');
const neighbour = await sitDown(t, server, john);
const good = JSON.stringify({ type: 'create_page', id: 'good', payload: { name: 'Page' } });

const TEXT = 0x81;
const [CONTINUATION, PING, CLOSE] = [0x80, 0x89, 0x88];

const broken: readonly (readonly [what: string, bytes: Buffer])[] = [
  ...[3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf].map(
    (opcode) => [`the opcode ${opcode}, which is none`, frame(0x80 | opcode, good)] as const,
  ),
  ...[0x40, 0x20, 0x10].map((bit) => [`the reserved bit ${bit}`, frame(TEXT | bit, good)] as const),
  ['a ping of 126 bytes', frame(PING, Buffer.alloc(126))],
  ['a ping in fragments', frame(PING & 0x7f, 'x')],
  ['a close in fragments', frame(CLOSE & 0x7f, '')],
  ['a continuation of nothing', frame(CONTINUATION, good)],
  ['a message within a message', Buffer.concat([frame(TEXT & 0x7f, '{'), frame(TEXT, good)])],
  ['text that is no UTF-8', frame(TEXT, Buffer.from([0x22, 0xff, 0xfe, 0x22]))],
  ['text with a half surrogate pair in UTF-8', frame(TEXT, Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))],
  [
    'a length of 2^63 − 1 bytes',
    Buffer.from([TEXT, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0x7b]),
  ],
  ['a length of 5 MiB', Buffer.from([TEXT, 0xff, 0, 0, 0, 0, 0, 0x50, 0, 0, 0, 0, 0, 0, 0x7b])],
  ['a close of one byte', frame(CLOSE, 'x')],
  ['a close with a code that is none', frame(CLOSE, Buffer.from([0, 1]))],
  ['an HTTP request', Buffer.from('GET /health HTTP/1.1\r\nHost: x\r\n\r\n')],
];

for (const [what, bytes] of broken) {
  t.test(`WIRE-2 ${what} closes that socket only`, async (t) => {
    const bare = await openBareSocket(t, server.url, john.token);
    bare.socket.write(bytes);
    await bare.gone;
    t.equal((await neighbour.ask('create_page', { name: 'Page' })).type, 'success', 'others live');
  });
}

t.test('WIRE-2 an unmasked frame says nothing that the server would obey', async (t) => {
  const bare = await openBareSocket(t, server.url, john.token);
  // Its first four bytes are taken for the mask, so what is left is noise of another length; four more bytes complete it.
  bare.socket.write(Buffer.concat([frame(TEXT, good, { masked: false }), Buffer.from('xxxx')]));
  await Promise.race([bare.gone, bare.until('invalid_json')]);
  t.notMatch(bare.received(), '"id":"good"');
  t.equal((await neighbour.ask('create_page', { name: 'Page' })).type, 'success', 'others live');
});

t.test('WIRE-2 a frame byte by byte, and a message in fragments with a ping between, are as good as any', async (t) => {
  const bare = await openBareSocket(t, server.url, john.token);
  bare.socket.setNoDelay();
  for (const byte of frame(TEXT, good))
    await new Promise<void>((written) => bare.socket.write(Buffer.from([byte]), () => written()));
  await bare.until('"id":"good"');
  const [start, end] = [good.replace('good', 'fragments').slice(0, 20), good.replace('good', 'fragments').slice(20)];
  bare.socket.write(Buffer.concat([frame(TEXT & 0x7f, start), frame(PING, 'p'), frame(CONTINUATION, end)]));
  await bare.until('"id":"fragments"');
  t.ok(bare.received().includes('\x8a\x01p'), 'the ping is answered');
});

t.test('WIRE-2 a client that vanishes in the middle of a frame leaves nothing behind', async (t) => {
  const { sockets } = await openSockets();
  const gone = await Promise.all(Array.from({ length: 20 }, () => openBareSocket(t, server.url, john.token)));
  for (const { socket } of gone) {
    socket.write(frame(TEXT, good).subarray(0, 10));
    socket.resetAndDestroy();
  }
  let left = Infinity;
  while (left > sockets) left = (await openSockets()).sockets;
  t.equal(left, sockets);
});

async function openSockets(): Promise<{ sockets: number }> {
  const { text } = await neighbour.http('GET', '/metrics');
  return { sockets: Number(/^alarm_server_sockets (\d+)$/m.exec(text)![1]) };
}
