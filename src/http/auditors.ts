/**
 * Endpoints under /audit: for auditors. To everybody else who is logged in there is nothing at these paths. They are within the reads that a
 * user may make.
 */
import type { ReadBudget } from '../net/read-budget.js';
import type { LiveState } from '../projections/live-state.js';
import { type Authenticate, authenticated, type Identity } from './authentication.js';
import type { Endpoint, EndpointDescription, HttpRequest, Reply } from './endpoint.js';
import { metered } from './metered.js';
import { nothingHere } from './problems.js';

export interface AuditorsOptions {
  readonly authenticate: Authenticate;
  readonly live: LiveState;
  readonly reads: ReadBudget;
}

export type AuditHandle = (request: HttpRequest, who: Identity) => Reply | Promise<Reply>;

export function auditing(
  { authenticate, live, reads }: AuditorsOptions,
  path: string,
  describe: Omit<EndpointDescription, 'tag' | 'authenticated'>,
  handle: AuditHandle,
): Endpoint {
  const counted = metered(reads, handle);
  return {
    method: 'GET',
    path,
    describe: {
      tag: 'audit',
      authenticated: true,
      ...describe,
      problems: ['not_found', 'rate_limited', ...(describe.problems ?? [])],
    },
    handle: authenticated(authenticate, (request, who) =>
      live.roles.of(who.userId).has('auditor') ? counted(request, who) : nothingHere(),
    ),
  };
}
