/** text_keys: whose free text the log holds, with which of their keys it was written, and which of them were destroyed. */
import type { TextKeyState, TextKeys } from '../../domain/text-keys.js';
import type { Database } from '../../log/sqlite/database.js';
import type { Row, Table } from './table.js';

export const textKeysTable: Table = {
  name: 'text_keys',
  ddl: `CREATE TABLE text_keys (
    user_id TEXT PRIMARY KEY,
    used    INTEGER NOT NULL,
    erased  INTEGER NOT NULL
  ) WITHOUT ROWID;`,
  columns: ['user_id', 'used', 'erased'],
  keys: 1,
};

export const textKeyRow = (userId: string, { used, erased }: TextKeyState): Row => [userId, used, erased];

export function loadTextKeys(db: Database, keys: TextKeys): void {
  for (const row of db.prepare('SELECT user_id, used, erased FROM text_keys').iterate()) {
    const { user_id, ...state } = row as TextKeyState & { user_id: string };
    keys.set(user_id, state);
  }
}
