/** How a table of the read model is described, and how rows get into it. Each table family has a file of its own. */
import type { Database } from '../../log/sqlite/database.js';

export type Cell = string | number | null;
export type Row = readonly Cell[];

export interface Table {
  readonly name: string;
  /** CREATE TABLE. Part of the schema's hash, as is the index: any change of them means a rebuild. */
  readonly ddl: string;
  /** CREATE INDEX, if there is one beside the primary key's. */
  readonly index?: string;
  /** All columns, those of the primary key first. */
  readonly columns: readonly string[];
  /** How many of the columns are the primary key. */
  readonly keys: number;
}

/** What happened to the rows of one table since the last change set: `upserts` are whole rows, `removals` keys. */
export interface RowChanges {
  readonly upserts: Row[];
  readonly removals: Row[];
}

/** Writes changes of `table` into `db`; to be called within a transaction. */
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
