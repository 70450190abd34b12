/**
 * commands: the idempotency records. They hold which command ids were used, for what, and the answer, so that a repeated command
 * has no further effect and gets the same answer. They are kept for 24 hours that have certainly passed in the log
 * (steady-time.ts), whatever a clock shows. Records that are not written yet are held in memory.
 */
import type { Database } from '../../log/sqlite/database.js';
import type { Cell, Table } from './table.js';

/** How long an id is remembered, in milliseconds (24 h), measured in the log's time, never with a clock. */
export const REMEMBERED_MS = 24 * 60 * 60 * 1000;

/**
 * How far back the fold looks for another use of an id, in milliseconds (23 h). It is shorter than REMEMBERED_MS, because nodes
 * prune at different times and their clocks differ: within this time every node still has the record.
 */
const REUSE_MS = 23 * 60 * 60 * 1000;

export const commandsTable: Table = {
  name: 'commands',
  ddl: `CREATE TABLE commands (
    no       INTEGER PRIMARY KEY,
    key      TEXT NOT NULL UNIQUE,
    hash     TEXT NOT NULL,
    command  TEXT NOT NULL,
    stream   TEXT NOT NULL,
    revision INTEGER NOT NULL,
    position TEXT NOT NULL,
    at       TEXT NOT NULL,
    data     TEXT,
    passed   INTEGER NOT NULL
  );`,
  columns: ['key', 'hash', 'command', 'stream', 'revision', 'position', 'at', 'data', 'passed'],
  keys: 1,
};

export interface IdempotencyRecord {
  readonly key: string;
  readonly hash: string;
  /** The command's kind, for example `trigger_alarm`. */
  readonly command: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: string;
  readonly at: string;
  /** The answer's data, as JSON. In the table it is null for a command on a page: alarm_events holds it. */
  readonly data: string;
}

export const pushIdempotencyRecord = (
  cells: Cell[],
  record: IdempotencyRecord,
  inHistory: boolean,
  passedMs: number,
): unknown =>
  cells.push(
    record.key,
    record.hash,
    record.command,
    record.stream,
    record.revision,
    record.position,
    record.at,
    inHistory ? null : record.data,
    passedMs,
  );

/** Deletes all records that are older than 24 h when `passedMs` have passed in the log. Called within a transaction. */
export function commandPruner(db: Database): (passedMs: number) => void {
  const prune = db.prepare(
    'DELETE FROM commands WHERE no IN (SELECT no FROM commands ORDER BY no LIMIT 10000) AND passed < ?',
  );
  return (passedMs) => {
    while (prune.run(passedMs - REMEMBERED_MS).changes === 10_000);
  };
}

export function openIdempotencyRecords(db: Database): (key: string) => IdempotencyRecord | undefined {
  const find =
    db.prepare(`SELECT c.key, c.hash, c.command, c.stream, c.revision, c.position, c.at, coalesce(c.data, e.data) AS data
    FROM commands c LEFT JOIN alarm_events e ON c.data IS NULL AND e.page_id = substr(c.stream, 6) AND e.seq = c.revision WHERE c.key = ?`);
  return (key) => find.get(key) as IdempotencyRecord | undefined;
}

/** Whether an event at time `at` may not use the id of this record, because the record is of another command. */
export const forbidsReuse = (record: Pick<IdempotencyRecord, 'at'>, at: string): boolean =>
  Date.parse(record.at) >= Date.parse(at) - REUSE_MS;
