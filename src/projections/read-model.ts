/**
 * The read model's file: opened, checked against the log, created anew when it does not fit. It can be deleted at any time;
 * everything in it comes from the log.
 */
import { openDatabase, type Database } from '../log/sqlite.js';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { comparePositions, type EventLog, type Position } from '../log/event-log.js';
import { alarmEventsTable } from './alarm-events.js';
import { alarmsTable, loadAlarms } from './alarms.js';
import { commandsTable } from './command-records.js';
import { groupsTable, loadGroups, userGroupsTable } from './groups.js';
import { LiveState } from './live-state.js';
import { pagePermissionsTable, pagesTable, readPages } from './pages.js';
import { endedSessionsTable, loadSessions, passwordChangesTable } from './sessions.js';
import type { Table } from './table.js';
import { loadUsers, usersTable } from './users.js';

/** To be raised when the fold or the narration changes while the tables stay as they are: it means a rebuild. */
const FOLD_VERSION = 1;

export const tables: readonly Table[] = [usersTable, groupsTable, userGroupsTable, pagesTable, pagePermissionsTable, alarmsTable, alarmEventsTable, commandsTable, endedSessionsTable, passwordChangesTable];

const CHECKPOINT = 'CREATE TABLE checkpoint (log_id TEXT NOT NULL, engine TEXT NOT NULL, schema TEXT NOT NULL, position TEXT);';
const schemaHash = createHash('sha256').update(JSON.stringify([FOLD_VERSION, CHECKPOINT, tables])).digest('hex');

/** The events folded into a read model up to its checkpoint; undefined: none yet. */
export interface LoadedReadModel {
  readonly live: LiveState;
  readonly checkpoint: Position | undefined;
}

export interface LoadOptions {
  /** It is built beside one in use: it gets its indexes when it is whole. */
  readonly isRebuild?: boolean | undefined;
  /** Told why one that does not fit is deleted. */
  readonly onDiscard: (reason: string) => void;
}

/**
 * Makes sure that `file` is a read model of `log`, not ahead of its `head`, and loads the live state from it. One that is of
 * another log, engine or version, ahead, or damaged is deleted.
 */
export function loadReadModel(file: string, log: Pick<EventLog, 'id' | 'engine'>, head: Position, { isRebuild = false, onDiscard }: LoadOptions): LoadedReadModel {
  try {
    const db = openDatabase(file, { timeout: 1_000 });
    try {
      const reason = misfit(db, log, head);
      if (reason === undefined) return load(db);
      if (reason !== 'new') onDiscard(reason);
    } finally {
      db.close();
    }
  } catch (error) {
    onDiscard(`it could not be read (${(error as Error).message})`);
  }
  deleteReadModel(file);
  const db = openDatabase(file);
  db.pragma('journal_mode = WAL');
  db.transaction(() => {
    for (const { ddl } of tables) db.exec(ddl);
    if (!isRebuild) createIndexes(db);
    db.exec(CHECKPOINT);
    db.prepare('INSERT INTO checkpoint (log_id, engine, schema) VALUES (?, ?, ?)').run(log.id, log.engine, schemaHash);
  })();
  db.close();
  return { live: new LiveState(), checkpoint: undefined };
}

/** To be called once, when the tables are there; for a rebuild when all rows are in them: sorted at once is far cheaper than row by row. */
export function createIndexes(db: Database): void {
  for (const { index } of tables) if (index !== undefined) db.exec(index);
}

/** Why the file cannot be used, or undefined if it can. */
function misfit(db: Database, log: Pick<EventLog, 'id' | 'engine'>, head: Position): string | undefined {
  if (db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0) return 'new';
  const found = db.prepare('SELECT * FROM checkpoint').get() as { log_id: string; engine: string; schema: string; position: string | null };
  if (found.log_id !== log.id) return 'it belongs to another log';
  if (found.schema !== schemaHash) return 'it was written by another version';
  if (found.engine !== log.engine) return `it follows the log on another engine (${found.engine}), whose positions are others`;
  if (found.position !== null && comparePositions(found.position, head) > 0) return 'it is ahead of the log';
  return undefined;
}

function load(db: Database): LoadedReadModel {
  const live = new LiveState();
  loadUsers(db, live);
  loadGroups(db, live);
  loadSessions(db, live.endedSessions);
  const pages = readPages(db);
  loadAlarms(db, pages);
  for (const page of pages.values()) live.addPage(page);
  return { live, checkpoint: (db.prepare('SELECT position FROM checkpoint').pluck().get() as string | null) ?? undefined };
}

/** Whether the error says that the file is not what was once written to it. */
export const isDamage = (error: unknown): boolean => /^SQLITE_(CORRUPT|NOTADB|IOERR)/.test(String((error as { code?: string }).code));

export function deleteReadModel(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
}
