/** started_sessions: the sessions that an operator is shown. */
import type { StartedSession, StartedSessions } from '../../domain/started-sessions.js';
import type { Database } from '../../log/sqlite/database.js';
import type { Row, Table } from './table.js';

export const startedSessionsTable: Table = {
  name: 'started_sessions',
  ddl: `CREATE TABLE started_sessions (
    session_id   TEXT PRIMARY KEY,
    user_id      TEXT NOT NULL,
    started_at   TEXT NOT NULL,
    until        TEXT NOT NULL,
    position     TEXT NOT NULL,
    forget_after INTEGER NOT NULL
  ) WITHOUT ROWID;`,
  columns: ['session_id', 'user_id', 'started_at', 'until', 'position', 'forget_after'],
  keys: 1,
};

export const startedSessionRow = (
  sessionId: string,
  { user_id, started_at, until, position, forget_after }: StartedSession,
): Row => [sessionId, user_id, started_at, until, position, forget_after];

export function loadStartedSessions(db: Database, sessions: StartedSessions): void {
  // In log order, in which they are forgotten: positions are decimal numbers of any length.
  for (const row of db
    .prepare(
      'SELECT session_id, user_id, started_at, until, position, forget_after FROM started_sessions ORDER BY length(position), position',
    )
    .iterate()) {
    const { session_id, ...started } = row as StartedSession & { session_id: string };
    sessions.add(session_id, started);
  }
}
