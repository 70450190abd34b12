/** Operational state in a log that is copied to another engine, whose positions are others: subscriptions go on there at the same event. */
import type { Position } from '../log/event-log.js';
import type { DurableSubscription, Partition } from './durable-subscription.js';

/** An event's place in the copy. */
export interface MovedPlace {
  readonly position: Position;
  /** The event's id; null: before every event. */
  readonly event: string | null;
}

type Value = Readonly<Record<string, unknown>> | null;

const isSubscription = (value: Value): boolean =>
  typeof value?.['log'] === 'string' && Array.isArray(value['partitions']);

/** The positions in the log that a state names. */
export const positionsIn = (value: unknown): Position[] =>
  isSubscription(value as Value) ? (value as DurableSubscription).partitions.map(({ position }) => position) : [];

export interface MovedPlaces {
  /** Of the last event at or before a position. */
  of(position: Position): MovedPlace;
  /** Of the last event of all. */
  readonly head: MovedPlace;
}

/** The state as it is in the copy. `log`: the prefix of the copy's cursors. */
export function movedState(value: unknown, log: string, places: MovedPlaces): unknown {
  const state = value as Value;
  if (typeof state?.['log'] !== 'string') return value;
  if (!isSubscription(state)) return { ...state, log };
  const subscription = value as DurableSubscription;
  return {
    ...subscription,
    log,
    partitions: subscription.partitions.map((partition) => ({
      ...partition,
      ...placeOf(partition, places),
      // Whoever held it read the other log.
      epoch: partition.epoch + 1,
      holder: null,
      until: 0,
    })),
  } satisfies DurableSubscription;
}

/** Of an event that the log does not have any more, as after a restore: the end. */
function placeOf({ position, event }: Partition, places: MovedPlaces): MovedPlace {
  const place = places.of(position);
  return event === null || event === place.event ? place : places.head;
}
