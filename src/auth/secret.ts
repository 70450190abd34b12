/**
 * The key that tokens are signed with: the UTF-8 bytes of JWT_SECRET_KEY, unchanged, so that all nodes with the same secret accept
 * the same tokens, and any JWT tool can check them.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchownSync,
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

/** The example in the document that defines this server's contract: long enough, but public. */
const PUBLISHED = 'dev-secret-key-change-in-production';

const HOW_TO_MAKE_ONE = 'make one with: openssl rand -base64 32';

export interface SecretOptions {
  /** JWT_SECRET_KEY; undefined if it is not set. */
  readonly configured: string | undefined;
  /** Whether NODE_ENV is production. */
  readonly production: boolean;
  /** False if other nodes must accept the same tokens. */
  readonly isShared?: boolean;
  /** Folder in which a generated secret is stored in development, as `jwt-secret`. No other process may be using it. */
  readonly dataDir: string;
}

export interface Secret {
  /** Signs the tokens. */
  readonly secret: Uint8Array;
  /** Earlier secrets, whose tokens are still accepted. */
  readonly older: readonly Uint8Array[];
  /** Sentences to log as warnings, without the secret. */
  readonly notices: readonly string[];
}

/** Throws with a sentence, without the secret, if there is no acceptable secret. */
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
  const [secret, older] = secretsIn(configured, 'JWT_SECRET_KEY');
  const weakness = older.length > 0 ? undefined : weaknessOf(configured);
  if (weakness === undefined) return { secret, older, notices: [] };
  if (production)
    throw new Error(
      `JWT_SECRET_KEY ${weakness}: with NODE_ENV=production it must be at least ${MIN_BYTES} random bytes; ${HOW_TO_MAKE_ONE}`,
    );
  return {
    secret,
    older,
    notices: [
      `JWT_SECRET_KEY ${weakness}: tokens can be forged by whoever guesses it; NODE_ENV=production would refuse it; ${HOW_TO_MAKE_ONE}`,
    ],
  };
}

/**
 * The secrets in a text: the one that signs, then those of before, with commas between. Each of several must be strong by itself, on
 * every server: a single secret with a comma in it, as there could be in earlier versions, must not be taken for two.
 */
function secretsIn(text: string, where: string): [Uint8Array, Uint8Array[]] {
  const parts = text.split(',').map((part) => part.trim());
  const [first = '', ...older] = parts;
  if (older.length === 0) return [Buffer.from(text), []];
  for (const [at, part] of parts.entries()) {
    const weakness = weaknessOf(part);
    if (weakness !== undefined)
      throw new Error(
        `${where} has a comma, which stands between a new secret and the one before it (new,old), and part ${at + 1} of it ${weakness}. Each part must be a strong secret by itself. If it is one secret with a comma in it, set another one without (everybody logs in again); ${HOW_TO_MAKE_ONE}`,
      );
  }
  return [Buffer.from(first), older.map((part) => Buffer.from(part))];
}

/** The secret that the server signs with. Throws with a sentence where it cannot be read: by another user than the server's, say. */
export function signingSecret({ configured, dataDir }: Pick<SecretOptions, 'configured' | 'dataDir'>): Uint8Array {
  if (configured !== undefined && configured !== '') return secretsIn(configured, 'JWT_SECRET_KEY')[0];
  const file = secretFile(dataDir);
  try {
    const kept = read(file);
    if (kept) return kept[0];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
  throw new Error(
    `The server's secret cannot be read: JWT_SECRET_KEY is not set here, and ${file} cannot be opened. Run this as the server's user, with the server's environment (DATA_DIR or JWT_SECRET_KEY)`,
  );
}

/**
 * Puts a new secret before the one that the folder keeps, whose tokens stay good; one that is older goes. It counts from the next start
 * of the server. Throws with a sentence where the secret is not kept there.
 */
export function rotateKeptSecret({ configured, dataDir }: Pick<SecretOptions, 'configured' | 'dataDir'>): string {
  const file = secretFile(dataDir);
  if (configured !== undefined && configured !== '')
    throw new Error(
      `The secret is in JWT_SECRET_KEY, which only you can change: set it to a new secret, a comma and the one of now, on every node, and restart them one by one; ${HOW_TO_MAKE_ONE}. Take the old one out when the longest session is over (SESSION_EXPIRE_DAYS)`,
    );
  const kept = read(file);
  if (!kept) throw new Error(`There is no secret to rotate: ${file} does not exist`);
  const { uid, gid } = statSync(file);
  write(file, `${randomBytes(MIN_BYTES).toString('base64url')},${Buffer.from(kept[0]).toString()}`, { uid, gid });
  syncFolder(dataDir);
  return file;
}

function weaknessOf(secret: string): string | undefined {
  if (secret === PUBLISHED) return 'is the published example';
  const bytes = Buffer.byteLength(secret);
  if (bytes < MIN_BYTES) return `has only ${bytes} bytes`;
  return isMadeUp(secret)
    ? 'is long but can be guessed: it has few different characters, repeats itself, counts up, or says that it is to be changed'
    : undefined;
}

/** Of random bytes in any common encoding, fewer than one in a billion is classified as guessable. */
function isMadeUp(secret: string): boolean {
  if (/change.?(me|this|in.?production)|your.?(jwt.?)?secret|password|passwort|example|qwerty/i.test(secret))
    return true;
  // 32 random hexadecimal digits have 14 different ones, and hardly ever under 9; 40 decimal ones have 10, and hardly ever under 8.
  if (new Set(secret).size < 7) return true;
  // A text that repeats one piece at least twice, of whatever length.
  for (let period = 1; period <= secret.length / 2; period += 1)
    if (secret.startsWith(secret.slice(period))) return true;
  const steps = Array.from(secret.slice(1), (character, at) => character.charCodeAt(0) - secret.charCodeAt(at));
  return steps.filter((step) => Math.abs(step) <= 1).length > steps.length * 0.7;
}

/** The secret in this data folder, or a new one that is stored there, so that tokens stay valid after a restart. */
function keptSecret(dataDir: string): Secret {
  const file = secretFile(dataDir);
  try {
    const kept = read(file);
    if (kept !== undefined) {
      const [secret, older] = kept;
      return {
        secret,
        older,
        notices: [`JWT_SECRET_KEY is not set: the secret in ${file} is used`, ...exposure(file)],
      };
    }
    const made = randomBytes(MIN_BYTES).toString('base64url');
    mkdirSync(dataDir, { recursive: true });
    write(file, made);
    syncFolder(dataDir);
    return {
      secret: Buffer.from(made),
      older: [],
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

const secretFile = (dataDir: string): string => join(dataDir, 'jwt-secret');

function read(file: string): [Uint8Array, Uint8Array[]] | undefined {
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
  return secretsIn(text, file);
}

/** Writes the file atomically: after a crash it is complete or absent. */
function write(file: string, text: string, owner?: { readonly uid: number; readonly gid: number }): void {
  const unfinished = `${file}.new`;
  rmSync(unfinished, { force: true });
  const descriptor = openSync(unfinished, 'wx', 0o600);
  try {
    writeFileSync(descriptor, text);
    // Run by root, it must stay the server's.
    if (owner) fchownSync(descriptor, owner.uid, owner.gid);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(unfinished, file);
}

/** Syncs the folder, so that a renamed file survives a power failure. Windows does not support this and does not need it. */
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
