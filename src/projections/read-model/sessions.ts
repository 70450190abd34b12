/** ended_sessions and password_changes: sessions that ended before their expiry, so that they are known after a restart. */
import type { EndedSession, EndedSessions, PasswordChange } from '../../domain/ended-sessions.js';
import type { Database } from '../../log/sqlite/database.js';
import type { Row, Table } from './table.js';

export const endedSessionsTable: Table = {
  name: 'ended_sessions',
  ddl: `CREATE TABLE ended_sessions (
    session_id TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL,
    until      TEXT NOT NULL,
    position   TEXT NOT NULL,
    forget_after INTEGER NOT NULL
  ) WITHOUT ROWID;`,
  columns: ['session_id', 'user_id', 'until', 'position', 'forget_after'],
  keys: 1,
};

export const passwordChangesTable: Table = {
  name: 'password_changes',
  ddl: `CREATE TABLE password_changes (
    user_id    TEXT PRIMARY KEY,
    credential INTEGER NOT NULL,
    session_id TEXT NOT NULL
  ) WITHOUT ROWID;`,
  columns: ['user_id', 'credential', 'session_id'],
  keys: 1,
};

export const endedSessionRow = (sessionId: string, { user_id, until, position, forget_after }: EndedSession): Row => [
  sessionId,
  user_id,
  until,
  position,
  forget_after,
];
export const passwordChangeRow = (userId: string, { credential, session_id }: PasswordChange): Row => [
  userId,
  credential,
  session_id,
];

export function loadSessions(db: Database, sessions: EndedSessions): void {
  // In log order, which is the order of forgetting. Positions are decimal numbers of any length.
  for (const row of db
    .prepare(
      'SELECT session_id, user_id, until, position, forget_after FROM ended_sessions ORDER BY length(position), position',
    )
    .iterate()) {
    const { session_id, ...ended } = row as EndedSession & { session_id: string };
    sessions.add(session_id, ended);
  }
  for (const row of db.prepare('SELECT user_id, credential, session_id FROM password_changes').iterate()) {
    const { user_id, credential, session_id } = row as PasswordChange & { user_id: string };
    sessions.addChange(user_id, { credential, session_id });
  }
}
