/** Names of accounts: what one may be called, and which names are the same name. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { hasAtMost } from './bounded-text.js';

/** Longest name, in Unicode characters (code points), as a person and JSON Schema count them. */
const MAX_CHARACTERS = 64;

/** Longest name that is normalised at all, in code points: 64 characters that are each written as three. */
export const MAX_GIVEN_CHARACTERS = 192;

/**
 * Cc, Cf, Cs, Co and Cn: control and format characters, half surrogate pairs, private and unassigned characters; and all that is
 * drawn as nothing. Two names that look the same must not differ by something unseen. An unassigned character is refused because
 * a later Unicode may give it a lower case, and with it another key.
 */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

/**
 * A name as it is shown. Its Unicode form is made NFC, which changes no visible thing; whatever else would have to be changed is
 * refused with a sentence. Names that merely look alike in two scripts (Latin a, Cyrillic а) are two names.
 */
export const Username = z
  .string()
  .refine((name) => hasAtMost(name, MAX_GIVEN_CHARACTERS), {
    error: `must have at most ${MAX_CHARACTERS} characters`,
    abort: true,
  })
  .normalize('NFC')
  .refine((name) => name !== '', { error: 'must not be empty', abort: true })
  .refine((name) => hasAtMost(name, MAX_CHARACTERS), {
    error: `must have at most ${MAX_CHARACTERS} characters`,
    abort: true,
  })
  .refine((name) => name.trim() === name, 'must not begin or end with white space')
  .refine(
    (name) => !UNSEEN.test(name),
    'must not contain control characters, invisible ones or such as Unicode does not define',
  )
  .meta({
    description: 'Unique whatever its case and Unicode form',
    minLength: 1,
    maxLength: MAX_CHARACTERS,
    example: 'john',
  });

/**
 * The key under which a name is unique: names that differ only in case or in Unicode form (é as one character or two, full-width
 * letters, ligatures) have the same. It takes any string, and is the same in every locale and on every node.
 *
 * It follows the Unicode Standard's compatibility caseless match (section 3.13, D146): decompose, fold the case, again until nothing
 * changes. Decomposed, because ͅ (U+0345) folds to a letter, and the accents behind it would be that letter's; again, because
 * folding may bring forth what can be folded or decomposed further (ẞ becomes ß and only then ss).
 */
export function nameKey(username: string): string {
  let key = username.normalize('NFKD');
  for (;;) {
    const next = foldCase(key).normalize('NFKD');
    if (next === key) return key;
    key = next;
  }
}

/** The stream whose first event takes the name. The hash keeps names out of stream names, and those short. */
export const nameStream = (username: string): string =>
  `username-${createHash('sha256').update(nameKey(username)).digest('hex')}`;

/**
 * Full case folding, which JavaScript lacks: to upper case, where ß is SS, and then to lower case. Σ goes first, because it is the
 * one character whose lower case depends on its neighbours.
 */
const foldCase = (text: string): string => text.toUpperCase().replaceAll('Σ', 'σ').toLowerCase();
