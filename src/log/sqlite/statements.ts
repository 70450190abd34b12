/** The prepared statements of the embedded log. */
import { LOG_STREAM, streamFamilies } from '../../domain/streams.js';
import type { Database } from './database.js';

/** Events read at a time by a subscription that is catching up. */
export const CATCH_UP_BATCH = 2_000;

const ROWS =
  'SELECT position, s.name AS stream, revision, id, type, data, metadata FROM events JOIN streams s ON s.no = stream';

/** A condition on a stream's name: not of a private family. */
const IS_PUBLIC = Object.values(streamFamilies)
  .filter(({ isPrivate }) => isPrivate)
  .map(({ prefix }) => `s.name NOT LIKE '${prefix}%'`)
  .join(' AND ');

export type LogStatements = ReturnType<typeof prepareStatements>;

export const prepareStatements = (db: Database) => ({
  begin: db.prepare('BEGIN IMMEDIATE'),
  commit: db.prepare('COMMIT'),
  rollback: db.prepare('ROLLBACK'),
  insert: db.prepare(
    'INSERT INTO events (position, stream, revision, id, type, data, metadata) VALUES (?, ?, ?, ?, ?, ?, ?)',
  ),
  /** Rows as arrays (EventCells), which are read faster than objects. */
  after: db.prepare(`${ROWS} WHERE position > ? ORDER BY position LIMIT ${CATCH_UP_BATCH}`).raw(),
  at: db.prepare(`${ROWS} WHERE position = ?`),
  last: db.prepare(`${ROWS} WHERE stream = ? ORDER BY revision DESC LIMIT 1`),
  ofLog: db.prepare(`${ROWS} WHERE s.name = '${LOG_STREAM}' ORDER BY revision`),
  idsFrom: db.prepare('SELECT id, position FROM events WHERE stream = ? AND revision > ? ORDER BY revision LIMIT ?'),
  overwrite: db.prepare('UPDATE events SET data = ? WHERE stream = ? AND revision < ?'),
  newest: db.prepare('SELECT coalesce(max(position), 0) FROM events').pluck(),
  head: db
    .prepare(
      `SELECT position FROM events JOIN streams s ON s.no = stream WHERE ${IS_PUBLIC} ORDER BY position DESC LIMIT 1`,
    )
    .pluck(),
});
