/** The writer thread: writes change sets to the read model, each with its checkpoint in one transaction. */

import { closeSync, fdatasyncSync, openSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { isFull, openDatabase, type Statement } from '../../log/sqlite/database.js';
import { accessChangesTable } from './access-changes.js';
import { alarmEventsTable } from './alarm-events.js';
import type { ChangeSet, WriterReport, WriterStart } from './change-set.js';
import { commandPruner, commandsTable } from './idempotency-records.js';
import { momentsTable } from './moments.js';
import { createIndexes, tables } from './read-model.js';
import { type Cell, type Table, tableWriter } from './table.js';

/** How long to wait before the next attempt when the disk is full, in milliseconds. */
const FULL_RETRY_MS = 500;

if (!parentPort) throw new Error('This file runs in a thread of its own');
const port = parentPort;
const report = (report: WriterReport): void => port.postMessage(report);
report({ kind: 'loaded' });

/** Pages of the WAL (4 KiB each) at which it is copied into the file. Rarely, because the log's fsyncs have to wait for it. */
const CHECKPOINT_PAGES = 16_000;

/**
 * Events after which the WAL is flushed, long before its checkpoint does it: the log's fsyncs wait for what the disk is given at once, and
 * 64 MB at a time held them up for more than 100 ms (docs/performance.md).
 */
const FLUSH_EVENTS = 100;

/** Cache size, in KiB. */
const CACHE_KIB = 65_536;

const { file, isRebuild } = workerData as WriterStart;
const db = openDatabase(file, { timeout: 5_000 });
db.pragma('journal_mode = WAL');
// Lost transactions are folded again from the log, but the order of writes has to be kept, or the file would be damaged. The file
// of a rebuild is not used before it is complete.
db.pragma(`synchronous = ${isRebuild ? 'OFF' : 'NORMAL'}`);
db.pragma(`journal_size_limit = ${CHECKPOINT_PAGES * 4_096}`);
db.pragma(`cache_size = -${CACHE_KIB}`);
db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);

const writers = new Map(tables.map((table) => [table.name, tableWriter(db, table)]));
const insert = (verb: string, { name, columns }: Table) =>
  db.prepare(`${verb} INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`);
const insertAlarmEvent = insert('INSERT', alarmEventsTable);
const insertAccessChange = insert('INSERT', accessChangesTable);
const insertMoment = insert('INSERT', momentsTable);
// A forgotten id may be used again; a rebuild then finds both uses in one change set.
const insertCommand = insert('INSERT OR REPLACE', commandsTable);
const setCheckpoint = db.prepare(
  'UPDATE checkpoint SET position = ?, event_id = ?, digest = ?, newest_at = ?, passed = ?, events = ?',
);
const prune = commandPruner(db);
let prunedMinute = -1;

function insertAll(statement: Statement, width: number, cells: readonly Cell[]): void {
  for (let at = 0; at < cells.length; at += width) statement.run(...cells.slice(at, at + width));
}

const write = db.transaction((changes: ChangeSet) => {
  for (const [table, rows] of Object.entries(changes.rows)) writers.get(table)!(rows);
  insertAll(insertAlarmEvent, alarmEventsTable.columns.length, changes.alarmEvents);
  insertAll(insertAccessChange, accessChangesTable.columns.length, changes.accessChanges);
  insertAll(insertMoment, momentsTable.columns.length, changes.moments);
  insertAll(insertCommand, commandsTable.columns.length, changes.commands);
  // Rounded to minutes, so that a rebuilt read model is pruned to the same row as one that was written live.
  const minute = Math.floor(changes.passedMs / 60_000);
  if (minute > prunedMinute) {
    prune(minute * 60_000);
    prunedMinute = minute;
  }
  const { last, newestAt, passedMs, events } = changes;
  setCheckpoint.run(last.position, last.id, last.digest, newestAt, passedMs, events);
});

let wal: number | undefined;
let flushedEvents = 0;

/** Errors of a flush that the next write or checkpoint meets again, where they are handled. */
const MET_AGAIN: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'ENOENT']);

/** `events`: in the log, as far as they are written. */
function flush(events: number): void {
  if (isRebuild || events - flushedEvents < FLUSH_EVENTS) return;
  flushedEvents = events;
  try {
    wal ??= openSync(`${file}-wal`, 'r+');
    fdatasyncSync(wal);
  } catch (error) {
    if (!MET_AGAIN.has((error as NodeJS.ErrnoException).code)) throw error;
  }
}

let retry: NodeJS.Timeout | undefined;

function writeOrRetry(changes: ChangeSet): void {
  try {
    write(changes);
    report({ kind: 'written', position: changes.last.position });
    flush(changes.events);
  } catch (error) {
    prunedMinute = -1;
    if (!isFull(error)) return report({ kind: 'failed', message: (error as Error).message });
    report({ kind: 'full' });
    retry = setTimeout(() => writeOrRetry(changes), FULL_RETRY_MS);
  }
}

port.on('message', (message: ChangeSet | 'close') => {
  if (message !== 'close') return writeOrRetry(message);
  clearTimeout(retry);
  try {
    if (isRebuild) createIndexes(db);
    // With fsync, so that a rebuilt file is on the disk before it replaces the old one.
    db.pragma('synchronous = FULL');
    db.pragma('wal_checkpoint(TRUNCATE)');
  } catch (error) {
    // If there is no space, the WAL stays next to the file and the next start reads it; but a rebuilt file would be moved without
    // it.
    if (isRebuild || !isFull(error)) throw error;
  }
  db.close();
  if (wal !== undefined) closeSync(wal);
  port.close();
});
