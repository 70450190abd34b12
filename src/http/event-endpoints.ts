/** GET /events: all events of the pages that the user may see, in log order, in four representations; and the records' schemas. */
import { z } from 'zod';
import type { AccessToken } from '../domain/access-tokens.js';
import { GivenMoment, PageId } from '../domain/fields.js';
import type { EventLog } from '../log/event-log.js';
import { bearerToken } from '../net/bearer.js';
import type { ReadBudget } from '../net/read-budget.js';
import type { EventFeed } from '../projections/event-feed.js';
import { type EventFilter, EventReader } from '../projections/event-reader.js';
import { POSITION_WAIT_MS } from '../projections/position-waiters.js';
import type { Projection } from '../projections/projection.js';
import {
  CloudEvent,
  Cursor,
  EventRecord,
  EventScope,
  MarkLine,
  recordSchemaJson,
  recordTypes,
  ScopeLine,
} from '../protocol/event-records.js';
import { type Authenticate, authenticated, type Identity } from './authentication.js';
import type { Endpoint, HttpRequest, Reply } from './endpoint.js';
import { type Asked, eventsAnswer } from './event-answers.js';
import { placeFrom, placeOf } from './event-places.js';
import { EventTexts, representationOf, representations } from './event-representations.js';
import { integer } from './history-endpoints.js';
import { metered } from './metered.js';
import type { OpenStreams } from './open-streams.js';
import { typeUnknown, validationFailed } from './problems.js';
import { validate } from './request-body.js';

/** Time to look at an event that does not match, in milliseconds; fewer than this many at once are not charged. */
const UNMATCHED_MS = 0.005;
const UNMATCHED_FREE = 200;

/** The longest pause of a stream between its marks, in milliseconds. */
const LONGEST_PAUSE_MS = 1_000;

/** The longest that a request waits for an event, in milliseconds: a little less than the deadline of its answer (30 s). */
export const LONGEST_WAIT_MS = 29_000;

const SCHEMA_MEDIA = 'application/schema+json';

const list = (values: string) =>
  values
    .split(',')
    .map((value) => value.trim())
    .filter((value) => value !== '');

const Query = z.object({
  after: z.string().optional().meta({
    description: '`start`, `now`, or a cursor: events after it are returned. Without it, from the start.',
  }),
  from: GivenMoment.optional().meta({
    description: 'Events from this moment on, which may be in the future; instead of `after`.',
    example: '2026-01-15T10:30:00Z',
  }),
  types: z.string().optional().meta({ description: 'Event types, separated by commas; void events are left out.' }),
  pages: z.string().optional().meta({ description: 'Ids of pages, separated by commas.' }),
  limit: integer(1, 10_000, 1_000).meta({ description: 'Events to return; a stream that goes on has no default.' }),
  wait: integer(0, 30, 0).meta({ description: 'Seconds to wait for an event if there is none.' }),
  follow: z.enum(['0', '1']).optional().meta({ description: '1: the NDJSON goes on with events as they happen.' }),
});

const Events = z
  .object({
    events: z.array(EventRecord),
    next: Cursor,
    caught_up: z.boolean().meta({ description: 'Whether these were all events so far.' }),
    scope: z.array(EventScope).meta({ description: 'How what you may see differs from what you saw at the cursor.' }),
  })
  .meta({ id: 'EventsOfPages' });

export interface EventEndpointsOptions {
  readonly log: Pick<EventLog, 'id' | 'engine' | 'isShared' | 'subscribe'>;
  readonly projection: Projection;
  readonly feed: EventFeed;
  readonly authenticate: Authenticate;
  readonly reads: ReadBudget;
  readonly streams: OpenStreams;
}

