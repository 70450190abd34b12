/**
 * The place of a moment, a position or an index in the log. Events are not in the order of their `at`, because clocks differ; so a moment
 * is found by the running maximum of `at`. Every node finds the same place.
 */
import type { EventLog, Position, RecordedEvent, Subscription } from '../log/event-log.js';
import { comparePositions } from '../log/event-log.js';
import type { MomentMark, Moments } from './read-model/moments.js';

type Log = Pick<EventLog, 'subscribe'>;

/** An event of the log. */
export interface LogPlace {
  /** Its index among all events that are not private, from 0. */
  readonly n: number;
  readonly position: Position;
  readonly at: string;
}

/** The place before the first event at which the running maximum of `at` is not before the moment; undefined if there is none yet. */
export async function placeOfMoment(moment: string, moments: Moments, log: Log): Promise<Position | undefined> {
  // Moments are whole milliseconds: what is not after the one before is before this one.
  const earlier = new Date(Date.parse(moment) - 1).toISOString();
  const { next } = await scan(moments.markAtMoment(earlier), log, ({ newestAt }) => newestAt >= moment);
  return next && before(next);
}

/** The last event up to which the running maximum of `at` is not after the moment; undefined if the log began later. */
export const eventAtMoment = (moment: string, moments: Moments, log: Log): Promise<LogPlace | undefined> =>
  last(moments.markAtMoment(moment), log, ({ newestAt }) => newestAt > moment);

/** The last event at or before a position. */
export const eventAtPosition = (position: Position, moments: Moments, log: Log): Promise<LogPlace | undefined> =>
  last(moments.markAtPosition(position), log, (one) => comparePositions(one.position, position) > 0);

/** The event with this index; the last one if there are fewer. */
export const eventAtIndex = (index: number, moments: Moments, log: Log): Promise<LogPlace | undefined> =>
  last(moments.markAtIndex(index), log, ({ n }) => n > index);

/** The place directly before a position: no event is between the two. */
export const before = (position: Position): Position => (BigInt(position) - 1n).toString();

type IsPast = (event: { readonly n: number; readonly position: Position; readonly newestAt: string }) => boolean;

const last = async (mark: MomentMark | undefined, log: Log, isPast: IsPast): Promise<LogPlace | undefined> =>
  mark && (await scan(mark, log, isPast)).last;

/** Reads from a mark on, or from the start, up to the first event that is past. */
async function scan(
  mark: MomentMark | undefined,
  log: Log,
  isPast: IsPast,
): Promise<{ readonly last: LogPlace | undefined; readonly next: Position | undefined }> {
  let n = (mark?.n ?? 0) - 1;
  let newestAt = mark?.newest_at ?? '';
  let found: LogPlace | undefined;
  let next: Position | undefined;
  let subscription: Subscription | undefined;
  await new Promise<void>((resolve, reject) => {
    const take = ({ position, metadata: { at } }: RecordedEvent): void => {
      if (next !== undefined) return;
      n += 1;
      if (at > newestAt) newestAt = at;
      if (isPast({ n, position, newestAt })) {
        next = position;
        resolve();
      } else found = { n, position, at };
    };
    subscription = log.subscribe(mark && before(mark.position), { deliver: (events) => events.forEach(take) });
    subscription.caughtUp.then(resolve, reject);
  });
  subscription?.close();
  return { last: found, next };
}
