/**
 * All that a log's file holds, private streams included, in log order: for copying it to another engine, and for nothing else.
 * Opened for reading only. Nobody may write to it meanwhile.
 */
import { existsSync } from 'node:fs';
import { isPrivate, LOG_STREAM } from '../domain/streams.js';
import type { CredentialSet, NewEvent, RecordedEvent } from './event-log.js';
import { APPLICATION_ID, FORMAT } from './sqlite-log.js';
import { openDatabase, type Database, type Statement } from './sqlite.js';

/** An event of any stream, a private one too. */
export interface ExportedEvent extends NewEvent {
  readonly stream: string;
  readonly revision: number;
}

/** Events read at a time. */
const BATCH = 2_000;

type Row = Pick<RecordedEvent, 'id' | 'stream' | 'revision'> & { readonly position: number; readonly type: string; readonly data: string; readonly metadata: string };

/** Throws with a sentence if there is no log of this format in the file. */
export function openSqliteExport(file: string): SqliteExport {
  if (!existsSync(file)) throw new Error(`There is no event log in ${file}.`);
  const db = openDatabase(file, { readonly: true, timeout: 1_000 });
  if (db.pragma('application_id', { simple: true }) === APPLICATION_ID && db.pragma('user_version', { simple: true }) === FORMAT) return new SqliteExport(db);
  db.close();
  throw new Error(`${file} is not an event log of format ${FORMAT} of this server.`);
}

export class SqliteExport {
  readonly logId: string;
  /** How many events it holds. */
  readonly size: number;
  /** Names of all streams. */
  readonly streams: readonly string[];
  readonly #db: Database;
  readonly #after: Statement;

  constructor(db: Database) {
    this.#db = db;
    this.#after = db.prepare(`SELECT position, s.name AS stream, revision, id, type, data, metadata FROM events JOIN streams s ON s.no = stream WHERE position > ? ORDER BY position LIMIT ${BATCH}`);
    this.size = db.prepare('SELECT count(*) FROM events').pluck().get() as number;
    this.streams = db.prepare('SELECT name FROM streams WHERE no IN (SELECT stream FROM events)').pluck().all() as string[];
    const { event, stream } = this.events().next().value ?? {};
    if (stream !== LOG_STREAM || event?.type !== 'LogCreated') throw new Error('The log does not begin with LogCreated.');
    this.logId = event.data.log_id;
  }

  /** From the log's first event on, each time it is called. */
  *events(): Generator<ExportedEvent, undefined> {
    let position = 0;
    for (;;) {
      const rows = this.#after.all(position) as Row[];
      for (const row of rows) yield exported(row);
      if (rows.length < BATCH) return;
      position = rows.at(-1)!.position;
    }
  }

  close(): void {
    this.#db.close();
  }
}

function exported({ stream, revision, id, type, data, metadata }: Row): ExportedEvent {
  const event = { type, data: JSON.parse(data) } as ExportedEvent['event'];
  if (isPrivate(stream) !== (type === ('CredentialSet' satisfies CredentialSet['type']))) throw new Error(`${stream} holds an event ${type}, which does not belong there.`);
  return { stream, revision, id, event, metadata: JSON.parse(metadata) as ExportedEvent['metadata'] };
}
