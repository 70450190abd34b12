/** The writer's thread: writes change sets into the read model, each with its checkpoint in one transaction. */

import { parentPort, workerData } from 'node:worker_threads';
import { isFull, openDatabase, type Statement } from '../../log/sqlite/database.js';
import { alarmEventsTable } from './alarm-events.js';
import type { ChangeSet, WriterReport, WriterStart } from './change-set.js';
import { commandPruner, commandsTable } from './idempotency-records.js';
import { createIndexes, tables } from './read-model.js';
import { type Cell, type Table, tableWriter } from './table.js';

/** How long to wait before writing again after the disk was full, in milliseconds. */
const FULL_RETRY_MS = 500;

if (!parentPort) throw new Error('This file runs in a thread of its own');
const port = parentPort;
const say = (report: WriterReport): void => port.postMessage(report);

/** Pages of the WAL (4 KiB each) at which it is copied into the file: rarely, since that is when the log's fsyncs have to wait. */
const CHECKPOINT_PAGES = 16_000;

/** Memory for pages that are in use, in KiB. */
const CACHE_KIB = 65_536;

const { file, isRebuild } = workerData as WriterStart;
const db = openDatabase(file, { timeout: 5_000 });
db.pragma('journal_mode = WAL');
// A lost tail is folded again from the log; but no order of writes may be lost, or the file would be damaged. A rebuild's file
// counts for nothing before it is whole.
db.pragma(`synchronous = ${isRebuild ? 'OFF' : 'NORMAL'}`);
db.pragma(`journal_size_limit = ${CHECKPOINT_PAGES * 4_096}`);
db.pragma(`cache_size = -${CACHE_KIB}`);
db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);

const writers = new Map(tables.map((table) => [table.name, tableWriter(db, table)]));
const insert = (verb: string, { name, columns }: Table) =>
  db.prepare(`${verb} INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`);
const insertAlarmEvent = insert('INSERT', alarmEventsTable);
// An id that was forgotten may be used again; a rebuild then finds both uses of it in one change set.
const insertCommand = insert('INSERT OR REPLACE', commandsTable);
const setCheckpoint = db.prepare(
  'UPDATE checkpoint SET position = ?, event_id = ?, digest = ?, newest_at = ?, passed = ?',
);
const prune = commandPruner(db);
let prunedMinute = -1;

function insertAll(statement: Statement, width: number, cells: readonly Cell[]): void {
  for (let at = 0; at < cells.length; at += width) statement.run(...cells.slice(at, at + width));
}

const write = db.transaction((changes: ChangeSet) => {
  for (const [table, rows] of Object.entries(changes.rows)) writers.get(table)!(rows);
  insertAll(insertAlarmEvent, alarmEventsTable.columns.length, changes.alarmEvents);
  insertAll(insertCommand, commandsTable.columns.length, changes.commands);
  // Whole minutes, so that a rebuilt read model is pruned to the same row as one that followed live.
  const minute = Math.floor(changes.passedMs / 60_000);
  if (minute > prunedMinute) {
    prune(minute * 60_000);
    prunedMinute = minute;
  }
  setCheckpoint.run(changes.last.position, changes.last.id, changes.last.digest, changes.newestAt, changes.passedMs);
});

let retry: NodeJS.Timeout | undefined;

function follow(changes: ChangeSet): void {
  try {
    write(changes);
    say({ kind: 'written', position: changes.last.position });
  } catch (error) {
    prunedMinute = -1;
    if (!isFull(error)) return say({ kind: 'failed', message: (error as Error).message });
    say({ kind: 'full' });
    retry = setTimeout(() => follow(changes), FULL_RETRY_MS);
  }
}

port.on('message', (message: ChangeSet | 'close') => {
  if (message !== 'close') return follow(message);
  clearTimeout(retry);
  try {
    if (isRebuild) createIndexes(db);
    // Fsynced, so that a rebuilt file that takes the place of the old one is on the disk.
    db.pragma('synchronous = FULL');
    db.pragma('wal_checkpoint(TRUNCATE)');
  } catch (error) {
    // Without room the WAL stays beside the file, and the next start reads it there; a rebuilt file would be moved without it.
    if (isRebuild || !isFull(error)) throw error;
  }
  db.close();
  port.close();
});
