/**
 * Authenticates requests: the user of the bearer token. What a program's access token may be used for is checked here too: a path that
 * names no ability takes the token of a login only.
 */
import type { AccessToken } from '../domain/access-tokens.js';
import type { Ability } from '../domain/fields.js';
import { refuse } from '../domain/refusals.js';
import { LogUnavailable } from '../log/event-log.js';
import { bearerToken } from '../net/bearer.js';
import type { HttpRequest, Reply } from './endpoint.js';
import { storeUnavailable } from './login-answers.js';
import { problem, refused } from './problems.js';

export interface Identity {
  readonly userId: string;
  readonly sessionId: string;
  /** The access token, if the request is a program's. */
  readonly program?: AccessToken;
}

/** The identity of a token; undefined if it is invalid or has ended. */
export interface Authenticate<Who extends Identity = Identity> {
  (token: string): Who | undefined;
  /** Has to be awaited before a token is first checked. Undefined if nothing has to be read. Rejects with LogUnavailable. */
  prepare?(token: string): Promise<void> | undefined;
}

/** A handler that runs only for requests with a valid token. `ability`: what a program's token needs for it; without it no program is let in. */
export function authenticated<Who extends Identity>(
  authenticate: Authenticate<Who>,
  handle: (request: HttpRequest, identity: Who) => Reply | Promise<Reply>,
  ability?: Ability,
): (request: HttpRequest) => Promise<Reply> {
  return async (request) => {
    const token = bearerToken(request.headers.authorization);
    if (token === undefined) return tokenMissing();
    const unread = await prepared(authenticate, token);
    if (unread) return unread;
    const identity = authenticate(token);
    if (!identity) return tokenRefused();
    return outsideScope(identity.program, ability) ?? handle(request, identity);
  };
}

async function prepared({ prepare }: Authenticate, token: string): Promise<Reply | undefined> {
  try {
    await prepare?.(token);
    return undefined;
  } catch (error) {
    if (error instanceof LogUnavailable)
      return storeUnavailable('the access token cannot be checked; try again in a moment');
    throw error;
  }
}

/** Why this program may not do what needs `ability`; undefined if it may, or if there is no program. */
export function outsideScope(program: AccessToken | undefined, ability: Ability | undefined): Reply | undefined {
  if (!program || (ability !== undefined && program.can.has(ability))) return undefined;
  return tokenScope(
    ability === undefined
      ? 'This path takes the token of a login, no access token of a program'
      : `This access token may ${[...program.can].join(' and ')} only: make one with "can": ["${ability}"]`,
  );
}

export const tokenScope = (detail: string): Reply => refused(refuse('token_scope', detail));

export const tokenMissing = (): Reply =>
  problem('unauthorized', 'Not authenticated: send Authorization: Bearer <token>, with a token from POST /login');

export const tokenRefused = (): Reply => ({
  ...problem('unauthorized', 'The token is not valid or has expired: log in again'),
  logged: { message: 'token refused', fromAnybody: true },
});
