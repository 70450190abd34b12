/** Who may use subscriptions over HTTP, and the answers that all their endpoints have in common. */
import type { AccessToken } from '../domain/access-tokens.js';
import { notFound } from '../domain/refusals.js';
import type { DurableSubscription } from '../feeds/durable-subscription.js';
import type { Subscriptions } from '../feeds/subscriptions.js';
import { LogUnavailable } from '../log/event-log.js';
import type { ReadBudget } from '../net/read-budget.js';
import type { EventFeed } from '../projections/event-feed.js';
import { TablesBehind } from '../projections/event-reader.js';
import type { Projection } from '../projections/projection.js';
import { keyNotTaken } from './administrators.js';
import { type Authenticate, authenticated, type Identity, tokenScope } from './authentication.js';
import type { Endpoint, EndpointDescription, HttpRequest, Method, Reply } from './endpoint.js';
import type { LogOfPlaces } from './event-places.js';
import { storeFull, storeUnavailable } from './login-answers.js';
import { metered } from './metered.js';
import { problem, refused } from './problems.js';

export interface SubscriptionEndpointsOptions {
  readonly log: LogOfPlaces;
  readonly subscriptions: Subscriptions;
  readonly projection: Projection;
  readonly feed: EventFeed;
  readonly authenticate: Authenticate;
  readonly reads: ReadBudget;
}

/** An endpoint of subscriptions: for logins and, unless `by` says otherwise, for tokens that may read; metered, without an Idempotency-Key. */
export function subscriptionEndpoint(
  { authenticate, reads }: Pick<SubscriptionEndpointsOptions, 'authenticate' | 'reads'>,
  method: Method,
  path: string,
  describe: Omit<EndpointDescription, 'tag' | 'authenticated'>,
  handle: (request: HttpRequest, identity: Identity) => Promise<Reply>,
  by: 'read' | 'login' = 'read',
): Endpoint {
  return {
    method,
    path,
    describe: {
      tag: 'subscriptions',
      authenticated: true,
      ...describe,
      problems: ['invalid_request', 'rate_limited', 'store_unavailable', ...(describe.problems ?? [])],
    },
    handle: authenticated(
      authenticate,
      metered(reads, async (request, identity: Identity) => {
        try {
          return keyNotTaken(request) ?? (await handle(request, identity));
        } catch (error) {
          if (error instanceof TablesBehind)
            return problem('not_caught_up', 'The history is still being written: try again', { retryAfterMs: 1_000 });
          if (error instanceof LogUnavailable) return storeUnavailable('nothing was changed; try again in a moment');
          throw error;
        }
      }),
      by === 'login' ? undefined : by,
    ),
  };
}

/** Why this token may not use a subscription with this filter; undefined if it may: it sees all that the subscription has. */
export function beyondToken(
  program: AccessToken | undefined,
  { types, pages }: Pick<DurableSubscription, 'types' | 'pages'>,
): Reply | undefined {
  const covers = (limit: ReadonlySet<string> | undefined, wanted: readonly string[] | null): boolean =>
    limit === undefined || (wanted ?? ['']).every((one) => limit.has(one));
  if (!program || (covers(program.pages, pages) && covers(program.types, types))) return undefined;
  return tokenScope(
    'This access token sees less than the subscription has: limit the subscription to its pages and types',
  );
}

export const noSubscription = (): Reply => refused(notFound('subscription'));

/** The reply to a write that was not made, or of which nothing is known. */
export const notWritten = (kind: 'full' | 'unavailable'): Reply =>
  kind === 'full'
    ? storeFull('nothing was changed; try again when there is space')
    : storeUnavailable('whether it was done is not known yet; ask again');
