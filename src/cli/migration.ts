/**
 * Copies a log from SQLite to EventStoreDB: existing events are compared, missing ones are appended, then both logs are read again and
 * compared by count and digest. One append at a time, so that the order of the whole log is kept; only consecutive events of one
 * stream are appended together. It can be interrupted at any time: appends are atomic, and the next run continues after the last one.
 * Operational state follows when the copy is the same (migrated-states.ts).
 */
import { createHash } from 'node:crypto';
import { isPrivate } from '../domain/streams.js';
import { NO_STREAM } from '../log/event-log.js';
import type { EventStoreDbImport } from '../log/eventstoredb/import.js';
import { ownStreams } from '../log/eventstoredb/streams.js';
import type { ExportedEvent, SqliteExport } from '../log/sqlite/export.js';
import { copyStates, placesIn } from './migrated-states.js';

/** Maximum size of an append, in bytes: enough to be fast, and far below the store's limit. */
const APPEND_BYTES = 300_000;

/** The number of events, and the sha256 over all of them in log order, in hex. */
export interface Digest {
  readonly events: number;
  readonly sha256: string;
}

export interface Migrated {
  /** Events that an earlier run had copied. */
  readonly found: number;
  readonly source: Digest;
  readonly target: Digest;
  /** Operational states that were carried over. */
  readonly states: number;
}

export interface MigrationObserver {
  /** The number of events that the target already has. */
  onFound(events: number): void;
  /** The number of events that the target has now. */
  onCopied(events: number): void;
  /** All events are copied; both logs are read again. */
  onVerify(): void;
}

/** Throws with a sentence if the target cannot become a copy of the source, or is not one at the end. */
export async function migrate(
  source: SqliteExport,
  target: EventStoreDbImport,
  observer: MigrationObserver,
): Promise<Migrated> {
  refuseForeignNames(source);
  const found = await compare(source, target);
  observer.onFound(found);
  await copy(source, target, found, observer);
  observer.onVerify();
  const sourceDigest = digest();
  const states = source.states();
  const places = placesIn(states);
  for (const event of source.events()) {
    sourceDigest.add(event);
    places.source(event, !isPrivate(event.stream));
  }
  places.sourceEnded();
  const targetDigest = digest();
  await target.read((event) => {
    targetDigest.add(event);
    places.target(event);
  });
  const migrated = {
    found,
    source: sourceDigest.result(),
    target: targetDigest.result(),
    states: states.length,
  };
  if (migrated.source.events !== migrated.target.events || migrated.source.sha256 !== migrated.target.sha256) {
    throw new Error(
      `What was copied is not what was there. In the data folder: ${said(migrated.source)}. In EventStoreDB: ${said(migrated.target)}. Has another process written there?`,
    );
  }
  await copyStates(states, places, source.logId, target);
  return migrated;
}

export const said = ({ events, sha256 }: Digest): string => `${events} events, sha256 ${sha256}`;

function refuseForeignNames({ streams }: SqliteExport): void {
  const own = ownStreams('');
  const foreign = streams.find((stream) => !own.test(stream));
  if (foreign !== undefined)
    throw new Error(
      `The log has a stream named ${foreign}, which the server would not find in EventStoreDB: start the version that wrote it.`,
    );
}

/** How many events of the source the target already has. Throws if it has any others. */
async function compare(source: SqliteExport, target: EventStoreDbImport): Promise<number> {
  const origin = await target.origin();
  if (origin === undefined) return 0;
  if (origin !== source.origin)
    throw new Error(
      `EventStoreDB holds another log there (its first id is ${origin}; that of the data folder is ${source.origin}). Choose another --prefix, or another store.`,
    );
  const events = source.events();
  let found = 0;
  await target.read((there) => {
    const { value: here } = events.next();
    if (!here)
      throw new Error(
        `EventStoreDB holds more of this log than the data folder: behind event ${found} comes ${there.event.type} in ${there.stream}. A server has written there already; nothing was changed.`,
      );
    if (line(here) !== line(there))
      throw new Error(
        `EventStoreDB holds this log, but not a beginning of it: event ${found + 1} is ${named(there)} there and ${named(here)} in the data folder. Nothing was changed.`,
      );
    found += 1;
  });
  return found;
}

async function copy(
  source: SqliteExport,
  target: EventStoreDbImport,
  found: number,
  observer: MigrationObserver,
): Promise<void> {
  let copied = 0;
  for (const batch of batches(source.events(), found)) {
    const [first] = batch;
    if (!first) continue;
    const { stream, revision } = first;
    if (!(await target.append(stream, revision === 0 ? NO_STREAM : revision - 1, batch))) {
      throw new Error(
        `The stream ${stream} in EventStoreDB is not at revision ${revision - 1}, where the copy had brought it: another process writes there, or the stream was there before.`,
      );
    }
    copied += batch.length;
    observer.onCopied(found + copied);
  }
}

/** The events of each append: consecutive events of one stream, after the first `skipped` events. */
function* batches(events: Iterable<ExportedEvent>, skipped: number): Generator<ExportedEvent[]> {
  let batch: ExportedEvent[] = [];
  let bytes = 0;
  let at = 0;
  for (const event of events) {
    if (at++ < skipped) continue;
    const size = Buffer.byteLength(line(event));
    const [first] = batch;
    if (first && (first.stream !== event.stream || bytes + size > APPEND_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(event);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

const named = ({ event, stream, revision }: Pick<ExportedEvent, 'event' | 'stream' | 'revision'>): string =>
  `${event.type}, ${revision} in ${stream}`;

/** Everything in an event that a copy must keep. */
const line = ({ stream, revision, id, event, metadata }: Omit<ExportedEvent, 'position'>): string =>
  JSON.stringify([stream, revision, id, event.type, event.data, metadata]);

function digest(): { add(event: Omit<ExportedEvent, 'position'>): void; result(): Digest } {
  const hash = createHash('sha256');
  let events = 0;
  return {
    add: (event) => {
      hash.update(`${line(event)}\n`);
      events += 1;
    },
    result: () => ({ events, sha256: hash.digest('hex') }),
  };
}
