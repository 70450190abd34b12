/** Reads of pages, alarms and groups, limited to what the user may see. Answered from memory. */
import { z } from 'zod';
import { maySeeGrants, roleIn } from '../domain/authorization.js';
import type { LivePage } from '../domain/page.js';
import { notFound } from '../domain/refusals.js';
import type { EventLog } from '../log/event-log.js';
import { bearerToken } from '../net/bearer.js';
import type { ReadBudget } from '../net/read-budget.js';
import { type AsOf, AsOfResolver } from '../projections/as-of.js';
import { POSITION_WAIT_MS } from '../projections/position-waiters.js';
import type { Projection } from '../projections/projection.js';
import { AlarmView, alarmJson, GrantView, GroupView, groupView, PageView, pageJson } from '../protocol/views.js';
import { AsOfView, AtQuery, askedAsOf, isReply } from './as-of.js';
import { type Authenticate, authenticated, type Identity, tokenScope } from './authentication.js';
import { type Endpoint, type EndpointDescription, type HttpRequest, json, type Reply } from './endpoint.js';
import { bytesOfReply, tooManyReads } from './metered.js';
import { alarmThen, pageThen, sharesThen } from './page-then.js';
import { problem, refused, validationFailed } from './problems.js';

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
};

/** `then`: of a read with `at=`, the event up to which it is answered. */
export type ReadHandle = (request: HttpRequest, identity: Identity, then: AsOf | undefined) => Reply;

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
  } = describe;
  return {
    method: 'GET',
    path,
    describe: {
      tag,
      id,
      summary,
      authenticated: true,
      query: query.extend({ ...MinPosition.shape, ...(asOf ? AtQuery.shape : {}) }),
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
        const problem = await notReady(options, request, fromTables);
        if (problem) {
          reads.spend(userId, 0, bytesOfReply(problem));
          return problem;
        }
        const then = asOf ? await askedAsOf(options.asOf, request) : undefined;
        if (then && isReply(then)) {
          reads.spend(userId, 0, bytesOfReply(then));
          return then;
        }
        await reads.whenAllowed();
        const startedAt = performance.now();
        let bytes = 0;
        try {
          const reply = checkedAgain(options, request, identity, () => handle(request, identity, then));
          bytes = bytesOfReply(reply);
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

export function readEndpoints({
  log,
  ...parts
}: ReadOptions & { readonly log: Pick<EventLog, 'subscribe'> }): Endpoint[] {
  const { projection } = parts;
  const options = { ...parts, asOf: new AsOfResolver(projection, log) };
  const { live } = projection;
  const viewOf = (page: LivePage, userId: string): string => pageJson(page, page.seq, live.heldOn(page, userId).right);

  return [
    reading(
      options,
      '/pages',
      { tag: 'pages', id: 'list_pages', summary: 'The pages you may see.', schema: z.array(PageView) },
      (_request, { userId, program }) =>
        json(
          200,
          `[${live
            .pagesVisibleTo(userId)
            .filter(({ id }) => program?.pages?.has(id) !== false)
            .map((page) => viewOf(page, userId))
            .join(',')}]`,
        ),
    ),
    reading(
      options,
      '/pages/{page_id}',
      {
        tag: 'pages',
        id: 'get_page',
        summary: 'A page with its alarms.',
        schema: z.object({ page: PageView, alarms: z.array(AlarmView), as_of: AsOfView.optional() }),
        problems: ['not_found'],
        asOf: true,
      },
      ({ params }, identity, then) => {
        const page = visiblePage(projection, params['page_id'], identity);
        if (!page) return refused(notFound('page'));
        if (then) return pageThen(projection, page.id, identity.userId, then);
        return json(200, [
          `{"page":${viewOf(page, identity.userId)},"alarms":[`,
          ...projection.pageStates.alarmsJson(page),
          ']}',
        ]);
      },
    ),
    reading(
      options,
      '/pages/{page_id}/shares',
      {
        tag: 'pages',
        id: 'list_page_shares',
        summary: 'What was granted on a page; its owner only.',
        schema: z.union([z.array(GrantView), z.object({ shares: z.array(GrantView), as_of: AsOfView })]),
        problems: ['permission_denied', 'not_found'],
        asOf: true,
      },
      ({ params }, identity, then) => {
        const page = visiblePage(projection, params['page_id'], identity);
        if (!page) return refused(notFound('page'));
        if (!maySeeGrants(page, identity.userId))
          return refused({
            code: 'permission_denied',
            message: 'Permission denied: only the owner of this page can see its shares',
          });
        if (then) return sharesThen(projection, page.id, then);
        const grants = (['user', 'group'] as const).flatMap((subject_type) =>
          Array.from(page.grants[subject_type], ([subject_id, grant]) => ({
            page_id: page.id,
            subject_type,
            subject_id,
            ...grant,
          })),
        );
        return json(200, JSON.stringify(grants satisfies GrantView[]));
      },
    ),
    reading(
      options,
      '/alarms/{alarm_id}',
      {
        tag: 'alarms',
        id: 'get_alarm',
        summary: 'An alarm as it stands.',
        schema: AlarmView.extend({ as_of: AsOfView.optional() }),
        problems: ['not_found'],
        asOf: true,
      },
      ({ params }, identity, then) => {
        const id = params['alarm_id']!;
        if (then) {
          // A deleted alarm was there then.
          const page =
            visiblePage(projection, live.pageOfAlarm(id)?.id, identity) ??
            visiblePage(projection, projection.history.pageOfAlarm(id), identity);
          return page ? alarmThen(projection, page.id, id, then) : refused(notFound('alarm'));
        }
        const alarm = visiblePage(projection, live.pageOfAlarm(id)?.id, identity)?.alarms.get(id);
        return alarm ? json(200, alarmJson(alarm)) : refused(notFound('alarm'));
      },
    ),
    reading(
      options,
      '/groups',
      {
        tag: 'groups',
        id: 'list_groups',
        summary: 'The groups you are in or own.',
        schema: z.array(GroupView),
        beyondPages: true,
      },
      (_request, { userId }) => {
        const ids = new Set([...live.groupsOwnedBy(userId), ...live.groupsOf(userId)]);
        return json(
          200,
          JSON.stringify(Array.from(ids, (id) => groupView(live.groups.get(id)!, (userId) => live.usernameOf(userId)))),
        );
      },
    ),
    reading(
      options,
      '/groups/{group_id}',
      {
        tag: 'groups',
        id: 'get_group',
        summary: 'A group and its members; they only.',
        schema: GroupView,
        beyondPages: true,
        problems: ['not_found'],
      },
      ({ params }, { userId }) => {
        const group = live.groups.get(params['group_id']!);
        return group && roleIn(group, userId) !== undefined
          ? json(200, JSON.stringify(groupView(group, (userId) => live.usernameOf(userId))))
          : refused(notFound('group'));
      },
    ),
  ];
}
