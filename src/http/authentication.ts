/** Authenticates requests: the user of the bearer token. */
import { bearerToken } from '../net/bearer.js';
import type { HttpRequest, Reply } from './endpoint.js';
import { problem } from './problems.js';

export interface Identity {
  readonly userId: string;
  readonly sessionId: string;
}

/** The identity of a token; undefined if it is invalid or has ended. */
export type Authenticate<Who extends Identity = Identity> = (token: string) => Who | undefined;

/** A handler that runs only for requests with a valid token. */
export function authenticated<Who extends Identity>(
  authenticate: Authenticate<Who>,
  handle: (request: HttpRequest, identity: Who) => Reply | Promise<Reply>,
): (request: HttpRequest) => Promise<Reply> {
  return async (request) => {
    const token = bearerToken(request.headers.authorization);
    if (token === undefined) return tokenMissing();
    const identity = authenticate(token);
    return identity ? handle(request, identity) : tokenRefused();
  };
}

export const tokenMissing = (): Reply =>
  problem('unauthorized', 'Not authenticated: send Authorization: Bearer <token>, with a token from POST /login');

export const tokenRefused = (): Reply => ({
  ...problem('unauthorized', 'The token is not valid or has expired: log in again'),
  logged: { message: 'token refused', fromAnybody: true },
});
