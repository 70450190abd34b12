/** Passwords: what one may be, and how it is kept. Only argon2id hashes are kept, never a password. */
import { randomBytes } from 'node:crypto';
import argon2 from 'argon2';
import { z } from 'zod';
import { hasAtMost } from './bounded-text.js';
import { type Busy, HashQueue, type Waiter } from './hash-queue.js';

/** Bounds of a password, in bytes of UTF-8 after NFC. NIST SP 800-63B asks for 8 at the least; the upper one bounds the work. */
const MIN_BYTES = 8;
const MAX_BYTES = 256;

/** Longest password that is normalised at all, in code points: NFC makes four code points of at least three bytes, so no shorter bound would do. */
export const MAX_GIVEN_CHARACTERS = 384;

/** OWASP's Password Storage Cheat Sheet, the least it allows for argon2id: 19 MiB of memory, two passes, one lane. */
const PARAMETERS = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/**
 * Three hashes at a time: libuv's pool has four threads (unless UV_THREADPOOL_SIZE says otherwise), and the fourth must be free for
 * files and names. Of registrations one at a time. Work through a queue of 128 takes about 1.4 s at 11 ms a hash (two cores): who is sent away comes back in 1.5 seconds.
 */
const DEFAULTS = { concurrency: 3, queueLimit: 128, retryAfterMs: 1_500 };

export type Hashed = { readonly kind: 'hash'; readonly hash: string } | Busy;
export type Verified = { readonly kind: 'verified'; readonly matches: boolean } | Busy;

export interface Passwords {
  /** Hashes a password that passed `Password`; the hash is a PHC string with its parameters and salt. */
  hash(password: string, waiter: Waiter): Promise<Hashed>;
  /** Compares with a hash made by `hash`, whatever its parameters. Rejects if it is not a hash: the log is damaged then. */
  verify(hash: string, password: string, waiter: Waiter): Promise<Verified>;
  /** For a name that nobody has: never matches, and takes as long as `verify`, so that time does not tell which names exist. */
  verifyNobody(password: string, waiter: Waiter): Promise<Verified>;
  /** Whether the hash was made with other parameters than today's, and should be replaced while the password is at hand. */
  needsRehash(hash: string): boolean;
}

/** What is wrong with a password, as the end of a sentence that begins with its name; undefined if nothing is. */
export function checkPassword(password: string): string | undefined {
  if (!hasAtMost(password, MAX_GIVEN_CHARACTERS))
    return `must have at most ${MAX_BYTES} bytes in UTF-8; it has more than ${MAX_GIVEN_CHARACTERS} characters`;
  if (/\p{Cs}/u.test(password)) return 'must be valid Unicode text';
  const bytes = canonical(password).length;
  if (bytes < MIN_BYTES) return `must have at least ${MIN_BYTES} bytes in UTF-8; it has ${bytes}`;
  if (bytes > MAX_BYTES) return `must have at most ${MAX_BYTES} bytes in UTF-8; it has ${bytes}`;
  return undefined;
}

/** A new password. Whoever logs in with another one has simply the wrong one. */
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

/** `concurrency`: hashes at a time over all of its functions; `queueLimit`: how many of logins, and how many of registrations, wait for that before `busy` is answered. */
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

/** A hash of today's parameters whose password nobody can know: its 32 bytes are drawn, not computed. */
export function nobodysHash(): string {
  const { memoryCost, timeCost, parallelism } = PARAMETERS;
  const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
  return `$argon2id$v=19$m=${memoryCost},p=${parallelism},t=${timeCost}$${base64(randomBytes(16))}$${base64(randomBytes(32))}`;
}

/** The same password whether a keyboard sends é as one character or as two. All of it: argon2 has no length to cut at, as bcrypt has. */
const canonical = (password: string): Buffer => Buffer.from(password.normalize('NFC'));
