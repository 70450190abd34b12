/** From where programs read events: the place of a cursor or of a moment. */
import { parseCursor, START_POSITION } from '../log/cursor.js';
import { comparePositions, type EventLog } from '../log/event-log.js';
import type { EventReaderOptions } from '../projections/event-reader.js';
import { placeOfMoment } from '../projections/moment-position.js';
import { POSITION_WAIT_MS } from '../projections/position-waiters.js';
import type { Projection } from '../projections/projection.js';
import type { Reply } from './endpoint.js';
import { problem, validationFailed } from './problems.js';

export type LogOfPlaces = Pick<EventLog, 'id' | 'engine' | 'isShared' | 'subscribe'>;

/** From where events are read. */
export type Place = Pick<EventReaderOptions, 'after' | 'isResumed' | 'from'>;

/** The place of a cursor, `start` or `now`, given in this field. */
export async function placeOf(
  after: string,
  projection: Projection,
  log: LogOfPlaces,
  field = 'after',
): Promise<Place | Reply> {
  const now = projection.position ?? START_POSITION;
  if (after === 'start') return { after: START_POSITION, isResumed: false };
  if (after === 'now') return { after: now, isResumed: false };
  const cursor = parseCursor(after, log);
  if (cursor.kind === 'malformed')
    return validationFailed([{ field, message: 'must be a cursor as the server gave it, start, or now' }]);
  const { position } = cursor.kind === 'position' ? cursor : { position: undefined };
  if (position === undefined || (!log.isShared && comparePositions(position, now) > 0))
    return problem(
      'log_changed',
      'The cursor is of another log: the log was restored or moved. Begin again, with after=start or after=now',
    );
  if (!(await projection.reached(position, POSITION_WAIT_MS)))
    return problem('not_caught_up', 'This node has not reached that cursor yet: try again', { retryAfterMs: 1_000 });
  return { after: position, isResumed: true };
}

/** The place of a moment; of one that is not reached yet, the end of the log. */
export async function placeFrom(moment: string, projection: Projection, log: LogOfPlaces): Promise<Place | Reply> {
  const now = projection.position ?? START_POSITION;
  if (!(await projection.writer.readable(POSITION_WAIT_MS)))
    return problem('not_caught_up', 'The history is still being written: try again', { retryAfterMs: 1_000 });
  const place = await placeOfMoment(moment, projection.moments, log);
  return place === undefined ? { after: now, isResumed: false, from: moment } : { after: place, isResumed: false };
}
