/** Usernames: which are valid, and which are considered equal. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { hasAtMost } from './bounded-text.js';

/** Longest name, in Unicode characters (code points), as JSON Schema counts them. */
const MAX_CHARACTERS = 64;

/** Longest name that is normalized, in code points: 64 characters that are each written as three. */
export const MAX_GIVEN_CHARACTERS = 192;

/**
 * Cc, Cf, Cs, Co and Cn: control and format characters, lone surrogates, private and unassigned characters; and all invisible
 * characters. Two names that look the same must not differ by something invisible. An unassigned character is refused because a
 * later version of Unicode may give it a lower case, and so another key.
 */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

/**
 * A name as it is displayed. It is normalized to NFC, which changes nothing visible; a name that would need any other change is
 * refused with a sentence. Names that only look alike in two scripts (Latin a, Cyrillic а) are different names.
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
 * letters, ligatures) have the same key. It accepts any string, and is the same in every locale and on every node.
 *
 * It follows the Unicode Standard's compatibility caseless match (section 3.13, D146): decompose and fold the case, until nothing
 * changes. Decomposed, because ͅ (U+0345) folds to a letter, and the accents behind it would belong to that letter; repeated, because
 * the result of folding may be folded or decomposed further (ẞ becomes ß and only then ss).
 */
export function nameKey(username: string): string {
  let key = username.normalize('NFKD');
  for (;;) {
    const next = foldCase(key).normalize('NFKD');
    if (next === key) return key;
    key = next;
  }
}

/** The stream whose first event reserves the name. The hash keeps stream names short and free of usernames. */
export const nameStream = (username: string): string =>
  `username-${createHash('sha256').update(nameKey(username)).digest('hex')}`;

/**
 * Full case folding, which JavaScript lacks: to upper case, where ß is SS, and then to lower case. Σ is replaced first, because it is
 * the only character whose lower case depends on its neighbours.
 */
const foldCase = (text: string): string => text.toUpperCase().replaceAll('Σ', 'σ').toLowerCase();
