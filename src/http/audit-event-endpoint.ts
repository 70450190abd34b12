/**
 * GET /audit/events: every event of the log but those of private streams, whole, as NDJSON or CSV. It reads a few events at a time, as
 * fast as the connection takes them and the auditor's byte budget allows; so a stream of any length takes the same memory.
 */
import { z } from 'zod';
import { eventSchemas } from '../domain/events.js';
import { pageStream, userStream } from '../domain/streams.js';
import type { StoredText } from '../log/event-codec.js';
import { comparePositions, type Position } from '../log/event-log.js';
import type { TextReader } from '../log/text-source.js';
import { bearerToken } from '../net/bearer.js';
import { acceptedTypes } from './accepted-types.js';
import { historyBehind, WindowQuery } from './as-of.js';
import { type AuditReadsOptions, aboutQuery, askedWindow, auditRead, listQuery } from './audit-reading.js';
import { AuditRecord, csvHead, csvLine, type IndexedText, ndjsonLine } from './audit-records.js';
import type { Endpoint, Reply } from './endpoint.js';
import { chargeTo } from './event-endpoints.js';
import { integer } from './history-endpoints.js';
import type { OpenStreams } from './open-streams.js';
import { typeUnknown } from './problems.js';
import { StreamCut } from './reply-stream.js';
import { validate } from './request-body.js';

/** Events that are read at once: some 0.15 ms of the event loop, since a command waits for it in each iteration that it passes. */
const CHUNK_EVENTS = 16;

/** Events that did not match are charged for so many at a time. */
const CHARGED_EVENTS = 1_000;

const NDJSON = 'application/x-ndjson';
const CSV = 'text/csv';

const Query = z.object({
  ...WindowQuery.shape,
  after: listQuery(1).after.meta({ description: 'Events after this position; within the window.' }),
  limit: integer(1, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER).meta({
    description: 'Events to return; without it all.',
    override: { type: 'integer', minimum: 1, default: undefined, maximum: undefined, pattern: undefined },
  }),
  types: z.string().optional().meta({ description: 'Event types, separated by commas.', example: 'AlarmTriggered' }),
  ...aboutQuery,
});

export interface AuditEventsOptions extends AuditReadsOptions {
  readonly texts: () => Promise<TextReader>;
  /** Opens people's free text in JSON. */
  readonly open: (json: string) => string;
  readonly streams: OpenStreams;
}

export function auditEventEndpoint(options: AuditEventsOptions): Endpoint {
  const { authenticate, live, reads, asOf, texts, open, streams } = options;
  return auditRead(
    options,
    '/audit/events',
    {
      id: 'list_audit_events',
      summary: 'Every event of every stream but private ones, whole, in log order.',
      query: Query,
      success: { status: 200, description: 'One event a line.', mediaType: NDJSON, schema: AuditRecord },
      alsoAs: { [CSV]: z.string().meta({ example: csvHead }) },
      problems: ['log_changed', 'too_many_streams'],
    },
    async ({ query, headers }, { userId }) => {
      const asked = validate(Query, Object.fromEntries(query));
      if ('problem' in asked) return asked.problem;
      const { limit, types, page, user } = asked.value;
      const wanted = typesIn(types);
      if (wanted && 'status' in wanted) return wanted;
      const window = await askedWindow(options, asked.value);
      if ('status' in window) return window;
      const before = await asOf.resolve(`@${window.after}`);
      if (before.kind === 'behind') return historyBehind();
      const token = bearerToken(headers.authorization) ?? '';
      const as = acceptedTypes(headers.accept).find((type) => type === CSV || type === NDJSON) ?? NDJSON;
      const { position, index } = window.asOf;
      const reply: Reply = {
        status: 200,
        headers: {
          'Content-Type': as === CSV ? 'text/csv; charset=utf-8; header=present' : NDJSON,
          'As-Of-Position': position,
          'As-Of-Index': String(index),
        },
        stream: {
          open: (ending) =>
            lines({
              read: async (after) => (await texts()).read(after, CHUNK_EVENTS),
              open,
              after: window.after,
              until: position,
              index: before.kind === 'resolved' ? before.asOf.index + 1 : 0,
              limit,
              matches: matching(wanted, page, user),
              as,
              whyCut: () => {
                if (ending.aborted) return 'the server stops';
                if (!authenticate(token)) return 'the session has ended';
                return live.roles.of(userId).has('auditor') ? undefined : 'the role of an auditor was taken away';
              },
              charge: chargeTo(reads, userId),
            }),
        },
      };
      return streams.bounded(userId, reply);
    },
  );
}

