/**
 * The text of a message that bears states of pages: in parts, because a page's alarms are there as bytes already, the same for all
 * who get them. To put it together for a socket is a copy; as one string it would have to be joined and encoded for each.
 */
export type StateText = readonly (string | Buffer)[];

/** Most states fit in; for a larger one there is memory of its own. In bytes. */
const SCRATCH_BYTES = 256 * 1024;
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/** UTF-8 of a character of a string is at most so many bytes. */
const BYTES_A_CHARACTER = 3;

/** The whole text as UTF-8, valid until the next call: to be handed to a socket at once, which copies it. */
export function bytesOf(text: StateText): Buffer {
  const most = text.reduce(
    (sum, part) => sum + (typeof part === 'string' ? part.length * BYTES_A_CHARACTER : part.length),
    0,
  );
  const bytes = most <= SCRATCH_BYTES ? scratch : Buffer.allocUnsafeSlow(most);
  let end = 0;
  for (const part of text) end += typeof part === 'string' ? bytes.write(part, end) : part.copy(bytes, end);
  return bytes.subarray(0, end);
}

/** Length of the whole text in bytes of UTF-8. */
export const lengthOf = (text: StateText): number => text.reduce((sum, part) => sum + Buffer.byteLength(part), 0);

/** The texts with commas between them, those that are empty left out. */
export const listed = (texts: readonly StateText[]): StateText =>
  texts
    .filter((text) => text.some(({ length }) => length > 0))
    .flatMap((text, at) => (at === 0 ? text : [',', ...text]));
