/** Text on its way in and out. */
import { isUtf8 } from 'node:buffer';

/**
 * The text as uWebSockets.js sends it in UTF-8. Its binaries for Node 22 and newer send a string whose characters are all below
 * U+0100 as Latin-1, one byte a character: no client takes an 'é' of theirs. ASCII is the same in both, and a string is a third
 * of a microsecond cheaper than bytes; what is in a header or a topic has to be ASCII.
 */
export const utf8 = (text: string): string | Uint8Array =>
  Buffer.byteLength(text) === text.length ? text : Buffer.from(text);

/** The text of these bytes, or undefined if they are not UTF-8. A lenient decoder would make U+FFFD of each wrong byte, and different passwords equal. */
export const textOf = (bytes: Buffer): string | undefined => (isUtf8(bytes) ? bytes.toString() : undefined);
