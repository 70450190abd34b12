/**
 * Endpoints under /audit: for auditors. To everybody else who is logged in there is nothing at these paths. They are within the reads that a
 * user may make.
 */
import type { ReadBudget } from '../net/read-budget.js';
import type { LiveState } from '../projections/live-state.js';
import { type Authenticate, authenticated, type Identity } from './authentication.js';
import type { OnDeniedRead } from './denied-reads.js';
import type { Endpoint, EndpointDescription, HttpRequest, Reply } from './endpoint.js';
import { metered } from './metered.js';
import { nothingHere } from './problems.js';

export interface AuditorsOptions {
  readonly authenticate: Authenticate;
  readonly live: LiveState;
  readonly reads: ReadBudget;
  /** Told of those who are no auditors. */
  readonly onDenied?: OnDeniedRead;
}

export type AuditHandle = (request: HttpRequest, who: Identity) => Reply | Promise<Reply>;

export function auditing(
  { authenticate, live, reads, onDenied }: AuditorsOptions,
  path: string,
  describe: Omit<EndpointDescription, 'tag' | 'authenticated'>,
  handle: AuditHandle,
): Endpoint {
  const counted = metered(reads, (request: HttpRequest, who: Identity) => request.queryProblem ?? handle(request, who));
  return {
    method: 'GET',
    path,
    judgesQuery: true,
    describe: {
      tag: 'audit',
      authenticated: true,
      ...describe,
      problems: ['not_found', 'rate_limited', ...(describe.problems ?? [])],
    },
    handle: authenticated(authenticate, (request, who) => {
      const { userId } = who;
      if (live.roles.of(userId).has('auditor')) return counted(request, who);
      onDenied?.({ userId, what: describe.id, about: request.params, code: 'not_found', rule: 'EVID-6' });
      return nothingHere();
    }),
  };
}
