/**
 * Opens SQLite files with better-sqlite3. Its native objects are kept for ever: if it was compiled for Node 24.21, collecting one
 * while no context is entered ends the process ("RemoveEnvironmentCleanupHook … Assertion failed: (env) != nullptr"). The cause is
 * that version's node::ObjectWrap, and it cannot be caught. So open few files, and prepare each statement once.
 */
import BetterSqlite3 from 'better-sqlite3';

export type Database = BetterSqlite3.Database;
export type Statement = BetterSqlite3.Statement;

const kept: unknown[] = [];

function keep<T>(native: T): T {
  kept.push(native);
  return native;
}

/** Opens `file`, creating it if necessary. It and its statements stay in memory until the process ends, even when closed. */
export function openDatabase(file: string, options?: BetterSqlite3.Options): Database {
  const db = keep(new BetterSqlite3(file, options));
  const prepare = db.prepare.bind(db) as (source: string) => Statement;
  const prepareKept = (source: string): Statement => {
    const statement = keep(prepare(source));
    const iterate = statement.iterate.bind(statement);
    return Object.assign(statement, { iterate: (...parameters: unknown[]) => keep(iterate(...parameters)) });
  };
  return Object.assign(db, {
    prepare: prepareKept,
    pragma(source: string, { simple = false } = {}): unknown {
      const statement = prepareKept(`PRAGMA ${source}`);
      if (!statement.reader) return statement.run();
      return simple ? statement.pluck().get() : statement.all();
    },
  });
}

/** The disk has no space for the file, its WAL or the WAL's index, or the file is at its size limit. Nothing was written. */
export const isFull = (error: unknown): boolean =>
  ['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE'].includes(String((error as { code?: string }).code));