function typesIn(types: string | undefined): ReadonlySet<string> | undefined | Reply {
  if (types === undefined) return undefined;
  const wanted = types.split(',').map((type) => type.trim());
  const unknown = wanted.find((type) => !Object.hasOwn(eventSchemas, type));
  return unknown === undefined ? new Set(wanted) : typeUnknown(unknown, 'events', Object.keys(eventSchemas));
}

/** Of a page: its stream, and what names it. Of a user: their streams, what they caused, and what names them. */
function matching(
  types: ReadonlySet<string> | undefined,
  page: string | undefined,
  user: string | undefined,
): (text: StoredText) => boolean {
  // In stored text a quotation mark within a text is escaped: what is in quotation marks is a whole value.
  const named = JSON.stringify(page ?? '');
  const quoted = JSON.stringify(user ?? '');
  return ({ type, stream, data, metadata }) =>
    (types?.has(type) ?? true) &&
    (page === undefined || stream === pageStream(page) || data.includes(named)) &&
    (user === undefined || stream === userStream(user) || metadata.includes(`"by":${quoted}`) || data.includes(quoted));
}

interface Asked {
  readonly read: (after: Position) => Promise<readonly StoredText[]>;
  /** Opens free text in JSON. */
  readonly open: (json: string) => string;
  readonly after: Position;
  /** Position of the last event of the window. */
  readonly until: Position;
  /** Of the first event after `after`. */
  readonly index: number;
  readonly limit: number;
  readonly matches: (text: StoredText) => boolean;
  readonly as: typeof CSV | typeof NDJSON;
  /** Undefined as long as the auditor may read, and the server goes on. */
  readonly whyCut: () => string | undefined;
  /** Charges events that did not match; returns how long to pause, in milliseconds. */
  readonly charge: (unmatched: number) => number;
}

/** Throws if it has to end before the end, so that the connection is cut: what was sent would be taken for everything. */
async function* lines({
  read,
  open,
  until,
  limit,
  matches,
  as,
  whyCut,
  charge,
  ...start
}: Asked): AsyncGenerator<string> {
  const line: (event: IndexedText, open: (json: string) => string) => string = as === CSV ? csvLine : ndjsonLine;
  let { after, index } = start;
  let left = limit;
  let unmatched = 0;
  if (as === CSV) yield csvHead;
  while (left > 0 && comparePositions(after, until) < 0) {
    const events = await read(after);
    const cut = whyCut();
    if (cut !== undefined) throw new StreamCut(cut);
    let sent = 0;
    let chunk = '';
    for (const text of events) {
      if (sent >= left || comparePositions(text.position, until) > 0) break;
      if (matches(text)) {
        chunk += line({ index, text }, open);
        sent += 1;
      }
      index += 1;
    }
    const last = events.at(-1);
    if (!last) throw new Error(`The log ends before position ${until}`);
    after = last.position;
    left -= sent;
    if (chunk !== '') yield chunk;
    unmatched += events.length - sent;
    const pauseMs = unmatched < CHARGED_EVENTS ? 0 : charge(unmatched);
    if (unmatched >= CHARGED_EVENTS) unmatched = 0;
    await new Promise((resolve) => (pauseMs > 0 ? setTimeout(resolve, pauseMs) : setImmediate(resolve)));
  }
}
