/**
 * Checks whether the log in a file is complete: SQLite's own integrity check, positions and revisions without gaps, unique ids, and
 * events that can be decoded and whose stored text is that of their codec. Reads everything.
 */
import { createHash, hash as hashOnce } from 'node:crypto';
import type { DomainEvent } from '../../domain/events.js';
import { isPrivate, LOG_STREAM } from '../../domain/streams.js';
import { decodeText, eventDigest, storedText, UndecodableEvent, writtenText } from '../event-codec.js';
import type { EventMark, RecordedEvent } from '../event-log.js';
import { type Database, openDatabase } from './database.js';

/** Events read at a time. */
const BATCH = 2_000;

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

interface Row {
  readonly position: number;
  readonly stream: string | null;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

/** `onProgress` is called with the number of events read so far. */
export function verifyLog(db: Database, onProgress: (events: number) => void = () => undefined): WholeLog | FaultyLog {
  const scan = new Scan();
  const fault = scanned(db, scan, onProgress);
  if (fault) return fault;
  const file = integrityOf(db);
  if (file !== undefined)
    return { kind: 'fault', position: undefined, sentence: `SQLite finds the file damaged: ${file}` };
  return scan.result();
}

/** The same for the log in `file`, opened read-only. Throws if it cannot be opened. */
export function verifyFile(file: string, onProgress?: (events: number) => void): WholeLog | FaultyLog {
  const db = openDatabase(file, { readonly: true, timeout: 5_000 });
  try {
    // A consistent snapshot: a server may write in the meantime.
    return db.transaction(() => verifyLog(db, onProgress))();
  } finally {
    db.close();
  }
}

function scanned(db: Database, scan: Scan, onProgress: (events: number) => void): FaultyLog | undefined {
  try {
    // By position, in the table itself, so that an index with missing entries hides nothing.
    const after = db.prepare(
      `SELECT position, s.name AS stream, revision, id, type, data, metadata FROM events LEFT JOIN streams s ON s.no = stream WHERE position > ? ORDER BY position LIMIT ${BATCH}`,
    );
    for (let position = 0; ; ) {
      const rows = after.all(position) as Row[];
      for (const row of rows) {
        const sentence = scan.faultOf(row);
        if (sentence !== undefined) return { kind: 'fault', position: scan.position, sentence };
      }
      onProgress(scan.position);
      if (rows.length < BATCH) return undefined;
      position = rows.at(-1)?.position ?? position;
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

/** The bytes of a UUID: half the memory of its text. */
const idKey = (id: string): string =>
  /^[0-9a-f-]{36}$/.test(id)
    ? Buffer.from(id.replaceAll('-', ''), 'hex').toString('latin1')
    : hashOnce('sha256', id, 'binary');

class Scan {
  position = 0;
  readonly #revisions = new Map<string, number>();
  readonly #ids = new Set<string>();
  readonly #lineage: string[] = [];
  readonly #digest = createHash('sha256');
  #last: RecordedEvent | undefined;
  #newestAt = '';

  /** A sentence; undefined if the event is valid after those before it. */
  faultOf(row: Row): string | undefined {
    const expected = this.position + 1;
    this.position = expected;
    if (row.position !== expected)
      return `The event at position ${expected} is missing: the next one has position ${row.position}.`;
    const { stream } = row;
    if (stream === null) return `The event at position ${expected} is of a stream that has no name.`;
    const revision = (this.#revisions.get(stream) ?? -1) + 1;
    if (row.revision !== revision)
      return `At position ${expected} the stream ${stream} has revision ${row.revision} where ${revision} must be.`;
    this.#revisions.set(stream, revision);
    const key = idKey(row.id);
    if (this.#ids.has(key))
      return `The id of the event at position ${expected}, ${row.id}, is that of an earlier event too.`;
    this.#ids.add(key);
    return this.#faultWithin({ ...row, stream });
  }

  result(): WholeLog | FaultyLog {
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

  #faultWithin(row: Row & { readonly stream: string }): string | undefined {
    const { position, stream, id, type, data, metadata } = row;
    let event: RecordedEvent;
    try {
      event = decodeText({ ...row, position: String(position) });
    } catch (error) {
      if (error instanceof UndecodableEvent) return error.message;
      throw error;
    }
    if (data !== writtenText(event) || metadata !== storedText(event.metadata))
      return `The stored text of the event at position ${position} differs from the text that its values are encoded as: it was changed.`;
    this.#last = event;
    if (event.metadata.at > this.#newestAt) this.#newestAt = event.metadata.at;
    this.#digest.update(`${JSON.stringify([stream, row.revision, id, type]).slice(0, -1)},${data},${metadata}]\n`);
    return this.#faultOfLog(stream, event.event, position);
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
