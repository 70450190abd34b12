/** The tables of the embedded log, and the write check of every start. */

import { decodeText } from '../event-codec.js';
import type { RecordedEvent } from '../event-log.js';
import { type Database, isFull } from './database.js';
import { APPLICATION_ID, FORMAT } from './log-file.js';

/** The only index is the unique one on (stream, revision): each further one would make every commit write more pages. */
export const TABLES = `
  CREATE TABLE streams (no INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream   INTEGER NOT NULL REFERENCES streams (no),
    revision INTEGER NOT NULL,
    id       TEXT    NOT NULL,
    type     TEXT    NOT NULL,
    data     TEXT    NOT NULL,
    metadata TEXT    NOT NULL,
    UNIQUE (stream, revision)
  );
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${FORMAT};
`;

/** A stored event with the name of its stream. */
export interface EventRow {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

/** The same as an array. */
export type EventCells = [
  position: number,
  stream: string,
  revision: number,
  id: string,
  type: string,
  data: string,
  metadata: string,
];

/** The event of a row. Throws UndecodableEvent. */
export const recordedOfCells = ([position, stream, revision, id, type, data, metadata]: EventCells): RecordedEvent =>
  decodeText({ position: String(position), stream, revision, id, type, data, metadata });

/** The event of a row. Throws UndecodableEvent. */
export const recordedOf = ({ position, stream, revision, id, type, data, metadata }: EventRow): RecordedEvent =>
  decodeText({ position: String(position), stream, revision, id, type, data, metadata });

/** Marks a copy made by `npm run backup` until it is used as a log: a marked log was restored. */
export const BACKUP_MARK = 'CREATE TABLE IF NOT EXISTS backup (log_id TEXT NOT NULL, made_at TEXT NOT NULL)';

export const DROP_BACKUP_MARK = 'DROP TABLE IF EXISTS backup';

/** A write that changes nothing, so that a read-only log is detected before anybody depends on it. A full disk is accepted: reads still work. */
export function tryToWrite(db: Database, file: string): void {
  try {
    db.exec(`BEGIN IMMEDIATE; PRAGMA user_version = ${FORMAT}; COMMIT;`);
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    if (!isFull(error))
      throw new Error(
        `${file} cannot be written to (${(error as Error).message}). Check the owner and mode of it, of ${file}-wal and of their folder, and whether their file system is mounted for writing.`,
      );
  }
}
