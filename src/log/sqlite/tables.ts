/** The tables of the embedded log, and what is checked of them at every start. */

import { decodeText } from '../event-codec.js';
import type { RecordedEvent } from '../event-log.js';
import { type Database, isFull } from './database.js';
import { APPLICATION_ID, FORMAT } from './log-file.js';

/** No index but the one that guards (stream, revision): each further one makes every commit dirty more pages. */
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

/** An event as it is stored, with the name of its stream. */
export interface EventRow {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

/** The event of a row. Throws UndecodableEvent. */
export const recordedOf = (row: EventRow): RecordedEvent => decodeText({ ...row, position: String(row.position) });

/** Marks a copy that `npm run backup` made, until it is used as a log: whoever puts it in place has restored it. */
export const BACKUP_MARK = 'CREATE TABLE IF NOT EXISTS backup (log_id TEXT NOT NULL, made_at TEXT NOT NULL)';

export const DROP_BACKUP_MARK = 'DROP TABLE IF EXISTS backup';

/** A write that changes nothing, so that a log which cannot be written to is noticed before anybody depends on it. A full disk is another matter: reading goes on. */
export function tryToWrite(db: Database, file: string): void {
  try {
    db.exec(`BEGIN IMMEDIATE; PRAGMA user_version = ${FORMAT}; COMMIT;`);
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    if (!isFull(error))
      throw new Error(
        `${file} cannot be written to (${(error as Error).message}). Look at the owner and the mode of it, of ${file}-wal and of their folder, and whether their file system is mounted for writing.`,
      );
  }
}
