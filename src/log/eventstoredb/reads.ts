/** Single reads from EventStoreDB, each with a time limit of our own: the client's does not always end one. */
import { BACKWARDS, END, START, StreamNotFoundError, type AllStreamResolvedEvent, type EventStoreDBClient, type ReadStreamOptions } from '@eventstore/db-client';
import { LogUnavailable, type Position } from '../event-log.js';
import type { StoreConnection } from './connection.js';
import { positionOf, storePosition } from './position.js';
import { within } from './within.js';

/** Events read at a time where the log's end is looked for. */
const SCAN_BATCH = 500;

export interface ReadEvent {
  readonly data: unknown;
  readonly revision: number;
}

/** The first event of a stream, or undefined if there is no such stream. */
export const firstEvent = ({ client }: StoreConnection, stream: string, readMs: number): Promise<ReadEvent | undefined> => within(readMs, oneEvent(client, stream, { fromRevision: START }));

/** The last one. */
export const lastEvent = ({ client }: StoreConnection, stream: string, readMs: number): Promise<ReadEvent | undefined> =>
  within(readMs, oneEvent(client, stream, { direction: BACKWARDS, fromRevision: END }));

/** Read to its end: the client waits for that when it is disposed of. */
async function oneEvent(client: EventStoreDBClient, stream: string, from: Pick<ReadStreamOptions, 'fromRevision' | 'direction'>): Promise<ReadEvent | undefined> {
  let found: ReadEvent | undefined;
  try {
    for await (const { event } of client.readStream(stream, { ...from, maxCount: 1 })) if (event) found = { data: event.data, revision: Number(event.revision) };
  } catch (error) {
    if (error instanceof StreamNotFoundError) return undefined;
    throw error;
  }
  // Where its connection breaks the client may end a read as if that were all.
  if (!found) throw new LogUnavailable('a read ended without an event');
  return found;
}

/**
 * Position of the last event in these streams, or undefined if there is none. Looks from the end backwards: this version of the
 * client cannot filter such a read, so a store with much of others' takes longer.
 */
export async function lastPosition(connection: StoreConnection, streams: RegExp, readMs: number): Promise<Position | undefined> {
  let from: Position | undefined;
  for (;;) {
    const read = await within(readMs, backwards(connection, from));
    const found = read.find(({ event }) => event && streams.test(event.streamId));
    if (found?.event) return positionOf(found.event.position);
    const oldest = read.at(-1)?.event;
    if (!oldest || read.length < SCAN_BATCH) return undefined;
    from = oldest.position.commit.toString();
  }
}

async function backwards({ client }: StoreConnection, from: Position | undefined): Promise<AllStreamResolvedEvent[]> {
  const read: AllStreamResolvedEvent[] = [];
  for await (const one of client.readAll({ direction: BACKWARDS, fromPosition: from === undefined ? END : storePosition(from), maxCount: SCAN_BATCH })) read.push(one);
  return read;
}

/** What went wrong, in a line: some of the client's errors have no message. */
export function describe(error: Error): string {
  const { type, code } = error as { type?: string; code?: number };
  return [error.message || error.name, ...(type === undefined ? [] : [type]), ...(code === undefined ? [] : [`code ${code}`])].join(', ');
}
