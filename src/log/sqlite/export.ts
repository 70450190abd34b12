/**
 * Reads everything in a log's file, private streams included, in log order: only for copying it to another engine. Opens it
 * read-only. Nobody may write to it in the meantime.
 */
import { LOG_STREAM } from '../../domain/streams.js';
import { asWritten } from '../event-codec.js';
import type { NewEvent, Position } from '../event-log.js';
import { type Database, openDatabase, type Statement } from './database.js';
import { inspectLogFile } from './log-file.js';
import { readStates } from './states.js';
import { type EventRow, recordedOf } from './tables.js';

/** An event of any stream, including private ones. */
export interface ExportedEvent extends NewEvent {
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
}

/** Operational state (state-store.ts). */
export interface ExportedState {
  readonly id: string;
  readonly value: unknown;
}

/** Events read at a time. */
const BATCH = 2_000;

/** Throws a readable error if the file contains no log of this format. */
export function openSqliteExport(file: string): SqliteExport {
  if (inspectLogFile(file) === 'none') throw new Error(`There is no event log in ${file}.`);
  const db = openDatabase(file, { readonly: true, timeout: 1_000 });
  try {
    return new SqliteExport(db);
  } catch (error) {
    db.close();
    throw error;
  }
}

export class SqliteExport {
  /** The id in its first event, which no restore changes. */
  readonly origin: string;
  readonly logId: string;
  /** Number of events. */
  readonly size: number;
  /** Names of all streams. */
  readonly streams: readonly string[];
  readonly #db: Database;
  readonly #after: Statement;

  constructor(db: Database) {
    this.#db = db;
    this.#after = db.prepare(
      `SELECT position, s.name AS stream, revision, id, type, data, metadata FROM events JOIN streams s ON s.no = stream WHERE position > ? ORDER BY position LIMIT ${BATCH}`,
    );
    this.size = db.prepare('SELECT count(*) FROM events').pluck().get() as number;
    this.streams = db
      .prepare('SELECT name FROM streams WHERE no IN (SELECT stream FROM events)')
      .pluck()
      .all() as string[];
    const ofLog = db
      .prepare(
        `SELECT json_extract(data, '$.log_id') FROM events JOIN streams s ON s.no = stream WHERE s.name = '${LOG_STREAM}' ORDER BY revision`,
      )
      .pluck()
      .all() as string[];
    const first = this.events().next().value;
    const [origin] = ofLog;
    const logId = ofLog.at(-1);
    if (
      first?.stream !== LOG_STREAM ||
      first.event.type !== 'LogCreated' ||
      origin === undefined ||
      logId === undefined
    )
      throw new Error('The log does not begin with LogCreated.');
    this.origin = origin;
    this.logId = logId;
  }

  /** Starts at the log's first event on each call. */
  *events(): Generator<ExportedEvent, undefined> {
    let position = 0;
    for (;;) {
      const rows = this.#after.all(position) as EventRow[];
      for (const row of rows) yield exported(row);
      if (rows.length < BATCH) return;
      position = rows.at(-1)?.position ?? position;
    }
  }

  /** All states, by id. */
  states(): ExportedState[] {
    const rows = readStates(this.#db);
    return rows.map(({ id, value }) => ({ id, value: JSON.parse(value) as unknown }));
  }

  close(): void {
    this.#db.close();
  }
}

function exported(row: EventRow): ExportedEvent {
  const recorded = recordedOf(row);
  const { stream, revision, position } = recorded;
  return { ...asWritten(recorded), stream, revision, position };
}
