/** JSON Web Tokens signed with HS256, checked synchronously: the part that all kinds of token share. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

export const ALGORITHM = 'HS256';

const Header = z.object({ alg: z.literal(ALGORITHM), crit: z.undefined().optional() });

/** The payload of a token that one of the secrets has signed, as parsed JSON; undefined for any other text. Its claims are not checked. */
export function signedPayload(token: string, secrets: readonly Uint8Array[]): unknown {
  const [header, payload, signature, ...more] = token.split('.');
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0) return undefined;
  const signed = (secret: Uint8Array): string =>
    createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url');
  if (!secrets.some((secret) => equal(signature, signed(secret)))) return undefined;
  return Header.safeParse(decoded(header)).success ? decoded(payload) : undefined;
}

/** Compares as text, so that a signature has only one encoding, and in constant time. */
export function equal(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The JSON in a part of a token, or undefined if there is none. */
function decoded(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    return undefined;
  }
}
