/**
 * People's free text: comments and notes. Events, states and tables hold it sealed, that is encrypted with a key of its author
 * (docs/decisions/0029-how-free-text-is-erased.md); it is opened where it is sent. Without the key it is null.
 */
import { z } from 'zod';

/** `sealed`: `<author's user id>.<number of their key>.<nonce, ciphertext and tag, base64url>`. */
export const Sealed = z.object({ sealed: z.string() });
export type Sealed = Readonly<z.infer<typeof Sealed>>;

/** The key that a text was sealed with. */
export interface TextKeyId {
  /** The author. */
  readonly userId: string;
  /** Revision of the key in the stream of its author's keys. */
  readonly key: number;
}

export interface SealedParts extends TextKeyId {
  /** Nonce, ciphertext and tag, base64url. */
  readonly box: string;
}

export const sealedText = ({ userId, key, box }: SealedParts): Sealed => ({ sealed: `${userId}.${key}.${box}` });

/** Undefined if the text is not one of ours. */
export function partsOf(sealed: string): SealedParts | undefined {
  const found = /^([^.]+)\.(\d+)\.([\w-]+)$/.exec(sealed);
  const [, userId, key, box] = found ?? [];
  return userId === undefined || key === undefined || box === undefined ? undefined : { userId, key: Number(key), box };
}

/** A sealed text as it stands in JSON. Text of people cannot look like it, because its quotes are escaped in JSON. */
const IN_JSON = /\{"sealed":"([^"\\]*)"\}/g;
const BEGINNING = '{"sealed":"';

/** The JSON with what `open` makes of each sealed text, null if it cannot be opened. The same string if it has none. */
export const openedJson = (json: string, open: (sealed: string) => string | null): string =>
  json.includes(BEGINNING) ? json.replace(IN_JSON, (_whole, sealed: string) => JSON.stringify(open(sealed))) : json;
