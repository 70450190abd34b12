/**
 * The read model's file: opened, checked against the log, and created again if it does not match. It can be deleted at any time;
 * all its content comes from the log.
 */

import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { comparePositions, type EventLog, type Position } from '../../log/event-log.js';
import type { ReadModelMark } from '../../log/log-history.js';
import { type Database, openDatabase } from '../../log/sqlite/database.js';
import { LiveState } from '../live-state.js';
import { SteadyTime } from '../steady-time.js';
import { accessChangesTable } from './access-changes.js';
import { accessTokensTable, loadAccessTokens } from './access-tokens.js';
import { accountStatesTable, loadAccountStates } from './account-states.js';
import { acknowledgedAlarmsTable } from './acknowledged-alarms.js';
import { alarmEventsTable } from './alarm-events.js';
import { alarmsTable, loadAlarms } from './alarms.js';
import { denialsTable } from './denials.js';
import { groupsTable, loadGroups, userGroupsTable } from './groups.js';
import { commandsTable } from './idempotency-records.js';
import { momentsTable } from './moments.js';
import { occurrencesTable } from './occurrences.js';
import { pagePermissionsTable, pagesTable, readPages } from './pages.js';
import { endedSessionsTable, loadSessions, passwordChangesTable } from './sessions.js';
import { loadStartedSessions, startedSessionsTable } from './started-sessions.js';
import type { Table } from './table.js';
import { loadTextKeys, textKeysTable } from './text-keys.js';
import { loadUserRoles, userRolesTable } from './user-roles.js';
import { loadUsers, usersTable } from './users.js';

/** Raise it when the fold or the event rendering changes while the tables stay the same. It causes a rebuild. */
const FOLD_VERSION = 4;

export const tables: readonly Table[] = [
  usersTable,
  groupsTable,
  userGroupsTable,
  pagesTable,
  pagePermissionsTable,
  alarmsTable,
  alarmEventsTable,
  acknowledgedAlarmsTable,
  accessChangesTable,
  denialsTable,
  momentsTable,
  commandsTable,
  endedSessionsTable,
  passwordChangesTable,
  userRolesTable,
  startedSessionsTable,
  accountStatesTable,
  accessTokensTable,
  textKeysTable,
  occurrencesTable,
];

/** `event_id` and `digest` are of the event at `position`, so that another history of the same log is detected. */
const CHECKPOINT = `CREATE TABLE checkpoint (
  log_id    TEXT NOT NULL,
  origin    TEXT NOT NULL,
  engine    TEXT NOT NULL,
  schema    TEXT NOT NULL,
  position  TEXT,
  event_id  TEXT,
  digest    TEXT,
  newest_at TEXT NOT NULL DEFAULT '',
  passed    INTEGER NOT NULL DEFAULT 0,
  events    INTEGER NOT NULL DEFAULT 0
);`;
const schemaHash = createHash('sha256')
  .update(JSON.stringify([FOLD_VERSION, CHECKPOINT, tables]))
  .digest('hex');

/** The live state of a read model and its checkpoint; undefined: no event yet. */
export interface LoadedReadModel {
  readonly live: LiveState;
  readonly checkpoint: Position | undefined;
}

interface Checkpoint {
  readonly log_id: string;
  /** The id in the log's first event. Missing in the tables of earlier versions, as are the optional fields below. */
  readonly origin?: string;
  readonly engine: string;
  readonly schema: string;
  readonly position: string | null;
  readonly event_id?: string | null;
  readonly digest?: string | null;
  readonly newest_at?: string;
  readonly passed?: number;
  readonly events?: number;
}

export type LogOfReadModel = Pick<EventLog, 'id' | 'lineage' | 'engine' | 'eventAt'>;

export interface LoadOptions {
  /** It is built next to the one in use: its indexes are created when it is complete. */
  readonly isRebuild?: boolean | undefined;
  /** Called with the reason when a read model that does not match is deleted. */
  readonly onDiscard: (reason: string) => void;
}

/** The file's information about its log; undefined if the file is missing or unreadable. Changes nothing. */
export function readModelMark(file: string): ReadModelMark | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const db = openDatabase(file, { readonly: true, timeout: 1_000 });
    try {
      const { log_id, origin = log_id, engine, position, event_id, digest, newest_at } = readCheckpoint(db);
      return {
        log_id,
        origin,
        engine,
        newestAt: newest_at || undefined,
        head: position === null ? undefined : { position, ...(event_id && digest ? { id: event_id, digest } : {}) },
      };
    } finally {
      db.close();
    }
  } catch {
    return undefined;
  }
}

const readCheckpoint = (db: Database): Checkpoint => db.prepare('SELECT * FROM checkpoint').get() as Checkpoint;

/**
 * Ensures that `file` is a read model of `log` and not ahead of its `head`, and loads the live state from it. A file of another
 * log, engine or version, or one that is ahead or damaged, is deleted.
 */
export async function loadReadModel(
  file: string,
  log: LogOfReadModel,
  head: Position,
  { isRebuild = false, onDiscard }: LoadOptions,
): Promise<LoadedReadModel> {
  try {
    const db = openDatabase(file, { timeout: 1_000 });
    try {
      const reason = await misfit(db, log, head);
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
    db.prepare('INSERT INTO checkpoint (log_id, origin, engine, schema) VALUES (?, ?, ?, ?)').run(
      log.id,
      log.lineage[0],
      log.engine,
      schemaHash,
    );
  })();
  db.close();
  return { live: new LiveState(), checkpoint: undefined };
}

/** Call it once when the tables exist; for a rebuild when all rows are inserted, because building an index at once is far cheaper than row by row. */
export function createIndexes(db: Database): void {
  for (const { index } of tables) if (index !== undefined) db.exec(index);
}

/** Why the file cannot be used; undefined if it can. */
async function misfit(db: Database, log: LogOfReadModel, head: Position): Promise<string | undefined> {
  if (db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0) return 'new';
  const found = readCheckpoint(db);
  if (found.log_id !== log.id)
    return log.lineage.includes(found.log_id) ? 'the log was restored since' : 'it belongs to another log';
  if (found.schema !== schemaHash) return 'it was written by another version';
  if (found.engine !== log.engine)
    return `it belongs to the log on another engine (${found.engine}), which has other positions`;
  if (found.position !== null && comparePositions(found.position, head) > 0) return 'it is ahead of the log';
  if (found.position === null) return undefined;
  const last = await log.eventAt(found.position);
  return last?.id === found.event_id && last?.digest === found.digest ? undefined : 'its last event is not in the log';
}

function load(db: Database): LoadedReadModel {
  const { position, newest_at = '', passed = 0, events = 0 } = readCheckpoint(db);
  const live = new LiveState(new SteadyTime({ newestAt: newest_at, passedMs: passed }), events);
  loadUsers(db, live);
  loadGroups(db, live);
  loadSessions(db, live.endedSessions);
  loadUserRoles(db, live.roles);
  loadStartedSessions(db, live.startedSessions);
  loadAccountStates(db, live.accounts);
  loadAccessTokens(db, live.accessTokens);
  loadTextKeys(db, live.textKeys);
  const pages = readPages(db);
  loadAlarms(db, pages);
  for (const page of pages.values()) live.addPage(page);
  return { live, checkpoint: position ?? undefined };
}

/** Whether the error means that the file is damaged. */
export const isDamage = (error: unknown): boolean =>
  /^SQLITE_(CORRUPT|NOTADB|IOERR)/.test(String((error as { code?: string }).code));

export function deleteReadModel(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
}
