/** Reads what the log in a file contains without changing it, before a start decides whether it may use it. */
import { LOG_STREAM } from '../../domain/streams.js';
import { textDigest } from '../event-codec.js';
import type { EventMark } from '../event-log.js';
import type { FoundLog } from '../log-history.js';
import { type Database, openDatabase } from './database.js';
import type { EventRow } from './tables.js';

/** The remedy for an incomplete log. */
const RESTORE = 'npm run verify -- --data DIR shows details; restore a backup: npm run restore -- --from FILE.';

/** Calls `use` with the result; undefined if there is no event. Throws a readable error if positions or revisions have gaps. */
export function probeLog<T>(file: string, use: (found: FoundLog | undefined) => T): T {
  const db = openDatabase(file, { readonly: true, timeout: 5_000 });
  try {
    return use(foundIn(db, file));
  } catch (error) {
    if (!(error as { code?: string }).code?.startsWith('SQLITE_')) throw error;
    throw new Error(
      `${file} cannot be read (${(error as Error).message}): it is damaged, or this process may not read it. Nothing was changed. ${RESTORE}`,
    );
  } finally {
    db.close();
  }
}

function foundIn(db: Database, file: string): FoundLog | undefined {
  const head = db.prepare('SELECT max(position) FROM events').pluck().get() as number | null;
  refuseGaps(db, file, head ?? 0);
  if (head === null) return undefined;
  const rows =
    'SELECT position, s.name AS stream, revision, id, type, data, metadata FROM events JOIN streams s ON s.no = stream';
  const at = db.prepare(`${rows} WHERE position = ?`);
  const ofLog = db.prepare(`${rows} WHERE s.name = '${LOG_STREAM}' ORDER BY revision`).all() as EventRow[];
  if (ofLog[0]?.type !== 'LogCreated' || ofLog[0].position !== 1)
    throw new Error(`${file} does not begin with LogCreated: the log is incomplete. Nothing was changed. ${RESTORE}`);
  return {
    lineage: ofLog.map(({ data }) => (JSON.parse(data) as { log_id: string }).log_id),
    head: String(head),
    isBackup: db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'backup'`).get() !== undefined,
    at: (position) => markOf(at.get(Number(position)) as EventRow | undefined),
  };
}

const markOf = (row: EventRow | undefined): EventMark | undefined =>
  row && { position: String(row.position), id: row.id, digest: textDigest(row) };

/** Checks that positions and the revisions of each stream have no gaps. Reads only the index, which enforces the revisions. */
function refuseGaps(db: Database, file: string, head: number): void {
  const { events, broken } = db
    .prepare(
      'SELECT coalesce(sum(events), 0) AS events, coalesce(sum(events <> last + 1), 0) AS broken FROM (SELECT count(*) AS events, max(revision) AS last FROM events GROUP BY stream)',
    )
    .get() as { events: number; broken: number };
  if (events === head && broken === 0) return;
  throw new Error(
    `${file} is not whole: it ends at position ${head} and ${events === head ? `${broken} of its streams lack revisions` : `its index knows ${events} events`}. Nothing was changed. ${RESTORE}`,
  );
}