export function eventEndpoints(options: EventEndpointsOptions): Endpoint[] {
  const { authenticate, reads, log, streams } = options;
  const texts = new EventTexts(log);
  return [
    {
      method: 'GET',
      path: '/events',
      describe: {
        tag: 'pages',
        id: 'list_events',
        summary: 'All events of the pages you may see, in log order; also as a stream that goes on.',
        authenticated: true,
        query: Query,
        success: { status: 200, description: 'The events.', schema: Events },
        alsoAs: {
          [representations.ndjson]: z.union([EventRecord, MarkLine, ScopeLine]),
          [representations.sse]: z.string().meta({ example: 'id: 6d1c.s7\ndata: {}\n\n' }),
          [representations.cloudEvents]: z.array(CloudEvent),
        },
        problems: ['log_changed', 'rate_limited', 'too_many_streams', 'not_caught_up'],
      },
      handle: authenticated(
        authenticate,
        metered(reads, async (request, identity) => {
          const asked = await understood(options, request, identity);
          if ('status' in asked) return asked;
          const reply = await eventsAnswer(asked, representationOf(request.headers.accept), texts, options.feed);
          return streams.bounded(identity.userId, reply);
        }),
        'read',
      ),
    },
    ...recordTypes.map(
      (type): Endpoint => ({
        method: 'GET',
        path: `/schemas/${type}.json`,
        describe: {
          tag: 'operations',
          id: 'get_schema',
          summary: 'The JSON Schema of the records of one type, with its version.',
          authenticated: false,
          success: {
            status: 200,
            description: 'The schema.',
            mediaType: SCHEMA_MEDIA,
            schema: z.record(z.string(), z.unknown()).meta({ example: { title: 'AlarmTriggered, version 1' } }),
          },
        },
        handle: () => ({
          status: 200,
          headers: { 'Content-Type': SCHEMA_MEDIA },
          body: recordSchemaJson(type) ?? '{}',
        }),
      }),
    ),
  ];
}

async function understood(
  { projection, feed, log, authenticate, reads }: EventEndpointsOptions,
  { query, headers }: HttpRequest,
  { userId, program }: Identity,
): Promise<Asked | Reply> {
  const valid = validate(Query, Object.fromEntries(query));
  if ('problem' in valid) return valid.problem;
  const { limit, wait, follow } = valid.value;
  const as = representationOf(headers.accept);
  const follows = as === 'sse' || (as === 'ndjson' && follow === '1');
  const wanted = filterOf(valid.value);
  if ('status' in wanted) return wanted;
  const filter = program ? within(wanted, program) : wanted;
  await projection.present(POSITION_WAIT_MS);
  const { from, after: given } = valid.value;
  const last = as === 'sse' ? headers['last-event-id'] : '';
  if (from !== undefined && given !== undefined)
    return validationFailed([{ field: 'from', message: 'cannot be combined with after: send one of them' }]);
  const after =
    from !== undefined && last === ''
      ? await placeFrom(new Date(from).toISOString(), projection, log)
      : await placeOf(last || (given ?? 'start'), projection, log);
  if ('status' in after) return after;
  const token = bearerToken(headers.authorization) ?? '';
  return {
    reader: new EventReader({ projection, feed, userId, filter, ...after }),
    limit: follows && !query.has('limit') ? Number.POSITIVE_INFINITY : limit,
    waitMs: Math.min(wait * 1_000, LONGEST_WAIT_MS),
    follows,
    isAllowed: () => authenticate(token) !== undefined,
    charge: chargeTo(reads, userId),
  };
}

/** Charges events that were looked at without a match to the user's reads; returns how long to pause, in milliseconds. */
export const chargeTo =
  (reads: ReadBudget, userId: string) =>
  (unmatched: number): number => {
    if (unmatched < UNMATCHED_FREE) return 0;
    reads.spend(userId, unmatched * UNMATCHED_MS, 0);
    return Math.min(reads.wait(userId), LONGEST_PAUSE_MS);
  };

export function filterOf({
  types,
  pages,
}: {
  types?: string | undefined;
  pages?: string | undefined;
}): EventFilter | Reply {
  const wanted = {
    types: types === undefined ? undefined : list(types),
    pages: pages === undefined ? undefined : list(pages),
  };
  const unknown = wanted.types?.find((type) => !recordTypes.includes(type));
  if (unknown !== undefined) return typeUnknown(unknown, 'events', recordTypes);
  if (wanted.types?.length === 0)
    return validationFailed([
      { field: 'types', message: `must be types of events, separated by commas: ${recordTypes.join(', ')}` },
    ]);
  if (wanted.pages?.length === 0 || wanted.pages?.some((page) => !PageId.safeParse(page).success))
    return validationFailed([{ field: 'pages', message: 'must be ids of pages, separated by commas' }]);
  return { types: wanted.types && new Set(wanted.types), pages: wanted.pages && new Set(wanted.pages) };
}

/** What of it the access token allows. */
const within = ({ types, pages }: EventFilter, program: AccessToken): EventFilter => ({
  types: both(types, program.types),
  pages: both(pages, program.pages),
});

const both = (
  some: ReadonlySet<string> | undefined,
  others: ReadonlySet<string> | undefined,
): ReadonlySet<string> | undefined =>
  some && others ? new Set([...some].filter((one) => others.has(one))) : (some ?? others);
