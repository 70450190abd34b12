/**
 * Tokens of `npm run admin`, valid for one minute. Anyone who can read the server's secret can sign one and is treated as the server's
 * operator. Their `aud` claim differs from that of users' tokens, so one kind is not accepted as the other.
 */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { SYSTEM_ID } from '../domain/authorization.js';
import { ALGORITHM, signedPayload } from './hs256.js';

const AUDIENCE = 'alarm-server/admin';

/** Lifetime of a token, in seconds. A longer one is rejected. */
const LIFE_S = 60;

/** Our tokens have about 200 characters; longer input is not parsed. */
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

/** Whether this is such a token, signed with one of the secrets, and not older than a minute. Accepts any text. */
export function isAdminToken(token: string, secrets: readonly Uint8Array[], nowMs: number = Date.now()): boolean {
  if (token.length > MAX_CHARACTERS) return false;
  const claims = Claims.safeParse(signedPayload(token, secrets));
  if (!claims.success) return false;
  const { iat, exp } = claims.data;
  const now = nowMs / 1_000;
  return exp - iat <= LIFE_S && iat - LIFE_S <= now && now < exp;
}
