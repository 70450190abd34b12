/**
 * commands: which ids have been used, by what, and what was answered; so that a command sent again has one effect and the
 * same answer. Kept for 24 hours that have passed in the log for certain (steady-time.ts), whatever a clock says meanwhile; what the
 * writer has not written yet is held in memory.
 */
import type { Database } from '../../log/sqlite/database.js';
import type { Cell, Table } from './table.js';

/** How long an id is remembered, in milliseconds (24 h), counted in the log's time, never from a clock. */
export const REMEMBERED_MS = 24 * 60 * 60 * 1000;

/**
 * How far back the fold looks for another use of an id, in milliseconds (23 h). Less than what is remembered, since nodes prune at
 * different moments and their clocks differ: within this time each of them still has the record.
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
  /** Kind of the command, `trigger_alarm` say. */
  readonly command: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: string;
  readonly at: string;
  /** What was answered, as JSON. In the table null for a page's command: alarm_events holds it. */
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

/** Deletes the oldest records until none is left that is older than 24 h when `passedMs` have passed in the log. Called within a transaction. */
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

/** Whether an event taken `at` may not use the id whose record this is, since it is another's. */
export const forbidsReuse = (record: IdempotencyRecord, at: string): boolean =>
  Date.parse(record.at) >= Date.parse(at) - REUSE_MS;
