/** The history of a page and of an alarm, read from alarm_events. */
import { z } from 'zod';
import { maySeeGrants } from '../domain/authorization.js';
import type { PageEvent } from '../domain/events.js';
import { Moment, UserId } from '../domain/fields.js';
import { notFound } from '../domain/refusals.js';
import type { LogSpan } from '../projections/as-of.js';
import type { Projection } from '../projections/projection.js';
import type { HistoryEntry } from '../projections/read-model/alarm-events.js';
import type { HistoryRange } from '../projections/read-model/history-ranges.js';
import { GivenComment } from '../protocol/views.js';
import { historyBehind } from './as-of.js';
import { type Endpoint, type HttpRequest, json, type Reply } from './endpoint.js';
import { refused, typeUnknown } from './problems.js';
import { type ReadDescription, type ReadOptions, reading, visiblePage } from './reading.js';
import { validate } from './request-body.js';

/** A number in a query: only decimal digits. Other forms that Number() accepts ('', ' 5', 0x10, 1e3) are treated as mistakes. */
export const integer = (min: number, max: number, fallback: number) =>
  z
    .string()
    .regex(/^(0|-?[1-9]\d{0,15})$/, `must be a whole number from ${min} to ${max}, in decimal digits`)
    .transform(Number)
    .pipe(z.number().int().min(min).max(max))
    .default(fallback)
    .meta({ override: { type: 'integer', minimum: min, maximum: max, default: fallback, pattern: undefined } });

export const Range = z.object({
  after_seq: integer(-1, Number.MAX_SAFE_INTEGER, -1).meta({
    description: 'Return events after this seq; without it, from the start.',
  }),
  before_seq: integer(0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER).meta({
    description: 'Return events before this seq.',
    override: { type: 'integer', minimum: 0, default: undefined, maximum: undefined, pattern: undefined },
  }),
  limit: integer(1, 1_000, 100),
  types: z.string().optional().meta({
    description: 'Event types, separated by commas; void events are left out.',
    example: 'AlarmTriggered',
  }),
  order: z.enum(['asc', 'desc']).default('asc').meta({ description: 'desc: the newest first.' }),
});

export const Events = z
  .object({
    events: z.array(
      z.object({
        seq: z.number().int(),
        type: z.string().meta({ example: 'PageRenamed' }),
        at: Moment,
        by: UserId,
        data: z.unknown().meta({ example: { name: 'Alarmes EUR/USD' } }),
        change: z.string().optional().meta({ description: "As in the event's alarm_update.", example: 'acknowledged' }),
        quiet: z.string().optional().meta({ description: 'Why a trigger was counted quietly.', example: 'cooldown' }),
        cause: z.string().optional().meta({ description: 'What ended a snooze.', example: 'timer' }),
        n: z.int().optional().meta({ description: 'The how many-th time an open alarm was told again.', example: 2 }),
        comment: GivenComment.optional().meta({ description: 'What its actor said; null: it was erased.' }),
        void: z.literal(true).optional(),
      }),
    ),
    next: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'The next value for after_seq, with order=desc for before_seq; null at the end.' }),
  })
  .meta({ id: 'Events' });

export function historyEndpoints(options: ReadOptions): Endpoint[] {
  const { projection } = options;
  const { history, live } = projection;

  const describe = (id: string, summary: string): ReadDescription => ({
    tag: 'pages',
    id,
    summary,
    query: Range,
    schema: Events,
    problems: ['not_found'],
    fromTables: true,
    window: true,
  });

  return [
    reading(
      options,
      '/pages/{page_id}/events',
      describe('list_page_events', "A page's history, oldest first."),
      (request, identity, _then, window) => {
        const found = visiblePage(projection, request.params['page_id'], identity);
        if (!found) return refused(notFound('page'));
        const seen = { isOwner: maySeeGrants(found, identity.userId), types: identity.program?.types };
        return historyPage(projection, request, { pageId: found.id }, seen, window);
      },
    ),
    reading(
      options,
      '/alarms/{alarm_id}/events',
      describe('list_alarm_events', "An alarm's history, oldest first, also of a deleted one."),
      (request, identity, _then, window) => {
        const id = request.params['alarm_id']!;
        // An alarm that the user may not see costs the same work as one that does not exist; otherwise the response time would tell
        // them apart.
        const found =
          visiblePage(projection, live.pageOfAlarm(id)?.id, identity) ??
          visiblePage(projection, history.pageOfAlarm(id), identity);
        if (!found) return refused(notFound('alarm'));
        const seen = { isOwner: maySeeGrants(found, identity.userId), types: identity.program?.types };
        return historyPage(projection, request, { pageId: found.id, alarmId: id }, seen, window);
      },
    ),
  ];
}

