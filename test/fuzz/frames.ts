/** Frames of RFC 6455 as a client writes them, well formed or not. */
import type { Random } from '../crash/random.js';

const TEXT = 0x1;
const BINARY = 0x2;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;
const FIN = 0x80;

/** `first`: FIN, reserved bits and opcode. `length` other than the payload's is a lie. */
export function frame(first: number, payload: Uint8Array, { masked = true, length = payload.length } = {}): Buffer {
  const mask = masked ? 0x80 : 0;
  let header: Buffer;
  if (length < 126) header = Buffer.from([first, mask | length]);
  else if (length < 0x10000) header = Buffer.from([first, mask | 126, length >> 8, length & 0xff]);
  else {
    header = Buffer.alloc(10);
    header[0] = first;
    header[1] = mask | 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([header, ...(masked ? [Buffer.alloc(4)] : []), payload]);
}

export const textFrame = (payload: Uint8Array): Buffer => frame(FIN | TEXT, payload);
export const closeFrame = (code: number): Buffer => frame(FIN | CLOSE, Buffer.from([code >> 8, code & 0xff]));

/** The message in several frames, with pings between some of them. */
export function fragmented(payload: Buffer, random: Random): Buffer {
  const pieces = random.between(2, 5);
  const frames: Buffer[] = [];
  let from = 0;
  for (let n = 0; n < pieces; n++) {
    const to = n === pieces - 1 ? payload.length : random.between(from, payload.length);
    frames.push(frame((n === pieces - 1 ? FIN : 0) | (n === 0 ? TEXT : 0), payload.subarray(from, to)));
    if (random.chance(0.3)) frames.push(frame(FIN | (random.chance(0.5) ? PING : PONG), Buffer.from('between')));
    from = to;
  }
  return Buffer.concat(frames);
}

/** Frames that break the protocol, or are odd: after them the connection may be closed, or wait for more bytes. */
export function broken(payload: Buffer, random: Random): Buffer {
  const makers: readonly (() => Buffer)[] = [
    () => frame(FIN | random.among([0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf])!, payload),
    () => frame(FIN | TEXT | random.among([0x10, 0x20, 0x40, 0x70])!, payload),
    () => frame(FIN | BINARY, payload),
    () => frame(FIN | TEXT, payload, { masked: false }),
    () => frame(FIN, payload),
    () => Buffer.concat([frame(TEXT, payload.subarray(0, 3)), frame(FIN | TEXT, payload)]),
    () => frame(FIN | random.among([CLOSE, PING, PONG])!, Buffer.alloc(126, 'x')),
    () => frame(random.among([CLOSE, PING, PONG])!, Buffer.from('in pieces')),
    () => frame(FIN | TEXT, payload, { length: payload.length + random.between(1, 100_000) }),
    () => frame(FIN | TEXT, payload, { length: Math.max(0, payload.length - random.between(1, 10)) }),
    () =>
      frame(FIN | TEXT, payload, {
        length: random.among([1024 * 1024 + 1, 2 ** 31, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER])!,
      }),
    () =>
      frame(
        FIN | CLOSE,
        Buffer.from(
          random.among([[], [3], [3, 231], [3, 237], [0, 0], [255, 255], [3, 232, 0xff, 0xfe], [11, 184, 0x61]])!,
        ),
      ),
    () => Buffer.concat(Array.from({ length: random.between(1, 2_000) }, () => frame(FIN | TEXT, Buffer.alloc(0)))),
    () =>
      Buffer.concat(
        Array.from({ length: random.between(1, 500) }, () => frame(FIN | PING, Buffer.alloc(random.between(0, 125)))),
      ),
    () => frame(TEXT, payload),
    () => textFrame(payload).subarray(0, random.between(1, 12)),
    () => Buffer.from(Array.from({ length: random.between(1, 60) }, () => random.between(0, 255))),
  ];
  return random.among(makers)!();
}

export interface DownFrame {
  readonly opcode: number;
  readonly payload: Buffer;
  /** Where the next one begins. */
  readonly end: number;
}

/** The first whole frame of the server's, if it is there. Throws where the framing is broken. */
export function readDown(bytes: Buffer): DownFrame | undefined {
  if (bytes.length < 2) return undefined;
  if (bytes[0]! & 0x70) throw new Error('the server set a reserved bit');
  if (bytes[1]! & 0x80) throw new Error('the server masked a frame');
  let start = 2;
  let length = bytes[1]! & 0x7f;
  if (length === 126) {
    if (bytes.length < 4) return undefined;
    length = bytes.readUInt16BE(2);
    start = 4;
  } else if (length === 127) {
    if (bytes.length < 10) return undefined;
    length = Number(bytes.readBigUInt64BE(2));
    start = 10;
  }
  const end = start + length;
  return bytes.length < end ? undefined : { opcode: bytes[0]! & 0x0f, payload: bytes.subarray(start, end), end };
}
