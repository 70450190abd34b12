/**
 * moments: the first event at which the running maximum of `at` reached each second. From it follows from which position on events are
 * at or after a moment, without reading the log from its start. Rows are only added.
 */
import type { Position } from '../../log/event-log.js';
import type { Database } from '../../log/sqlite/database.js';
import type { Cell, Table } from './table.js';

export const momentsTable: Table = {
  name: 'moments',
  ddl: `CREATE TABLE moments (
    second   TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    newest_at TEXT NOT NULL
  ) WITHOUT ROWID;`,
  columns: ['second', 'position', 'newest_at'],
  keys: 1,
};

/** The second of a moment (RFC 3339, UTC, ms). */
export const secondOf = (at: string): string => at.slice(0, 19);

export const pushMoment = (cells: Cell[], newestAt: string, position: Position): unknown =>
  cells.push(secondOf(newestAt), position, newestAt);

/** An event, and the running maximum of `at` up to and including it. */
export interface MomentMark {
  readonly position: Position;
  readonly newest_at: string;
}

/** Reads the mark of the last second at or before the one of `at`; undefined if there is none. */
export function openMoments(db: Database): (at: string) => MomentMark | undefined {
  const find = db.prepare(
    'SELECT CAST(position AS TEXT) AS position, newest_at FROM moments WHERE second <= ? ORDER BY second DESC LIMIT 1',
  );
  return (at) => find.get(secondOf(at)) as MomentMark | undefined;
}
