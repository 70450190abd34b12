/** Access tokens: JWTs signed with HS256. What else a token may claim or be signed with is never looked at. */
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';

const ALGORITHM = 'HS256';
const ISSUER = 'alarm-server';
const AUDIENCE = 'alarm-server';

/** Ours have about 400 characters; what is longer than this is not parsed at all. */
const MAX_CHARACTERS = 4_096;

/** All are required, besides issuer and audience: jose itself would take a token without `exp`. Times are Unix seconds (RFC 7519's NumericDate). */
const Claims = z.object({ sub: z.string().min(1), sid: z.string().min(1), iat: z.int(), exp: z.int(), auth_time: z.int() });

export interface TokenSubject {
  readonly userId: string;
  /** One login is one session; a token got from another token stays in its session. */
  readonly sessionId: string;
  /** When the session's password was given, in Unix seconds. */
  readonly authTime: number;
}

export type VerifiedToken =
  /** `issuedAt` and `expiresAt` in Unix seconds. */
  | ({ readonly kind: 'valid'; readonly issuedAt: number; readonly expiresAt: number } & TokenSubject)
  /** `expired`: it was once valid; `invalid`: everything else, and no more is said. */
  | { readonly kind: 'refused'; readonly reason: 'expired' | 'invalid' };

export interface Tokens {
  issue(subject: TokenSubject): Promise<string>;
  /** Takes whatever a client sent. A token ends at its `exp` to the second, without tolerance: nodes need clocks that agree. */
  verify(token: string): Promise<VerifiedToken>;
}

export interface TokensOptions {
  /** Key of the signatures, not empty: see `resolveSecret`. */
  readonly secret: Uint8Array;
  /** Life of a token, in minutes. */
  readonly expireMinutes: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export function createTokens({ secret, expireMinutes, now = Date.now }: TokensOptions): Tokens {
  // Imported once: a check takes about a third less than with the bare bytes.
  const key = crypto.subtle.importKey('raw', Buffer.from(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
  const verifying = { algorithms: [ALGORITHM], issuer: ISSUER, audience: AUDIENCE, clockTolerance: 0 };
  return {
    async issue({ userId, sessionId, authTime }) {
      const issuedAt = Math.floor(now() / 1_000);
      return new SignJWT({ sid: sessionId, auth_time: authTime })
        .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(userId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + expireMinutes * 60)
        .sign(await key);
    },

    async verify(token) {
      if (token.length > MAX_CHARACTERS) return { kind: 'refused', reason: 'invalid' };
      try {
        const { payload } = await jwtVerify(token, await key, { ...verifying, currentDate: new Date(now()) });
        const claims = Claims.safeParse(payload);
        if (!claims.success) return { kind: 'refused', reason: 'invalid' };
        const { sub, sid, iat, exp, auth_time } = claims.data;
        return { kind: 'valid', userId: sub, sessionId: sid, issuedAt: iat, expiresAt: exp, authTime: auth_time };
      } catch (error) {
        if (error instanceof errors.JWTExpired) return { kind: 'refused', reason: 'expired' };
        if (error instanceof errors.JOSEError) return { kind: 'refused', reason: 'invalid' };
        throw error;
      }
    },
  };
}
