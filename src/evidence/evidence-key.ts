/** The private key that checkpoints are signed with: Ed25519 in PEM (PKCS #8), in the data folder or where EVIDENCE_KEY_FILE says. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface EvidenceKeyOptions {
  /** EVIDENCE_KEY_FILE; undefined if it is not set. */
  readonly given: string | undefined;
  /** Whether other nodes serve the same log: then a key must be given, the same to all. */
  readonly isShared: boolean;
  readonly dataDir: string;
}

export interface EvidenceKey {
  /** Undefined: nothing is signed. */
  readonly key: KeyObject | undefined;
  readonly notices: readonly string[];
}

const MAKE_ONE = 'openssl genpkey -algorithm ed25519 -out FILE';

export const evidenceKeyFile = (dataDir: string): string => join(dataDir, 'evidence-key');

/** Throws with a sentence, without the key, if the key that should be there cannot be used. */
export function resolveEvidenceKey({ given, isShared, dataDir }: EvidenceKeyOptions): EvidenceKey {
  const file = given ?? evidenceKeyFile(dataDir);
  const found = readKey(file);
  if (found) return { key: found, notices: exposure(file) };
  if (given !== undefined) throw new Error(`EVIDENCE_KEY_FILE: there is no such file; make one with: ${MAKE_ONE}`);
  if (isShared)
    return {
      key: undefined,
      notices: [
        `The evidence is not signed: with EVENT_STORE, set EVIDENCE_KEY_FILE to the same key on every node; make one with: ${MAKE_ONE}`,
      ],
    };
  const { privateKey } = generateKeyPairSync('ed25519');
  writeKey(file, dataDir, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  return { key: privateKey, notices: [] };
}

/** The key in a file; undefined if there is no such file. Throws with a sentence if it holds no such key. */
export function readKey(file: string): KeyObject | undefined {
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new Error(`The key of the evidence in ${file} cannot be read (${code})`);
  }
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    // The library's message may repeat a part of the content.
  }
  if (key?.asymmetricKeyType !== 'ed25519')
    throw new Error(
      `${file} holds no private key of Ed25519 in PEM. Put it back from a backup; or remove it: then a new key is made, with which earlier checkpoints do not verify. A key is made with: ${MAKE_ONE}`,
    );
  return key;
}

/** After a crash the file is complete or absent. */
function writeKey(file: string, folder: string, pem: string): void {
  const unfinished = `${file}.new`;
  rmSync(unfinished, { force: true });
  const descriptor = openSync(unfinished, 'wx', 0o600);
  try {
    writeFileSync(descriptor, pem);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(unfinished, file);
  if (process.platform === 'win32') return;
  const parent = openSync(folder, 'r');
  try {
    fsyncSync(parent);
  } finally {
    closeSync(parent);
  }
}

const exposure = (file: string): string[] =>
  process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0
    ? [`${file} can be read by other users of this machine: chmod 600 it`]
    : [];
