/**
 * Checks whether the log in a file is complete: SQLite's own integrity check, positions and revisions without gaps, unique ids, and
 * events that can be decoded and whose stored text is that of their codec. Reads everything.
 */
import { createHash } from 'node:crypto';
import type { DomainEvent } from '../../domain/events.js';
import { isPrivate, LOG_STREAM } from '../../domain/streams.js';
import { decodeText, eventDigest, type StoredText, storedText, UndecodableEvent, writtenText } from '../event-codec.js';
import type { EventMark, RecordedEvent } from '../event-log.js';
import { type Database, openDatabase } from './database.js';
import { IdSet } from './id-set.js';

/** Events read at a time: few, so that they are still in the processor's cache, and no garbage that has grown old, when they are checked. */
const BATCH = 200;

export interface WholeLog {
  readonly kind: 'whole';
  readonly logId: string;
  readonly lineage: readonly string[];
  /** Number of events. */
  readonly events: number;
  readonly head: EventMark;
  /** The latest `at` of any event. */
  readonly newestAt: string;
  /** Over stream, revision, id, type, data and metadata of all events in log order, hex: the same as in npm run migrate. */
  readonly sha256: string;
}

export interface FaultyLog {
  readonly kind: 'fault';
  /** Position of the first fault; undefined if it is not in an event. */
  readonly position: number | undefined;
  /** A sentence without a file name. */
  readonly sentence: string;
}

/** Progress is told after so many. */
const PROGRESS_EVENTS = 10 * BATCH;

/** In the order of the columns. An array is read faster than an object. */
type Row = [
  position: number,
  stream: number,
  revision: number,
  id: string,
  type: string,
  data: string,
  metadata: string,
];

type OnProgress = (events: number, total: number) => void;

/** `onProgress` is called with the number of events read so far, and of all. */
export function verifyLog(db: Database, onProgress: OnProgress = () => undefined): WholeLog | FaultyLog {
  const found = verifyEvents(db, onProgress);
  return found.kind === 'fault' ? found : (integrityFault(db) ?? found);
}

/** The same for the log in `file`, opened read-only. Throws if it cannot be opened. */
export const verifyFile = (file: string, onProgress?: OnProgress): WholeLog | FaultyLog =>
  ofSnapshot(file, (db) => verifyLog(db, onProgress));

/** The first half of `verifyFile`: everything but SQLite's own check. */
export const verifyEventsIn = (file: string, onProgress: OnProgress): WholeLog | FaultyLog =>
  ofSnapshot(file, (db) => verifyEvents(db, onProgress));

/** The other half, which needs nothing of the first: SQLite's own check. */
export const integrityFaultIn = (file: string): FaultyLog | undefined => ofSnapshot(file, integrityFault);

/** A consistent snapshot: a server may write in the meantime. */
function ofSnapshot<T>(file: string, check: (db: Database) => T): T {
  const db = openDatabase(file, { readonly: true, timeout: 5_000 });
  try {
    return db.transaction(() => check(db))();
  } finally {
    db.close();
  }
}

function verifyEvents(db: Database, onProgress: OnProgress): WholeLog | FaultyLog {
  const scan = new Scan();
  return scanned(db, scan, onProgress) ?? scan.result();
}

function integrityFault(db: Database): FaultyLog | undefined {
  const file = integrityOf(db);
  return file === undefined
    ? undefined
    : { kind: 'fault', position: undefined, sentence: `SQLite finds the file damaged: ${file}` };
}

function scanned(db: Database, scan: Scan, onProgress: OnProgress): FaultyLog | undefined {
  try {
    // Not joined to each event: it would be looked up, and made a text, for each.
    for (const [no, name] of db.prepare('SELECT no, name FROM streams').raw().all() as [number, unknown][])
      scan.addStream(no, name);
    const total = (db.prepare('SELECT max(position) FROM events').pluck().get() ?? 0) as number;
    // By position, in the table itself, so that an index with missing entries hides nothing.
    const after = db
      .prepare(
        `SELECT position, stream, revision, id, type, data, metadata FROM events WHERE position > ? ORDER BY position LIMIT ${BATCH}`,
      )
      .raw();
    for (let position = 0; ; ) {
      const rows = after.all(position) as Row[];
      for (const row of rows) {
        const sentence = scan.faultOf(row);
        if (sentence !== undefined) return { kind: 'fault', position: scan.position, sentence };
      }
      if (scan.position % PROGRESS_EVENTS === 0) onProgress(scan.position, total);
      if (rows.length < BATCH) return undefined;
      position = rows.at(-1)?.[0] ?? position;
    }
  } catch (error) {
    if (!(error as { code?: string }).code?.startsWith('SQLITE_')) throw error;
    return {
      kind: 'fault',
      position: scan.position + 1,
      sentence: `The events from position ${scan.position + 1} on cannot be read: ${(error as Error).message}.`,
    };
  }
}

