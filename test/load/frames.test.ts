/** RFC 6455 framing as the load tool reads and writes it. */
import tap from 'tap';
import { controlFrame, FramingError, PONG, readFrame, textFrame } from '../../load/frames.js';

/** A server's frame of `length` bytes, with the shortest length field (RFC 6455, 5.2). */
function frame(length: number): Buffer {
  const head = Buffer.alloc(length < 126 ? 2 : length < 0x10000 ? 4 : 10);
  head[0] = 0x81;
  if (head.length === 2) head[1] = length;
  else if (head.length === 4) (head[1] = 126), head.writeUInt16BE(length, 2);
  else (head[1] = 127), head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, Buffer.alloc(length, 'x')]);
}

tap.test('a frame is read where it lies, and only when all of it is there', async (t) => {
  for (const length of [0, 1, 125, 126, 0xffff, 0x10000]) {
    const whole = frame(length);
    const bytes = Buffer.concat([Buffer.from('before'), whole, Buffer.from('after')]);
    const end = 6 + whole.length;
    t.same(readFrame(bytes, 6, bytes.length), { opcode: 1, fin: true, start: end - length, end });
    for (const limit of [6, 7, 8, 11, end - 1]) if (limit < end) t.equal(readFrame(bytes, 6, limit), undefined);
  }
});

tap.test('broken framing is refused', async (t) => {
  const broken: [string, number[], RegExp][] = [
    ['a reserved bit', [0xc1, 0], /reserved bit/],
    ['a masked frame', [0x81, 0x80, 0, 0, 0, 0], /masked/],
    ['an endless frame', [0x81, 127, 0xff, 0, 0, 0, 0, 0, 0, 0], /announced a frame/],
  ];
  for (const [name, bytes, why] of broken) {
    t.throws(() => readFrame(Buffer.from(bytes), 0, bytes.length), FramingError, name);
    t.throws(() => readFrame(Buffer.from(bytes), 0, bytes.length), { message: why }, name);
  }
});

tap.test('what is written has the mask bit, a key and the payload', async (t) => {
  t.same(Buffer.from(textFrame('hi'), 'latin1'), Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
  t.same(
    Buffer.from(textFrame('x'.repeat(300)), 'latin1').subarray(0, 9),
    Buffer.from([0x81, 0xfe, 1, 44, 0, 0, 0, 0, 0x78]),
  );
  t.same(Buffer.from(controlFrame(PONG, ''), 'latin1'), Buffer.from([0x8a, 0x80, 0, 0, 0, 0]));
  t.throws(() => textFrame('x'.repeat(0x10000)), RangeError);
});
