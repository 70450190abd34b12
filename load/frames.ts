/**
 * RFC 6455 framing as a client does it: frames of the server read in place, own frames written. No extensions are ever
 * offered, so a reserved bit is a broken frame.
 */

export const TEXT = 0x1;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;
export const CONTINUATION = 0x0;

/** A whole frame's place in the bytes it was read from: the payload is [start, end), the next frame begins at `end`. */
export interface Frame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly start: number;
  readonly end: number;
}

/** The server broke the framing: the bytes that follow mean nothing. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
}

/** The frame that begins at `at`, if all of it lies before `limit`. Throws FramingError. */
export function readFrame(bytes: Buffer, at: number, limit: number): Frame | undefined {
  if (limit - at < 2) return undefined;
  const first = bytes[at]!;
  const second = bytes[at + 1]!;
  if (first & 0x70) throw new FramingError('the server set a reserved bit, and no extension was agreed');
  if (second & 0x80) throw new FramingError('the server masked a frame');
  let start = at + 2;
  let length = second;
  if (length === 126) {
    if (limit < at + 4) return undefined;
    length = bytes.readUInt16BE(at + 2);
    start = at + 4;
  } else if (length === 127) {
    if (limit < at + 10) return undefined;
    const long = bytes.readBigUInt64BE(at + 2);
    if (long > 0x7fffffffn) throw new FramingError(`the server announced a frame of ${long} bytes`);
    length = Number(long);
    start = at + 10;
  }
  const end = start + length;
  return end <= limit ? { opcode: first & 0x0f, fin: (first & 0x80) !== 0, start, end } : undefined;
}

/**
 * What goes before a payload of `length` bytes on its way to the server, as latin1 text. The masking key is zero, which
 * leaves the payload as it is: the key protects intermediaries from payloads an attacker chose (RFC 6455, 10.3), and a
 * load tool sends only its own payloads.
 */
function maskedHeader(opcode: number, length: number): string {
  const first = String.fromCharCode(0x80 | opcode);
  if (length < 126) return `${first}${String.fromCharCode(0x80 | length)}\0\0\0\0`;
  if (length < 0x10000) return `${first}\xfe${String.fromCharCode(length >> 8, length & 0xff)}\0\0\0\0`;
  throw new RangeError(`${length} bytes are more than this client sends in a frame; 65535 is the most`);
}

/** A text frame of up to 4 GiB, as latin1 text; `ascii` must be that. */
export function longTextFrame(ascii: string): string {
  const { length } = ascii;
  if (length < 0x10000) return textFrame(ascii);
  return `${String.fromCharCode(0x80 | TEXT)}\xff\0\0\0\0${String.fromCharCode(length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff)}\0\0\0\0${ascii}`;
}

/** A frame of a message that continues after it, as latin1 text: its first one, or a later one. */
export function unfinishedFrame(ascii: string, isFirst: boolean): string {
  const header = maskedHeader(isFirst ? TEXT : CONTINUATION, ascii.length);
  return String.fromCharCode(header.charCodeAt(0) & 0x7f) + header.slice(1) + ascii;
}

/** A text frame to the server, as latin1 text: so that many can be joined and written at once. `ascii` must be that. */
export const textFrame = (ascii: string): string => maskedHeader(TEXT, ascii.length) + ascii;

/** A control frame to the server; `payload` as latin1 text. */
export const controlFrame = (opcode: number, payload: string): string => maskedHeader(opcode, payload.length) + payload;
