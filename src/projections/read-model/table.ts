/** The description of a read-model table, and how rows are written to it. Each table has its own file. */
import type { Database } from '../../log/sqlite/database.js';

export type Cell = string | number | null;
export type Row = readonly Cell[];

export interface Table {
  readonly name: string;
  /** CREATE TABLE. Part of the schema's hash, like the index: a change of them causes a rebuild. */
  readonly ddl: string;
  /** CREATE INDEX, if there is one in addition to the primary key's. */
  readonly index?: string;
  /** All columns, those of the primary key first. */
  readonly columns: readonly string[];
  /** Number of columns in the primary key. */
  readonly keys: number;
}

/** Changes of one table's rows since the last change set: `upserts` are whole rows, `removals` are keys. */
export interface RowChanges {
  readonly upserts: Row[];
  readonly removals: Row[];
}

/** Writes changes of `table` to `db`; call it within a transaction. */
export function tableWriter(db: Database, { name, columns, keys }: Table): (changes: RowChanges) => void {
  const key = columns.slice(0, keys);
  const rest = columns.slice(keys);
  const onConflict =
    rest.length > 0 ? `UPDATE SET ${rest.map((column) => `${column} = excluded.${column}`).join(', ')}` : 'NOTHING';
  const upsert = db.prepare(
    `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT (${key.join(', ')}) DO ${onConflict}`,
  );
  const remove = db.prepare(`DELETE FROM ${name} WHERE ${key.map((column) => `${column} = ?`).join(' AND ')}`);
  return ({ upserts, removals }) => {
    for (const row of removals) remove.run(...row);
    for (const row of upserts) upsert.run(...row);
  };
}
