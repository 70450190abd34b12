/** Signed notes (C2SP signed-note) with Ed25519: what is signed, by whom, and the key with which anybody verifies it. */
import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';

/** The signature type of Ed25519. */
const ED25519 = Buffer.of(1);

const SIGNATURE_BYTES = 64;

export interface OpenedNote {
  /** With the line feed at its end. */
  readonly text: string;
  readonly signatures: readonly { readonly name: string; readonly keyHash: string; readonly signature: Buffer }[];
}

const publicOf = (key: KeyObject): KeyObject => (key.type === 'private' ? createPublicKey(key) : key);

/** The last 32 bytes of the SPKI form are the key itself. */
const rawKey = (key: KeyObject): Buffer => publicOf(key).export({ type: 'spki', format: 'der' }).subarray(-32);

/** Identifies a key together with the name that it signs as: four bytes, hex. */
const keyHashOf = (name: string, raw: Buffer): string =>
  hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), ED25519, raw]), 'buffer')
    .subarray(0, 4)
    .toString('hex');

/** `<name>+<hash>+<base64>`, for verifiers. The name has neither spaces nor `+`. */
export function verifierKey(name: string, key: KeyObject): string {
  const raw = rawKey(key);
  return `${name}+${keyHashOf(name, raw)}+${Buffer.concat([ED25519, raw]).toString('base64')}`;
}

/** Signs the text, which ends with a line feed. */
export function signNote(text: string, name: string, key: KeyObject): string {
  const hashBytes = Buffer.from(keyHashOf(name, rawKey(key)), 'hex');
  const signature = sign(null, Buffer.from(text), key);
  return `${text}\n— ${name} ${Buffer.concat([hashBytes, signature]).toString('base64')}\n`;
}

/** The bytes of a text in base64; undefined if they would be written otherwise, so that each text has one form. */
function canonicalBytes(base64: string): Buffer | undefined {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? bytes : undefined;
}

/** The parts of a note; undefined if it is none. Nothing is verified. */
export function parseNote(note: string): OpenedNote | undefined {
  const end = note.lastIndexOf('\n\n');
  if (end === -1 || !note.endsWith('\n')) return undefined;
  const lines = note.slice(end + 2, -1).split('\n');
  const signatures = lines.map((line) => {
    const [, name = '', base64 = ''] = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? [];
    const bytes = canonicalBytes(base64) ?? Buffer.alloc(0);
    return { name, keyHash: bytes.subarray(0, 4).toString('hex'), signature: bytes.subarray(4) };
  });
  if (signatures.some(({ name, signature }) => name === '' || signature.length === 0)) return undefined;
  return { text: note.slice(0, end + 1), signatures };
}

/** Whether the note bears a valid signature of this key under this name. */
export function isSignedBy({ text, signatures }: OpenedNote, name: string, key: KeyObject): boolean {
  const keyHash = keyHashOf(name, rawKey(key));
  const publicKey = publicOf(key);
  return signatures.some(
    (one) =>
      one.name === name &&
      one.keyHash === keyHash &&
      one.signature.length === SIGNATURE_BYTES &&
      verify(null, Buffer.from(text), publicKey, one.signature),
  );
}

/** Tells whether notes name this key as their signer, without verifying them. */
export function namedSigner(key: KeyObject): (note: OpenedNote, name: string) => boolean {
  const raw = rawKey(key);
  const hashes = new Map<string, string>();
  return ({ signatures }, name) => {
    const keyHash = hashes.get(name) ?? keyHashOf(name, raw);
    hashes.set(name, keyHash);
    return signatures.some((one) => one.name === name && one.keyHash === keyHash);
  };
}

/** The name and the key of a verifier key. Throws with a sentence if it is none. */
export function parseVerifierKey(text: string): { readonly name: string; readonly key: KeyObject } {
  const [, name = '', keyHash, base64 = ''] =
    /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text.trim()) ?? [];
  const bytes = canonicalBytes(base64) ?? Buffer.alloc(0);
  const raw = bytes.subarray(1);
  if (bytes[0] !== ED25519[0] || raw.length !== 32 || keyHashOf(name, raw) !== keyHash)
    throw new Error('That is no verifier key: <name>+<hash>+<base64>, of Ed25519, as GET /audit/key answers it');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' });
  return { name, key };
}
