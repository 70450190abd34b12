/**
 * Endpoints under /admin: for operators and for `npm run admin`. To everybody else who is logged in there is nothing at these paths.
 * They are within the reads that a user may make, and take no Idempotency-Key.
 */
import type { Administrator } from '../auth/account-events.js';
import { SYSTEM_ID } from '../domain/authorization.js';
import { refuse } from '../domain/refusals.js';
import { bearerToken } from '../net/bearer.js';
import type { ReadBudget } from '../net/read-budget.js';
import { tokenMissing, tokenRefused, tokenScope } from './authentication.js';
import type { Endpoint, EndpointDescription, HttpRequest, Method, Reply } from './endpoint.js';
import { metered } from './metered.js';
import { nothingHere, problem, refused } from './problems.js';

/** Who a token stands for: one who may administer, a `program`, `somebody` else, or nobody (undefined). */
export type AuthenticateAdministrator = (token: string) => Administrator | 'program' | 'somebody' | undefined;

export interface AdministratorsOptions {
  readonly authenticateAdministrator: AuthenticateAdministrator;
  /** Told of those who may not administer. */
  readonly onNobody?: (token: string, what: string, request: HttpRequest) => void;
  readonly reads: ReadBudget;
}

export type AdminHandle = (request: HttpRequest, who: Administrator) => Reply | Promise<Reply>;

/** Whose reads the request counts among. */
interface Counted {
  readonly userId: string;
  readonly who: Administrator;
}

type AdminDescription = Omit<EndpointDescription, 'tag' | 'authenticated'>;

/** The problem with an Idempotency-Key where none is taken; undefined if none was sent. */
export const keyNotTaken = ({ headers, hasEmptyKey }: HttpRequest): Reply | undefined =>
  headers['idempotency-key'] !== '' || hasEmptyKey
    ? problem('invalid_request', 'This path takes no Idempotency-Key: send it without one')
    : undefined;

export function administrating(
  { authenticateAdministrator, reads, onNobody }: AdministratorsOptions,
  method: Method,
  path: string,
  describe: AdminDescription,
  handle: AdminHandle,
): Endpoint {
  const counted = metered(reads, (request, { who }: Counted) => request.queryProblem ?? handle(request, who));
  return {
    method,
    path,
    judgesQuery: true,
    describe: {
      tag: 'administration',
      authenticated: true,
      ...describe,
      problems: [
        'invalid_request',
        'not_found',
        'rate_limited',
        ...(method === 'GET' ? [] : (['store_full', 'store_unavailable'] as const)),
        ...(describe.problems ?? []),
      ],
    },
    handle: async (request) => {
      const token = bearerToken(request.headers.authorization);
      if (token === undefined) return tokenMissing();
      const who = authenticateAdministrator(token);
      if (who === undefined) return tokenRefused();
      if (who === 'program') return tokenScope('Nothing under /admin takes an access token of a program: log in');
      if (who === 'somebody') {
        onNobody?.(token, describe.id, request);
        return nothingHere();
      }
      return keyNotTaken(request) ?? counted(request, { who, userId: who.by });
    },
  };
}

/** For `npm run admin` alone: an operator is told so. */
export const onTheMachine =
  (what: string, handle: AdminHandle): AdminHandle =>
  (request, who) =>
    who.by === SYSTEM_ID
      ? handle(request, who)
      : refused(
          refuse('permission_denied', `Permission denied: ${what} by npm run admin on the server's machine alone`),
        );
