/**
 * The text of a message that contains page states, in parts: a page's alarms are already serialised as bytes that all receivers
 * share. Building it for a socket is a copy; as one string it would have to be joined and encoded for each socket.
 */
export type StateText = readonly (string | Buffer)[];

/** Size of the shared buffer, in bytes. Most states fit; a larger one gets its own buffer. */
const SCRATCH_BYTES = 256 * 1024;
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/** Maximum UTF-8 bytes per character of a string. */
const BYTES_PER_CHARACTER = 3;

/** The whole text as UTF-8, valid until the next call: pass it to a socket immediately, which copies it. */
export function bytesOf(text: StateText): Buffer {
  const most = text.reduce(
    (sum, part) => sum + (typeof part === 'string' ? part.length * BYTES_PER_CHARACTER : part.length),
    0,
  );
  const bytes = most <= SCRATCH_BYTES ? scratch : Buffer.allocUnsafeSlow(most);
  let end = 0;
  for (const part of text) end += typeof part === 'string' ? bytes.write(part, end) : part.copy(bytes, end);
  return bytes.subarray(0, end);
}

/** Length of the whole text in UTF-8 bytes. */
export const lengthOf = (text: StateText): number => text.reduce((sum, part) => sum + Buffer.byteLength(part), 0);

/** The texts separated by commas, without empty ones. */
export const listed = (texts: readonly StateText[]): StateText =>
  texts
    .filter((text) => text.some(({ length }) => length > 0))
    .flatMap((text, at) => (at === 0 ? text : [',', ...text]));
