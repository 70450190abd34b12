/**
 * Access tokens: JWTs signed with HS256. Other claims are ignored, and no other algorithm is accepted.
 *
 * They are checked synchronously, not by jose, which passes each check to libuv's four threads: there it would wait for password
 * hashes, and a socket could be upgraded only in a later iteration of the event loop (see gateway/gateway.ts).
 *
 * Valid tokens are cached: a client reconnects with the token it had, and when all clients reconnect at once, checking signatures
 * would be a third of the work of a handshake.
 */
import { SignJWT } from 'jose';
import { z } from 'zod';
import { ALGORITHM, signedPayload } from './hs256.js';

const ISSUER = 'alarm-server';
const AUDIENCE = 'alarm-server';

/** Our tokens have about 400 characters; longer input is not parsed. */
const MAX_CHARACTERS = 4_096;

/** Maximum number of cached tokens: about 1 KB each. */
const REMEMBERED = 10_000;

/** Times are Unix seconds (RFC 7519's NumericDate). */
const Claims = z.object({
  iss: z.literal(ISSUER),
  aud: z.literal(AUDIENCE),
  sub: z.string().min(1),
  sid: z.string().min(1),
  iat: z.int(),
  exp: z.int(),
  auth_time: z.int(),
  /** Absent in tokens from versions without password changes: the first credential of a user is 0. */
  credential: z.int().min(0).default(0),
  nbf: z.int().optional(),
});

export interface TokenSubject {
  readonly userId: string;
  /** One login is one session; a token that was refreshed from another token belongs to the same session. */
  readonly sessionId: string;
  /** When the user gave the password, in Unix seconds. */
  readonly authTime: number;
  /** Revision of the credential that the password was checked against: a password change ends the sessions of older credentials. */
  readonly credential: number;
}

/** `issuedAt` and `expiresAt` in Unix seconds. */
type ValidToken = { readonly kind: 'valid'; readonly issuedAt: number; readonly expiresAt: number } & TokenSubject;

export type VerifiedToken =
  | ValidToken
  /** `expired`: it was valid before; `invalid`: everything else, without details. */
  | { readonly kind: 'refused'; readonly reason: 'expired' | 'invalid' };

export interface Tokens {
  /** The token expires with its session at the latest. */
  issue(subject: TokenSubject): Promise<string>;
  /** The absolute end of a session that started at `authTime`: both in Unix seconds. */
  sessionEnd(authTime: number): number;
  /** Accepts any text. A token expires exactly at its `exp`, without tolerance: the clocks of nodes must be synchronized. */
  verify(token: string): VerifiedToken;
}

const INVALID: VerifiedToken = { kind: 'refused', reason: 'invalid' };
const EXPIRED: VerifiedToken = { kind: 'refused', reason: 'expired' };

/** A token with our signature. `notBefore` in Unix seconds. */
interface Signed {
  readonly valid: ValidToken;
  readonly notBefore: number;
}

export interface TokensOptions {
  /** Signing key, not empty: see `resolveSecret`. */
  readonly secret: Uint8Array;
  /** Previous keys, whose signatures are still accepted. */
  readonly olderSecrets?: readonly Uint8Array[];
  /** Lifetime of a token, in minutes. */
  readonly expireMinutes: number;
  /** Lifetime of a session, in days. */
  readonly sessionDays: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export function createTokens({
  secret,
  olderSecrets = [],
  expireMinutes,
  sessionDays,
  now = Date.now,
}: TokensOptions): Tokens {
  const secrets = [secret, ...olderSecrets];
  const sessionEnd = (authTime: number): number => authTime + Math.round(sessionDays * 86_400);
  /** Claims by token, the oldest entry first. Only tokens signed with these keys are cached, so clients cannot fill it with their own. */
  const signed = new Map<string, Signed>();

  /** The token's claims, also if it has expired; undefined if none of these keys has signed it or its form is wrong. */
  const read = (token: string): Signed | undefined => {
    const known = signed.get(token);
    if (known) return known;
    const claims = Claims.safeParse(signedPayload(token, secrets));
    if (!claims.success) return undefined;
    const { sub, sid, iat, exp, auth_time, credential, nbf = 0 } = claims.data;
    const read: Signed = {
      valid: {
        kind: 'valid',
        userId: sub,
        sessionId: sid,
        issuedAt: iat,
        expiresAt: exp,
        authTime: auth_time,
        credential,
      },
      notBefore: nbf,
    };
    if (signed.size >= REMEMBERED) {
      const [oldest] = signed.keys();
      if (oldest !== undefined) signed.delete(oldest);
    }
    signed.set(token, read);
    return read;
  };

  return {
    sessionEnd,

    async issue({ userId, sessionId, authTime, credential }) {
      const issuedAt = Math.floor(now() / 1_000);
      return new SignJWT({ sid: sessionId, auth_time: authTime, credential })
        .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(userId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(Math.min(issuedAt + Math.round(expireMinutes * 60), sessionEnd(authTime)))
        .sign(secret);
    },

    verify(token) {
      if (token.length > MAX_CHARACTERS) return INVALID;
      const known = read(token);
      if (!known) return INVALID;
      const second = Math.floor(now() / 1_000);
      if (second >= known.valid.expiresAt) return EXPIRED;
      return second < known.notBefore ? INVALID : known.valid;
    },
  };
}