/** Whose history is asked for: a page's, or that of an alarm on it. */
interface Told {
  readonly pageId: string;
  readonly alarmId?: string;
}

/** What the reader may see of it: whether grants are shown, and which types alone. */
interface Seen {
  readonly isOwner: boolean;
  readonly types: ReadonlySet<string> | undefined;
}

/** `window`: the events of the log that are asked for; undefined: all. */
export function historyPage(
  { history, historyRanges, pagesAt, writer }: Projection,
  request: HttpRequest,
  { pageId, alarmId }: Told,
  { isOwner, types: allowed }: Seen,
  window: LogSpan | undefined,
): Reply {
  const asked = validate(Range, Object.fromEntries(request.query));
  if ('problem' in asked) return asked.problem;
  const { after_seq, before_seq, limit, order } = asked.value;
  const types = typesIn(asked.value.types);
  if (types && 'status' in types) return types;
  const isPlain = !types && order === 'asc' && before_seq === Number.MAX_SAFE_INTEGER && !window;
  if (!isPlain && writer.isFull) return historyBehind();
  const range: HistoryRange = {
    after: Math.max(after_seq, window ? pagesAt.seqAt(pageId, window.after) : -1),
    before: Math.min(before_seq, window ? pagesAt.seqAt(pageId, window.until) + 1 : before_seq),
    types: types?.filter((type) => allowed?.has(type) ?? true),
    isDescending: order === 'desc',
    limit: limit + 1,
  };
  const entries =
    alarmId === undefined
      ? isPlain
        ? history.ofPage(pageId, after_seq, limit + 1)
        : historyRanges.rangeOfPage(pageId, range)
      : isPlain
        ? history.ofAlarm(alarmId, after_seq, limit + 1)
        : historyRanges.rangeOfAlarm(alarmId, range);
  const shown = entries.slice(0, limit);
  const next = entries.length > limit ? shown.at(-1)!.seq : null;
  const told = allowed ? shown.filter(({ type, void: isVoid }) => !isVoid && allowed.has(type)) : shown;
  return json(200, `{"events":[${told.map((entry) => entryJson(entry, isOwner)).join(',')}],"next":${next}}`);
}

function typesIn(types: string | undefined): readonly string[] | undefined | Reply {
  if (types === undefined) return undefined;
  const wanted = types.split(',').map((type) => type.trim());
  const unknown = wanted.find((type) => !Object.hasOwn(showsGrants, type));
  return unknown === undefined ? wanted : typeUnknown(unknown, 'events of a page', Object.keys(showsGrants));
}

/** Whether only the page's owner sees an event's data: the grants. */
const showsGrants: Readonly<Record<PageEvent['type'], boolean>> = {
  PageCreated: false,
  PageRenamed: false,
  PageTransferred: false,
  PageAcknowledged: false,
  PageDeleted: false,
  PageShared: true,
  PageLeft: true,
  AlarmCreated: false,
  AlarmUpdated: false,
  AlarmTriggered: false,
  AlarmDeleted: false,
  AlarmAcknowledged: false,
  AlarmUnacknowledged: false,
  AlarmCleared: false,
  AlarmAssigned: false,
  AlarmCommented: false,
  AlarmSnoozed: false,
  AlarmUnsnoozed: false,
  AlarmExpired: false,
  AlarmRenotified: false,
};
const ownersOnly = new Set(Object.entries(showsGrants).flatMap(([type, shows]) => (shows ? [type] : [])));

/** An event's data as the user sees it, as JSON. */
export const shownData = ({ type, data }: HistoryEntry, isOwner: boolean): string =>
  ownersOnly.has(type) && !isOwner ? '{}' : data;

function entryJson(entry: HistoryEntry, isOwner: boolean): string {
  const { seq, type, at, by, change, void: isVoid } = entry;
  return `{"seq":${seq},"type":"${type}","at":"${at}","by":"${by}","data":${shownData(entry, isOwner)}${change === null ? '' : `,${change.slice(1, -1)}`}${isVoid ? ',"void":true' : ''}}`;
}
