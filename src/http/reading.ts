/**
 * A read: authenticated, within its user's budget, judged when it is answered. What it has waited for it may see; what it refuses for want of a
 * right is recorded.
 */
import { z } from 'zod';
import type { LivePage } from '../domain/page.js';
import { bearerToken } from '../net/bearer.js';
import type { ReadBudget } from '../net/read-budget.js';
import type { AsOf, AsOfResolver, LogSpan } from '../projections/as-of.js';
import { POSITION_WAIT_MS } from '../projections/position-waiters.js';
import type { Projection } from '../projections/projection.js';
import { AtQuery, askedAsOf, askedSpan, isReply, WindowQuery } from './as-of.js';
import { type Authenticate, authenticated, type Identity, tokenScope } from './authentication.js';
import { noteDenied, type OnDeniedRead } from './denied-reads.js';
import type { Endpoint, EndpointDescription, HttpRequest, Reply } from './endpoint.js';
import { bytesOfReply, tooManyReads } from './metered.js';
import { problem, validationFailed } from './problems.js';

export const MinPosition = z.object({
  min_position: z
    .string()
    .optional()
    .meta({ description: 'A Log-Position: the read waits until it is reached, at most 2 s, then 503.' }),
});

export interface ReadOptions {
  readonly projection: Projection;
  readonly authenticate: Authenticate;
  readonly reads: ReadBudget;
  /** Told of reads that are refused. */
  readonly onDenied?: OnDeniedRead;
  /** Needed by reads that take `at=`. */
  readonly asOf?: AsOfResolver;
}

export type ReadDescription = Pick<EndpointDescription, 'tag' | 'id' | 'summary' | 'query' | 'problems'> & {
  readonly schema: z.ZodType;
  /** It is answered from the tables: it waits until they contain everything that was answered before. */
  readonly fromTables?: boolean;
  /** What it shows belongs to no page: an access token that is limited to pages is refused. */
  readonly beyondPages?: boolean;
  /** It takes `at=`. */
  readonly asOf?: boolean;
  /** It takes `from=` and `to=`. */
  readonly window?: boolean;
};

/** `then`: of a read with `at=`, the event up to which it is answered. `window`: of one with `from=` or `to=`, the events asked for. */
export type ReadHandle = (
  request: HttpRequest,
  identity: Identity,
  then: AsOf | undefined,
  window: LogSpan | undefined,
) => Reply;

/**
 * A read endpoint: authenticated, within the user's read budget, and not before `min_position` has been folded. `handle` runs
 * synchronously after all waits, so the rights it checks are those of the moment of its response. A session that has ended during a
 * wait is refused like any ended session.
 */
export function reading(options: ReadOptions, path: string, describe: ReadDescription, handle: ReadHandle): Endpoint {
  const { authenticate, reads } = options;
  const {
    schema,
    id,
    summary,
    tag,
    query = z.object({}),
    problems = [],
    fromTables = false,
    beyondPages = false,
    asOf = false,
    window = false,
  } = describe;
  return {
    method: 'GET',
    path,
    describe: {
      tag,
      id,
      summary,
      authenticated: true,
      query: query.extend({
        ...MinPosition.shape,
        ...(asOf ? AtQuery.shape : {}),
        ...(window ? WindowQuery.shape : {}),
      }),
      success: { status: 200, description: summary, schema },
      problems: [...problems, 'rate_limited', 'not_caught_up'],
    },
    handle: authenticated(
      authenticate,
      async (request, identity) => {
        const { userId, program } = identity;
        if (beyondPages && program?.pages)
          return tokenScope('This access token is limited to pages: it shows nothing else');
        const waitMs = reads.wait(userId);
        if (waitMs > 0) return tooManyReads(waitMs);
        const spent = (problem: Reply): Reply => {
          reads.spend(userId, 0, bytesOfReply(problem));
          return problem;
        };
        const problem = await notReady(options, request, fromTables);
        if (problem) return spent(problem);
        const then = asOf ? await askedAsOf(options.asOf, request) : undefined;
        const span = window ? await askedSpan(options.asOf, request) : undefined;
        if (then && isReply(then)) return spent(then);
        if (span && isReply(span)) return spent(span);
        await reads.whenAllowed();
        const startedAt = performance.now();
        let bytes = 0;
        try {
          const reply = checkedAgain(options, request, identity, () => handle(request, identity, then, span));
          bytes = bytesOfReply(reply);
          // Then a page or alarm may be missing that the user may see.
          if (!then || !pageOf(options.projection, request, identity))
            noteDenied(options.onDenied, id, request, identity, reply);
          return reply;
        } finally {
          const took = performance.now() - startedAt;
          reads.spend(userId, took, bytes);
          reads.took(took);
        }
      },
      'read',
    ),
  };
}

/** The page that the path names, or whose alarm it names, if the user may see it now. */
const pageOf = (projection: Projection, { params }: HttpRequest, identity: Identity): LivePage | undefined =>
  visiblePage(projection, params['page_id'] ?? projection.live.pageOfAlarm(params['alarm_id'] ?? '')?.id, identity);

/** Waits until the read can see what it has to; returns a problem if it cannot. */
async function notReady(
  { projection }: Pick<ReadOptions, 'projection'>,
  request: HttpRequest,
  fromTables: boolean,
): Promise<Reply | undefined> {
  const position = request.query.get('min_position');
  if (position !== null) {
    if (!/^(0|[1-9]\d{0,38})$/.test(position))
      return validationFailed([{ field: 'min_position', message: 'must be the Log-Position of a response' }]);
    if (!(await projection.reached(position, POSITION_WAIT_MS)))
      return notCaughtUp('This node has not reached that position yet: try again');
  }
  if (fromTables && !(await projection.writer.readable(POSITION_WAIT_MS)))
    return notCaughtUp('The history is still being written: try again');
  return undefined;
}

const notCaughtUp = (message: string): Reply => problem('not_caught_up', message, { retryAfterMs: 1_000 });

/** After the waits: checks the session and the budget again, then reads. */
function checkedAgain(
  { authenticate, reads }: Pick<ReadOptions, 'authenticate' | 'reads'>,
  request: HttpRequest,
  identity: Identity,
  handle: () => Reply,
): Reply {
  if (!authenticate(bearerToken(request.headers.authorization)!))
    return problem('unauthorized', 'The session ended while the read was waiting: log in again');
  const waitMs = reads.wait(identity.userId);
  return waitMs > 0 ? tooManyReads(waitMs) : handle();
}

/** The page, if the user may see it, and the program if it is one. */
export function visiblePage(
  projection: Projection,
  pageId: string | undefined,
  { userId, program }: Identity,
): LivePage | undefined {
  if (pageId === undefined || program?.pages?.has(pageId) === false) return undefined;
  const page = projection.live.pages.get(pageId);
  return page && projection.live.heldOn(page, userId).right !== 'none' ? page : undefined;
}
