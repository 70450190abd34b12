/** account_states: who was deactivated, reset or made by an operator, and who logged in when. */
import type { AccountState, AccountStates } from '../../domain/account-states.js';
import type { Database } from '../../log/sqlite/database.js';
import type { Row, Table } from './table.js';

const columns = [
  'user_id',
  'inactive_since',
  'last_login_at',
  'made_by',
  'password_reset_at',
  'password_reset_by',
] as const;

export const accountStatesTable: Table = {
  name: 'account_states',
  ddl: `CREATE TABLE account_states (
    user_id           TEXT PRIMARY KEY,
    inactive_since    TEXT,
    last_login_at     TEXT,
    made_by           TEXT,
    password_reset_at TEXT,
    password_reset_by TEXT
  ) WITHOUT ROWID;`,
  columns,
  keys: 1,
};

export const accountStateRow = (userId: string, state: AccountState): Row => [
  userId,
  state.inactive_since,
  state.last_login_at,
  state.made_by,
  state.password_reset_at,
  state.password_reset_by,
];

export function loadAccountStates(db: Database, accounts: AccountStates): void {
  for (const row of db.prepare(`SELECT ${columns.join(', ')} FROM account_states`).iterate()) {
    const { user_id, ...state } = row as AccountState & { user_id: string };
    accounts.set(user_id, state);
  }
}
