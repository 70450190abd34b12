/**
 * The place of a moment in the log. Events are not in the order of their `at`, because clocks differ; so a moment begins at the first event
 * at which the running maximum of `at` is not before it. Every node finds the same place.
 */
import type { EventLog, Position, RecordedEvent, Subscription } from '../log/event-log.js';
import type { MomentMark } from './read-model/moments.js';

/** The place before the first event that is at or after the moment; undefined if there is none yet. */
export async function placeOfMoment(
  moment: string,
  momentBefore: (at: string) => MomentMark | undefined,
  log: Pick<EventLog, 'subscribe'>,
): Promise<Position | undefined> {
  const mark = momentBefore(moment);
  if (mark && mark.newest_at >= moment) return before(mark.position);
  return firstAfter(mark, moment, log);
}

/** The place directly before a position: no event is between the two. */
const before = (position: Position): Position => (BigInt(position) - 1n).toString();

/** Reads the events of the second of the mark, or all before the first mark. */
async function firstAfter(
  mark: MomentMark | undefined,
  moment: string,
  log: Pick<EventLog, 'subscribe'>,
): Promise<Position | undefined> {
  let found: RecordedEvent | undefined;
  let subscription: Subscription | undefined;
  await new Promise<void>((resolve, reject) => {
    subscription = log.subscribe(mark?.position, {
      deliver: (events) => {
        found ??= events.find(({ metadata }) => metadata.at >= moment);
        if (found) resolve();
      },
    });
    subscription.caughtUp.then(resolve, reject);
  });
  subscription?.close();
  return found && before(found.position);
}
