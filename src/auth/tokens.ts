/**
 * Access tokens: JWTs signed with HS256. What else a token may claim or be signed with is never looked at.
 *
 * They are checked at once, not by jose, which hands each check to libuv's four threads: there it would wait behind the hashing of
 * passwords, and a socket could be upgraded only in a later turn of the event loop (see gateway/gateway.ts).
 *
 * A token that was found good is remembered: a client comes back with the one it had, and when all come back at once, signatures
 * would be a third of the work of a handshake.
 */
import { SignJWT } from 'jose';
import { z } from 'zod';
import { ALGORITHM, signedPayload } from './hs256.js';

const ISSUER = 'alarm-server';
const AUDIENCE = 'alarm-server';

/** Ours have about 400 characters; what is longer than this is not parsed at all. */
const MAX_CHARACTERS = 4_096;

/** Good tokens that are remembered: some 1 KB each. */
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
  /** Tokens of before there were changes of passwords do not have it: the first credential of a user is 0. */
  credential: z.int().min(0).default(0),
  nbf: z.int().optional(),
});

export interface TokenSubject {
  readonly userId: string;
  /** One login is one session; a token got from another token stays in its session. */
  readonly sessionId: string;
  /** When the session's password was given, in Unix seconds. */
  readonly authTime: number;
  /** Revision of the credential that it was checked against: a changed password voids the sessions of older ones. */
  readonly credential: number;
}

/** `issuedAt` and `expiresAt` in Unix seconds. */
type ValidToken = { readonly kind: 'valid'; readonly issuedAt: number; readonly expiresAt: number } & TokenSubject;

export type VerifiedToken =
  | ValidToken
  /** `expired`: it was once valid; `invalid`: everything else, and no more is said. */
  | { readonly kind: 'refused'; readonly reason: 'expired' | 'invalid' };

export interface Tokens {
  /** The token ends with its session, if not before. */
  issue(subject: TokenSubject): Promise<string>;
  /** The absolute end of a session that began at `authTime`: both in Unix seconds. */
  sessionEnd(authTime: number): number;
  /** Takes whatever a client sent. A token ends at its `exp` to the second, without tolerance: nodes need clocks that agree. */
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
  /** Key of the signatures, not empty: see `resolveSecret`. */
  readonly secret: Uint8Array;
  /** Keys of before, whose signatures are still good. */
  readonly olderSecrets?: readonly Uint8Array[];
  /** Life of a token, in minutes. */
  readonly expireMinutes: number;
  /** Life of a session, in days. */
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
  /** By token, those remembered longest first. Only what these keys have signed gets in here, so nobody can fill it with his own. */
  const signed = new Map<string, Signed>();

  /** What the token says, whatever the time; undefined if none of these keys has signed it, or not as ours are. */
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
