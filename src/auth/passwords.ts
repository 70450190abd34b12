/** Passwords: validation and hashing. Only argon2id hashes are stored. */
import { randomBytes } from 'node:crypto';
import argon2 from 'argon2';
import { z } from 'zod';
import { hasAtMost } from './bounded-text.js';
import { type Busy, HashQueue, type Waiter } from './hash-queue.js';

/** Bounds of a password, in bytes of UTF-8 after NFC. NIST SP 800-63B requires at least 8; the upper bound limits the work. */
const MIN_BYTES = 8;
const MAX_BYTES = 256;

/** Longest password that is normalized, in code points. NFC composes up to four code points into one of at least three bytes, so a shorter bound would be wrong. */
export const MAX_GIVEN_CHARACTERS = 384;

/** The minimum for argon2id in OWASP's Password Storage Cheat Sheet: 19 MiB of memory, two passes, one lane. */
const PARAMETERS = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/**
 * Three hashes at a time: libuv's pool has four threads (unless UV_THREADPOOL_SIZE is set), and the fourth must be free for files
 * and DNS. Registrations run one at a time. A queue of 128 takes about 1.4 s at 11 ms a hash (two cores), so a refused client is told
 * to try again after 1.5 s.
 */
const DEFAULTS = { concurrency: 3, queueLimit: 128, retryAfterMs: 1_500 };

export type Hashed = { readonly kind: 'hash'; readonly hash: string } | Busy;
export type Verified = { readonly kind: 'verified'; readonly matches: boolean } | Busy;

export interface Passwords {
  /** Hashes a password that passed `Password`; the hash is a PHC string with its parameters and salt. */
  hash(password: string, waiter: Waiter): Promise<Hashed>;
  /** Compares with a hash made by `hash`, with any parameters. Rejects if it is not a hash: the log is damaged then. */
  verify(hash: string, password: string, waiter: Waiter): Promise<Verified>;
  /** For an unknown name: never matches, and takes as long as `verify`, so that the time does not reveal which names exist. */
  verifyNobody(password: string, waiter: Waiter): Promise<Verified>;
  /** Whether the hash was made with other parameters than the current ones, and should be replaced while the password is known. */
  needsRehash(hash: string): boolean;
}

/** What is wrong with a password, as the end of a sentence that starts with the field's name; undefined if it is valid. */
export function checkPassword(password: string): string | undefined {
  if (!hasAtMost(password, MAX_GIVEN_CHARACTERS))
    return `must have at most ${MAX_BYTES} bytes in UTF-8; it has more than ${MAX_GIVEN_CHARACTERS} characters`;
  if (/\p{Cs}/u.test(password)) return 'must be valid Unicode text';
  const bytes = canonical(password).length;
  if (bytes < MIN_BYTES) return `must have at least ${MIN_BYTES} bytes in UTF-8; it has ${bytes}`;
  if (bytes > MAX_BYTES) return `must have at most ${MAX_BYTES} bytes in UTF-8; it has ${bytes}`;
  return undefined;
}

/** A new password. At a login the rules do not apply: an invalid password is a wrong one. */
export const Password = z
  .string()
  .superRefine((password, context) => {
    const message = checkPassword(password);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .meta({
    description: `${MIN_BYTES} to ${MAX_BYTES} bytes of UTF-8 after NFC`,
    format: 'password',
    example: 'secret123',
  });

/** `concurrency`: concurrent hashes over all functions. `queueLimit`: how many logins, and how many registrations, wait before the answer is `busy`. */
export function createPasswords(
  options: { readonly concurrency?: number; readonly queueLimit?: number } = {},
): Passwords {
  const queue = new HashQueue({ ...DEFAULTS, ...options });
  const nobody = nobodysHash();
  const verify = (hash: string, password: string, waiter: Waiter): Promise<Verified> =>
    queue.run(async () => ({ kind: 'verified', matches: await argon2.verify(hash, canonical(password)) }), waiter);
  return {
    hash: (password, waiter) =>
      queue.run(async () => ({ kind: 'hash', hash: await argon2.hash(canonical(password), PARAMETERS) }), waiter),
    verify,
    verifyNobody: (password, waiter) => verify(nobody, password, waiter),
    needsRehash: (hash) => !hash.startsWith('$argon2id$') || argon2.needsRehash(hash, PARAMETERS),
  };
}

/** A hash with the current parameters that no known password matches: its 32 bytes are random. */
export function nobodysHash(): string {
  const { memoryCost, timeCost, parallelism } = PARAMETERS;
  const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
  return `$argon2id$v=19$m=${memoryCost},p=${parallelism},t=${timeCost}$${base64(randomBytes(16))}$${base64(randomBytes(32))}`;
}

/** NFC: the same password whether a keyboard sends é as one character or as two. It is not truncated: unlike bcrypt, argon2 has no maximum length. */
const canonical = (password: string): Buffer => Buffer.from(password.normalize('NFC'));
