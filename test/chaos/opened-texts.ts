/** Opens the free text of a log's events, with code of the tests' own: what the server shows is held against it. */
import { createDecipheriv } from 'node:crypto';

/** Keys by `<user id>.<revision>`: base64, or null if destroyed. */
export type KeysOfTexts = ReadonlyMap<string, string | null>;

/** A copy of the value in which each sealed text is what it says, or null without its key. */
export function openedTexts(value: unknown, keys: KeysOfTexts): unknown {
  if (Array.isArray(value)) return value.map((one) => openedTexts(one, keys));
  if (typeof value !== 'object' || value === null) return value;
  const { sealed } = value as { sealed?: unknown };
  if (typeof sealed === 'string') return opened(sealed, keys);
  return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, openedTexts(inner, keys)]));
}

function opened(sealed: string, keys: KeysOfTexts): string | null {
  const [userId = '', revision = '', box = ''] = sealed.split('.');
  const name = `${userId}.${revision}`;
  const key = keys.get(name);
  if (!key) return null;
  const bytes = Buffer.from(box, 'base64url');
  const cipher = createDecipheriv('aes-256-gcm', Buffer.from(key, 'base64'), bytes.subarray(0, 12));
  cipher.setAAD(Buffer.from(name));
  cipher.setAuthTag(bytes.subarray(bytes.length - 16));
  return cipher.update(bytes.subarray(12, bytes.length - 16), undefined, 'utf8') + cipher.final('utf8');
}

/** Ids of the users whose text is in the value. */
export function authorsIn(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return found;
  const { sealed } = value as { sealed?: unknown };
  if (typeof sealed === 'string') found.add(sealed.slice(0, sealed.indexOf('.')));
  else for (const inner of Object.values(value)) authorsIn(inner, found);
  return found;
}
