/** The ids that the log has had. */
import type { LogStatements } from './statements.js';
import { type EventRow, recordedOf } from './tables.js';

/** Oldest first. `file`: for the error's sentence. Throws a readable error if the log has no beginning. */
export function lineageIn(statements: Pick<LogStatements, 'ofLog'>, file: string): readonly string[] {
  const events = (statements.ofLog.all() as EventRow[]).map(recordedOf).map(({ event }) => event);
  if (events[0]?.type !== 'LogCreated')
    throw new Error(
      `${file} does not begin with LogCreated: the log is incomplete. Restore a backup: npm run restore -- --from FILE.`,
    );
  return events.flatMap((event) =>
    event.type === 'LogCreated' || event.type === 'LogRestored' ? event.data.log_id : [],
  );
}
