/** Converts text to and from UTF-8. */
import { isUtf8 } from 'node:buffer';

/**
 * The text in the form that uWebSockets.js sends as UTF-8. Its binaries for Node 22 and newer send a string whose characters are
 * all below U+0100 as Latin-1, one byte per character, and clients reject such an 'é'. ASCII is the same in both, and a string is a
 * third of a microsecond cheaper than bytes. Text in a header or a topic has to be ASCII.
 */
export const utf8 = (text: string): string | Uint8Array =>
  Buffer.byteLength(text) === text.length ? text : Buffer.from(text);

/**
 * The text of these bytes, or undefined if they are not UTF-8. A lenient decoder would replace each invalid byte by U+FFFD and so
 * make different passwords equal.
 */
export const textOf = (bytes: Buffer): string | undefined => (isUtf8(bytes) ? bytes.toString() : undefined);
