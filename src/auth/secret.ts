/**
 * The key that tokens are signed with: the UTF-8 bytes of JWT_SECRET_KEY, unchanged, so that every node with the same secret takes
 * the same tokens, and any JWT tool can check them.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** RFC 7518, section 3.2: a key for HS256 has at least 256 bits. */
const MIN_BYTES = 32;

/** The example of the document that this server's contract comes from: long enough, and known to everyone. */
const PUBLISHED = 'dev-secret-key-change-in-production';

const HOW_TO_MAKE_ONE = 'make one with: openssl rand -base64 32';

export interface SecretOptions {
  /** JWT_SECRET_KEY; undefined if it is not set. */
  readonly configured: string | undefined;
  /** Whether NODE_ENV is production. */
  readonly production: boolean;
  /** Whether other nodes must take the same tokens (false). */
  readonly isShared?: boolean;
  /** Folder in which development keeps the secret it made, as `jwt-secret`. No other process may be using it. */
  readonly dataDir: string;
}

export interface Secret {
  readonly secret: Uint8Array;
  /** Sentences to be logged as warnings; the secret is not in them. */
  readonly notices: readonly string[];
}

/** Throws with a sentence, without the secret, if there is none to start with. */
export function resolveSecret({ configured, production, isShared = false, dataDir }: SecretOptions): Secret {
  if (configured === undefined || configured === '') {
    if (production)
      throw new Error(
        `JWT_SECRET_KEY is not set: with NODE_ENV=production it must be set, to at least ${MIN_BYTES} random bytes; ${HOW_TO_MAKE_ONE}`,
      );
    if (isShared)
      throw new Error(
        `JWT_SECRET_KEY is not set: with EVENT_STORE it must be set, to the same at least ${MIN_BYTES} random bytes on every node; ${HOW_TO_MAKE_ONE}`,
      );
    return keptSecret(dataDir);
  }
  const weakness = weaknessOf(configured);
  if (weakness === undefined) return { secret: Buffer.from(configured), notices: [] };
  if (production)
    throw new Error(
      `JWT_SECRET_KEY ${weakness}: with NODE_ENV=production it must be at least ${MIN_BYTES} random bytes; ${HOW_TO_MAKE_ONE}`,
    );
  return {
    secret: Buffer.from(configured),
    notices: [
      `JWT_SECRET_KEY ${weakness}: tokens can be forged by whoever guesses it; NODE_ENV=production would refuse it; ${HOW_TO_MAKE_ONE}`,
    ],
  };
}

function weaknessOf(secret: string): string | undefined {
  if (secret === PUBLISHED) return 'is the published example';
  const bytes = Buffer.byteLength(secret);
  if (bytes < MIN_BYTES) return `has only ${bytes} bytes`;
  return isMadeUp(secret)
    ? 'is long but can be guessed: it has few different characters, repeats itself, counts up, or says that it is to be changed'
    : undefined;
}

/** Of random bytes in any usual writing, not one in a billion is taken for made up. */
function isMadeUp(secret: string): boolean {
  if (/change.?(me|this|in.?production)|your.?(jwt.?)?secret|password|passwort|example|qwerty/i.test(secret))
    return true;
  // 32 random hexadecimal digits have 14 different ones, and hardly ever under 9; 40 decimal ones have 10, and hardly ever under 8.
  if (new Set(secret).size < 7) return true;
  // However long the piece: what has it twice or more is no longer than the piece.
  for (let period = 1; period <= secret.length / 2; period += 1)
    if (secret.startsWith(secret.slice(period))) return true;
  const steps = Array.from(secret.slice(1), (character, at) => character.charCodeAt(0) - secret.charCodeAt(at));
  return steps.filter((step) => Math.abs(step) <= 1).length > steps.length * 0.7;
}

/** The secret that this data folder has, or a new one that it keeps from now on: tokens live on over a restart. */
function keptSecret(dataDir: string): Secret {
  const file = join(dataDir, 'jwt-secret');
  try {
    const kept = read(file);
    if (kept !== undefined)
      return { secret: kept, notices: [`JWT_SECRET_KEY is not set: the secret in ${file} is used`, ...exposure(file)] };
    const made = randomBytes(MIN_BYTES).toString('base64url');
    mkdirSync(dataDir, { recursive: true });
    write(file, made);
    syncFolder(dataDir);
    return {
      secret: Buffer.from(made),
      notices: [`JWT_SECRET_KEY is not set: a random secret was made and is kept in ${file}`],
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new Error(
      `JWT_SECRET_KEY is not set, and a secret cannot be kept in ${file} (${code}): set JWT_SECRET_KEY, or make that file readable and its folder writable`,
      { cause: error },
    );
  }
}

function read(file: string): Buffer | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const secret = Buffer.from(text);
  if (secret.length < MIN_BYTES)
    throw new Error(
      `${file} is damaged: it has ${secret.length} bytes where at least ${MIN_BYTES} must be. Put it back from a backup; or delete it, and everyone has to log in again`,
    );
  return secret;
}

/** The file is there whole or not at all, whatever happens meanwhile. */
function write(file: string, text: string): void {
  const unfinished = `${file}.new`;
  rmSync(unfinished, { force: true });
  const descriptor = openSync(unfinished, 'wx', 0o600);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(unfinished, file);
}

/** Makes a renamed file's new name outlive a power cut. Windows has no such thing, and needs none. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function exposure(file: string): string[] {
  const open = process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0;
  return open ? [`${file} can be read by other users of this machine: chmod 600 it`] : [];
}
