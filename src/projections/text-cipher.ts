/** Encrypts free text with a key of its author: AES-256-GCM, a random nonce for each text. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { partsOf, type Sealed, sealedText, type TextKeyId } from '../domain/free-text.js';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

export interface TextKey extends TextKeyId {
  readonly secret: Buffer;
}

/** A new secret, base64. */
export const newSecret = (): string => randomBytes(KEY_BYTES).toString('base64');

/** Authenticated with the text, so that a box under another author's name does not open. */
const nameOf = ({ userId, key }: TextKeyId): Buffer => Buffer.from(`${userId}.${key}`);

export function seal(key: TextKey, text: string): Sealed {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key.secret, nonce).setAAD(nameOf(key));
  const box = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return sealedText({ userId: key.userId, key: key.key, box: box.toString('base64url') });
}

/** Null if it is not a text that this key opens. */
export function open(key: TextKey, sealed: string): string | null {
  const parts = partsOf(sealed);
  if (!parts) return null;
  const box = Buffer.from(parts.box, 'base64url');
  if (box.length < NONCE_BYTES + TAG_BYTES) return null;
  try {
    const decipher = createDecipheriv(ALGORITHM, key.secret, box.subarray(0, NONCE_BYTES))
      .setAAD(nameOf(parts))
      .setAuthTag(box.subarray(-TAG_BYTES));
    const text = [decipher.update(box.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
    return Buffer.concat(text).toString('utf8');
  } catch {
    return null;
  }
}

/** A fingerprint that tells nobody what the text was once the key is gone. */
export const fingerprint = ({ secret }: TextKey, text: string): string =>
  createHmac('sha256', secret).update(text, 'utf8').digest('base64url');
