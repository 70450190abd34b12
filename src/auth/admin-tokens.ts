/**
 * Tokens of `npm run admin`: whoever can read the server's secret signs one, for a minute, and is believed to be the server's own
 * operator. Their audience is another than that of users' tokens, so neither is ever taken for the other.
 */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { SYSTEM_ID } from '../domain/authorization.js';
import { ALGORITHM, signedPayload } from './hs256.js';

const AUDIENCE = 'alarm-server/admin';

/** Life of a token, in seconds: the longest that is taken. */
const LIFE_S = 60;

/** Ours have about 200 characters; what is longer than this is not parsed at all. */
const MAX_CHARACTERS = 1_024;

/** Times in Unix seconds. */
const Claims = z.object({ aud: z.literal(AUDIENCE), sub: z.literal(SYSTEM_ID), iat: z.int(), exp: z.int() });

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** `nowMs`: milliseconds since 1970. */
export function issueAdminToken(secret: Uint8Array, nowMs: number = Date.now()): string {
  const iat = Math.floor(nowMs / 1_000);
  const claims: z.infer<typeof Claims> = { aud: AUDIENCE, sub: SYSTEM_ID, iat, exp: iat + LIFE_S };
  const content = `${encoded({ alg: ALGORITHM, typ: 'JWT' })}.${encoded(claims)}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}

/** Whether this is such a token, signed with one of the secrets, and not older than a minute. Takes whatever a client sent. */
export function isAdminToken(token: string, secrets: readonly Uint8Array[], nowMs: number = Date.now()): boolean {
  if (token.length > MAX_CHARACTERS) return false;
  const claims = Claims.safeParse(signedPayload(token, secrets));
  if (!claims.success) return false;
  const { iat, exp } = claims.data;
  const now = nowMs / 1_000;
  return exp - iat <= LIFE_S && iat - LIFE_S <= now && now < exp;
}
