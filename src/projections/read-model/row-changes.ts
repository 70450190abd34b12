/** The changes of a table's rows, from what was touched. */
import type { Row, RowChanges } from './table.js';

export const optionally = <T>(value: T | undefined, row: (value: T) => Row): Row | undefined =>
  value === undefined ? undefined : row(value);

/** The same of a table whose rows have the id of what they are about as key. */
export const rowsById = <T>(
  touched: Iterable<string>,
  found: { get(id: string): T | undefined },
  row: (id: string, value: T) => Row,
): RowChanges =>
  rowChanges(
    touched,
    (id) => optionally(found.get(id), (value) => row(id, value)),
    (id) => [id],
  );

/** `row` returns the whole row, or undefined if it no longer exists: then the row with that key is removed. */
export function rowChanges<T>(
  touched: Iterable<T>,
  row: (touched: T) => Row | undefined,
  key: (touched: T) => Row,
): RowChanges {
  const changes: RowChanges = { upserts: [], removals: [] };
  for (const one of touched) {
    const found = row(one);
    if (found) changes.upserts.push(found);
    else changes.removals.push(key(one));
  }
  return changes;
}
