/** The tables of the embedded log, and what is checked of them at every start. */
import { APPLICATION_ID, FORMAT } from './log-file.js';
import type { Database } from './sqlite.js';

/** No index but the one that guards (stream, revision): each further one makes every commit dirty more pages. */
export const TABLES = `
  CREATE TABLE streams (no INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream   INTEGER NOT NULL REFERENCES streams (no),
    revision INTEGER NOT NULL,
    id       TEXT    NOT NULL,
    type     TEXT    NOT NULL,
    data     TEXT    NOT NULL,
    metadata TEXT    NOT NULL,
    UNIQUE (stream, revision)
  );
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${FORMAT};
`;

/** What to do about a log that is not whole. */
const RESTORE = 'npm run verify -- --data DIR says more; restore a backup: npm run restore -- --from FILE.';

/** Marks a copy that `npm run backup` made, until it is used as a log: whoever puts it in place has restored it. */
export const BACKUP_MARK = 'CREATE TABLE backup (log_id TEXT NOT NULL, made_at TEXT NOT NULL)';

/** Whether it was put in place as `npm run backup` made it, and has not been used since. */
export const isBackup = (db: Database): boolean => db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'backup'`).get() !== undefined;

/** Positions and the revisions of each stream have no gaps. Reads the index alone, which guards the revisions. */
export function refuseGaps(db: Database, file: string, head: number): void {
  const { events, broken } = db.prepare('SELECT coalesce(sum(events), 0) AS events, coalesce(sum(events <> last + 1), 0) AS broken FROM (SELECT count(*) AS events, max(revision) AS last FROM events GROUP BY stream)').get() as { events: number; broken: number };
  if (events === head && broken === 0) return;
  throw new Error(`${file} is not whole: it ends at position ${head} and ${events === head ? `${broken} of its streams lack revisions` : `its index knows ${events} events`}. Nothing was changed. ${RESTORE}`);
}