function integrityOf(db: Database): string | undefined {
  try {
    const [first] = db.pragma('integrity_check(1)') as { integrity_check: string }[];
    return first?.integrity_check === 'ok' ? undefined : first?.integrity_check;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Characters that are digested at once. */
const DIGESTED_CHARACTERS = 64 * 1024;

/** The text as JSON. */
const quoted = (text: string): string => (/^[\w-]*$/.test(text) ? `"${text}"` : JSON.stringify(text));

/** A stream as far as its events were read. */
interface ReadStream {
  readonly name: string;
  /** Its name as JSON. */
  readonly quoted: string;
  revision: number;
}

class Scan {
  position = 0;
  readonly #byNumber = new Map<number, ReadStream>();
  readonly #byName = new Map<string, ReadStream>();
  readonly #ids = new IdSet();
  readonly #lineage: string[] = [];
  readonly #digest = createHash('sha256');
  /** What is not in the digest yet. */
  #lines = '';
  #last: RecordedEvent | undefined;
  #newestAt = '';

  /** `name`: bytes or null where the file was changed. */
  addStream(number: number, name: unknown): void {
    if (typeof name !== 'string') return;
    const known = this.#byName.get(name) ?? { name, quoted: JSON.stringify(name), revision: -1 };
    this.#byName.set(name, known);
    this.#byNumber.set(number, known);
  }

  /** A sentence; undefined if the event is valid after those before it. */
  faultOf([position, number, stored, id, type, data, metadata]: Row): string | undefined {
    const expected = this.position + 1;
    this.position = expected;
    if (position !== expected)
      return `The event at position ${expected} is missing: the next one has position ${position}.`;
    const read = this.#byNumber.get(number);
    if (!read) return `The event at position ${expected} is of a stream that has no name.`;
    const { name: stream } = read;
    const revision = read.revision + 1;
    if (stored !== revision)
      return `At position ${expected} the stream ${stream} has revision ${stored} where ${revision} must be.`;
    read.revision = revision;
    if (typeof id !== 'string') return `The id of the event at position ${expected} is no text: it was changed.`;
    if (!this.#ids.add(id))
      return `The id of the event at position ${expected}, ${id}, is that of an earlier event too.`;
    return this.#faultWithin({ position: String(position), stream, revision, id, type, data, metadata }, read.quoted);
  }

  #digestLines(): void {
    this.#digest.update(this.#lines);
    this.#lines = '';
  }

  result(): WholeLog | FaultyLog {
    this.#digestLines();
    const last = this.#last;
    const logId = this.#lineage.at(-1);
    if (!last || logId === undefined)
      return { kind: 'fault', position: undefined, sentence: 'It holds no event, not even LogCreated.' };
    return {
      kind: 'whole',
      logId,
      lineage: this.#lineage,
      events: this.position,
      head: { position: last.position, id: last.id, digest: eventDigest(last) },
      newestAt: this.#newestAt,
      sha256: this.#digest.digest('hex'),
    };
  }

  #faultWithin(row: StoredText, quotedStream: string): string | undefined {
    const { position, stream, id, type, data, metadata } = row;
    let event: RecordedEvent;
    try {
      event = decodeText(row);
    } catch (error) {
      if (error instanceof UndecodableEvent) return error.message;
      throw error;
    }
    if (data !== writtenText(event) || metadata !== storedText(event.metadata))
      return `The stored text of the event at position ${position} differs from the text that its values are encoded as: it was changed.`;
    this.#last = event;
    if (event.metadata.at > this.#newestAt) this.#newestAt = event.metadata.at;
    this.#lines += `[${quotedStream},${row.revision},${quoted(id)},${quoted(type)},${data},${metadata}]\n`;
    if (this.#lines.length > DIGESTED_CHARACTERS) this.#digestLines();
    return this.#faultOfLog(stream, event.event, Number(position));
  }

  #faultOfLog(stream: string, event: DomainEvent, position: number): string | undefined {
    const isOfLog = event.type === 'LogCreated' || event.type === 'LogRestored';
    if (isOfLog !== (stream === LOG_STREAM))
      return `The event at position ${position} is a ${event.type} in the stream ${stream}, where it does not belong.`;
    if ((position === 1) !== (event.type === 'LogCreated'))
      return position === 1
        ? `It begins with ${isPrivate(stream) ? 'a private event' : event.type} where LogCreated is required.`
        : `The event at position ${position} is another LogCreated.`;
    if (!isOfLog) return undefined;
    if (event.type === 'LogRestored' && event.data.previous !== this.#lineage.at(-1))
      return `The LogRestored at position ${position} does not name the former id of the log.`;
    this.#lineage.push(event.data.log_id);
    return undefined;
  }
}
