/** Single reads from EventStoreDB, each with our own time limit, because the client's does not always end a call. */
import {
  type AllStreamRecordedEvent,
  type AllStreamResolvedEvent,
  BACKWARDS,
  END,
  type EventStoreDBClient,
  type ReadStreamOptions,
  type RecordedEvent,
  START,
  StreamNotFoundError,
} from '@eventstore/db-client';
import { comparePositions, LogUnavailable, type Position } from '../event-log.js';
import type { StoreConnection } from './connection.js';
import { positionOf, storePosition } from './position.js';
import { within } from './within.js';

/** Batch sizes for finding the log's end: the first, because it is mostly among the last few events, and the next ones. */
const FIRST_SCAN = 16;
const SCAN_BATCH = 500;

export interface ReadEvent {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
  readonly revision: number;
  /** Empty if an old server does not report it. */
  readonly position: Position;
}

/** The first event of a stream; undefined if there is no such stream. */
export const firstEvent = (
  { client }: StoreConnection,
  stream: string,
  readMs: number,
): Promise<ReadEvent | undefined> => within(readMs, oneEvent(client, stream, { fromRevision: START }));

/** The last event of a stream; undefined if there is no such stream. */
export const lastEvent = (
  { client }: StoreConnection,
  stream: string,
  readMs: number,
): Promise<ReadEvent | undefined> =>
  within(readMs, oneEvent(client, stream, { direction: BACKWARDS, fromRevision: END }));

const readEvent = ({ id, type, data, metadata, revision, position }: RecordedEvent): ReadEvent => ({
  id,
  type,
  data,
  metadata,
  revision: Number(revision),
  position: position?.commit.toString() ?? '',
});

/** All events of a stream, oldest first; none if there is no such stream. For streams of a few events. */
export async function streamEvents({ client }: StoreConnection, stream: string, readMs: number): Promise<ReadEvent[]> {
  const read = async (): Promise<ReadEvent[]> => {
    const events: ReadEvent[] = [];
    try {
      for await (const { event } of client.readStream(stream, { fromRevision: START }))
        if (event) events.push(readEvent(event));
    } catch (error) {
      if (!(error instanceof StreamNotFoundError)) throw error;
    }
    return events;
  };
  return within(readMs, read());
}

/** The first event at or after this position; undefined if there is none. */
function eventFrom(
  { client }: StoreConnection,
  position: Position,
  readMs: number,
): Promise<AllStreamRecordedEvent | undefined> {
  const read = async (): Promise<AllStreamRecordedEvent | undefined> => {
    let found: AllStreamRecordedEvent | undefined;
    for await (const { event } of client.readAll({ fromPosition: storePosition(position), maxCount: 1 })) found = event;
    return found;
  };
  return within(readMs, read());
}

/** The event at exactly this position; undefined if there is none. */
export async function eventAt(
  connection: StoreConnection,
  position: Position,
  readMs: number,
): Promise<AllStreamRecordedEvent | undefined> {
  const found = await eventFrom(connection, position, readMs);
  return found && positionOf(found.position) === position ? found : undefined;
}

/** The error of version 23.10 if the position is inside an event instead of at its start. */
const isNoBoundary = (error: unknown): boolean => /ReadAllResult: Error/.test((error as Error).message);

/** Whether the store still contains the event with this id at this position. Rejects if the store does not say, for example while it is starting. */
export async function stillHolds(
  connection: StoreConnection,
  { position, id }: { readonly position: Position; readonly id: string },
  readMs: number,
): Promise<boolean> {
  let found: AllStreamRecordedEvent | undefined;
  try {
    found = await eventFrom(connection, position, readMs);
  } catch (error) {
    if (!isNoBoundary(error)) throw error;
    // Tries again after another read has succeeded: the store is then not starting or stopping.
    await within(readMs, backwards(connection, undefined, 1));
    return eventFrom(connection, position, readMs).then(
      (again) => again?.id === id,
      (second: unknown) => {
        if (isNoBoundary(second)) return false;
        throw second;
      },
    );
  }
  if (found) return found.id === id && positionOf(found.position) === position;
  // If its connection breaks, the client may end a read as if it were complete.
  const newest = (await within(readMs, backwards(connection, undefined, 1))).at(0)?.event;
  if (!newest || comparePositions(positionOf(newest.position), position) >= 0)
    throw new LogUnavailable('a read ended without an event');
  return false;
}

/** Reads to the end, because the client waits for that when it is disposed of. */
async function oneEvent(
  client: EventStoreDBClient,
  stream: string,
  from: Pick<ReadStreamOptions, 'fromRevision' | 'direction'>,
): Promise<ReadEvent | undefined> {
  let found: ReadEvent | undefined;
  try {
    for await (const { event } of client.readStream(stream, { ...from, maxCount: 1 }))
      if (event) found = readEvent(event);
  } catch (error) {
    if (error instanceof StreamNotFoundError) return undefined;
    throw error;
  }
  // If its connection breaks, the client may end a read as if it were complete.
  if (!found) throw new LogUnavailable('a read ended without an event');
  return found;
}

/** The end of the log when it was searched for. */
export interface LogEnd {
  /** Position of the last event in our streams. */
  readonly head: Position;
  /** Position of the last event of all, including other streams. */
  readonly newest: Position;
}

/**
 * The end of the log in these streams; undefined if they contain no event. Searches backwards from the end of the store, because
 * this version of the client cannot filter such a read. A store with many other events takes longer, but never searches before the
 * last result, `before`.
 */
export async function logEnd(
  connection: StoreConnection,
  streams: RegExp,
  readMs: number,
  before?: LogEnd,
): Promise<LogEnd | undefined> {
  let newest: Position | undefined;
  let from: Position | undefined;
  for (let count = FIRST_SCAN; ; count = SCAN_BATCH) {
    const read = (await within(readMs, backwards(connection, from, count))).flatMap(({ event }) => event ?? []);
    newest ??= read[0]?.position.commit.toString();
    if (newest === undefined) return undefined;
    const found = read.find(({ streamId }) => streams.test(streamId));
    if (found) return { head: positionOf(found.position), newest };
    const oldest = read.at(-1);
    if (before && oldest && comparePositions(oldest.position.commit.toString(), before.newest) <= 0)
      return { head: before.head, newest };
    if (!oldest || read.length < count) return undefined;
    from = oldest.position.commit.toString();
  }
}

async function backwards(
  { client }: StoreConnection,
  from: Position | undefined,
  maxCount: number,
): Promise<AllStreamResolvedEvent[]> {
  const read: AllStreamResolvedEvent[] = [];
  for await (const one of client.readAll({
    direction: BACKWARDS,
    fromPosition: from === undefined ? END : storePosition(from),
    maxCount,
  }))
    read.push(one);
  return read;
}

/** The error in one line: some of the client's errors have no message. */
export function describe(error: Error): string {
  const { type, code } = error as { type?: string; code?: number };
  return [
    error.message || error.name,
    ...(type === undefined ? [] : [type]),
    ...(code === undefined ? [] : [`code ${code}`]),
  ].join(', ');
}
