/**
 * log_marks: every 128th event of the log with its index, its position and the running maximum of `at` up to it. With it the place of a moment,
 * of a position or of an index is found without reading the log from its start. Rows are only added.
 */
import type { Position } from '../../log/event-log.js';
import type { Database } from '../../log/sqlite/database.js';
import type { Cell, Table } from './table.js';

/** Events from one row to the next. */
const EVERY = 128;

export const momentsTable: Table = {
  name: 'log_marks',
  ddl: `CREATE TABLE log_marks (
    n         INTEGER PRIMARY KEY,
    position  INTEGER NOT NULL,
    newest_at TEXT NOT NULL
  );`,
  index: `CREATE INDEX log_marks_of_position ON log_marks (position);
    CREATE INDEX log_marks_of_time ON log_marks (newest_at);`,
  columns: ['n', 'position', 'newest_at'],
  keys: 1,
};

/** `n`: the event's index among all events that are not private, from 0. */
export function pushMoment(cells: Cell[], n: number, newestAt: string, position: Position): void {
  if (n % EVERY === 0) cells.push(n, position, newestAt);
}

/** An event, and the running maximum of `at` up to and including it. */
export interface MomentMark {
  readonly n: number;
  readonly position: Position;
  readonly newest_at: string;
}

export interface Moments {
  /** The last mark whose running maximum is at or before `at`; undefined if there is none. */
  markAtMoment(at: string): MomentMark | undefined;
  /** The last mark at or before a position. */
  markAtPosition(position: Position): MomentMark | undefined;
  /** The last mark at or before an index. */
  markAtIndex(n: number): MomentMark | undefined;
}

export function openMoments(db: Database): Moments {
  const mark = 'SELECT n, CAST(position AS TEXT) AS position, newest_at FROM log_marks';
  const ofMoment = db.prepare(`${mark} WHERE newest_at <= ? ORDER BY newest_at DESC, n DESC LIMIT 1`);
  const ofPosition = db.prepare(
    `${mark} WHERE position <= CAST(? AS INTEGER) ORDER BY log_marks.position DESC LIMIT 1`,
  );
  const ofIndex = db.prepare(`${mark} WHERE n <= ? ORDER BY n DESC LIMIT 1`);
  return {
    markAtMoment: (at) => ofMoment.get(at) as MomentMark | undefined,
    markAtPosition: (position) => ofPosition.get(position) as MomentMark | undefined,
    markAtIndex: (n) => ofIndex.get(n) as MomentMark | undefined,
  };
}
