/** users: registered users. */
import type { Database } from '../../log/sqlite/database.js';
import type { LiveState, User } from '../live-state.js';
import type { Row, Table } from './table.js';

export const usersTable: Table = {
  name: 'users',
  ddl: `CREATE TABLE users (
    id          TEXT PRIMARY KEY,
    username    TEXT NOT NULL,
    name_stream TEXT NOT NULL UNIQUE,
    created_at  TEXT NOT NULL
  ) WITHOUT ROWID;`,
  columns: ['id', 'username', 'name_stream', 'created_at'],
  keys: 1,
};

export const userRow = (user: User): Row => [user.id, user.username, user.name_stream, user.created_at];

export function loadUsers(db: Database, live: LiveState): void {
  for (const row of db.prepare('SELECT id, username, name_stream, created_at FROM users').iterate())
    live.addUser(row as User);
}
