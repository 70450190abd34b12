/** Codes that a person is given to use once: random, readable, and kept as hashes alone. */
import { createHash, randomBytes } from 'node:crypto';
import { equal } from './hs256.js';

/** Crockford's base 32: no letter that looks like a digit. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** 100 bits: nobody guesses one, so a plain hash of it is enough. */
const CHARACTERS = 20;

/** Longest code that is looked at, in characters as a person types them. */
export const MAX_CODE_CHARACTERS = 128;

/** `7X2MK-…`: four groups of five. */
export function newCode(): string {
  const characters = Array.from(randomBytes(CHARACTERS), (byte) => ALPHABET[byte & 31]).join('');
  return characters.replace(/.{5}(?=.)/g, '$&-');
}

/** SHA-256, base64url: the same in whatever case, with or without hyphens, and with O and I where 0 and 1 are meant. */
export const hashOfCode = (code: string): string =>
  createHash('sha256')
    .update(code.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1'))
    .digest('base64url');

export const isCode = (given: string, hash: string): boolean => equal(hashOfCode(given), hash);
