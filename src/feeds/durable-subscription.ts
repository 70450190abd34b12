/**
 * A subscription whose place the server keeps, and what happens to it: pure. Its partitions are held one by one by consumers. A page is
 * always in the same partition. `epoch` rises with each change of the holder and is the fence: who lost a partition acknowledges nothing.
 */
import { comparePositions, type Position } from '../log/event-log.js';
import type { Webhook } from './webhook.js';

/** How long a partition stays with a consumer that gives no sign of life, in seconds. */
export const LEASE_S = 30;

/** A sign of life is recorded for at least so long, so that a consumer that reads all the time causes few writes, in milliseconds. */
const RECORDED_MS = 2_000;

export interface Partition {
  /** Everything up to here is acknowledged. */
  readonly position: Position;
  /** Id of the event at `position`; null where there is none, as at the start. */
  readonly event: string | null;
  readonly epoch: number;
  /** The consumer that holds it, or held it last; null: nobody yet. */
  readonly holder: string | null;
  /** The end of its lease; for a free one, since when it is free: milliseconds since 1970. */
  readonly until: number;
  /** Of a webhook whose last try failed: how often in a row, when the next try is (milliseconds since 1970), why, and how many events it had. */
  readonly failing?:
    | { readonly times: number; readonly again: number; readonly why: string; readonly events: number }
    | undefined;
}

export interface DurableSubscription {
  readonly id: string;
  /** Its owner, whose rights it has. */
  readonly user: string;
  readonly name: string;
  /** Event types; null: all. */
  readonly types: readonly string[] | null;
  /** Ids of pages; null: all that its owner sees. */
  readonly pages: readonly string[] | null;
  /** RFC 3339, UTC, ms. */
  readonly created_at: string;
  /** The log and engine that the positions are of (cursorPrefix). */
  readonly log: string;
  /** Only events from this moment on, which was in the future at its creation; null: none. */
  readonly from: string | null;
  readonly partitions: readonly Partition[];
  readonly webhook?: Webhook | undefined;
}

/** The partition that all events of the page are in: FNV-1a of its id, so that it is the same on every node and in every version. */
export function partitionOf(pageId: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < pageId.length; at += 1) hash = Math.imul(hash ^ pageId.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % partitions;
}

export const isFree = ({ holder, until }: Partition, now: number): boolean => holder === null || until <= now;

const replaced = (
  subscription: DurableSubscription,
  index: number,
  changes: Partial<Partition>,
): DurableSubscription => ({
  ...subscription,
  partitions: subscription.partitions.map((partition, at) => (at === index ? { ...partition, ...changes } : partition)),
});

const leaseFrom = (now: number): number => now + LEASE_S * 1_000 + RECORDED_MS;

/** A subscription after a claim, and the partition that was claimed. */
export interface Claimed {
  readonly subscription: DurableSubscription;
  readonly index: number;
}

/** The consumer's partition, or the one that is free for the longest time; undefined if none is. `now`: milliseconds since 1970. */
export function claimed(subscription: DurableSubscription, consumer: string, now: number): Claimed | undefined {
  const { partitions } = subscription;
  const own = partitions.findIndex(({ holder }) => holder === consumer);
  // Held, or nobody took it since: its epoch stays.
  if (own !== -1) return { subscription: replaced(subscription, own, { until: leaseFrom(now) }), index: own };
  let index = -1;
  partitions.forEach((partition, at) => {
    const best = partitions[index];
    if (isFree(partition, now) && (!best || partition.until < best.until)) index = at;
  });
  const partition = partitions[index];
  if (!partition) return undefined;
  const changes = { holder: consumer, epoch: partition.epoch + 1, until: leaseFrom(now) };
  return { subscription: replaced(subscription, index, changes), index };
}

/** The partition with this index, which is free, for a consumer that may hold several. */
export const taken = (
  subscription: DurableSubscription,
  index: number,
  consumer: string,
  now: number,
): DurableSubscription =>
  replaced(subscription, index, {
    holder: consumer,
    epoch: (subscription.partitions[index]?.epoch ?? 0) + 1,
    until: leaseFrom(now),
  });

/**
 * Whether a consumer that names this epoch holds the partition. Without an epoch it has to be the only partition: then whoever asks holds it.
 */
export function holds({ partitions }: DurableSubscription, index: number, epoch: number | undefined): boolean {
  const partition = partitions[index];
  if (!partition) return false;
  return epoch === undefined ? partitions.length === 1 : partition.epoch === epoch && partition.holder !== null;
}

/** With a sign of life; the same subscription if the recorded one is recent enough. */
export function renewed(subscription: DurableSubscription, index: number, now: number): DurableSubscription {
  const partition = subscription.partitions[index];
  if (!partition || partition.holder === null || partition.until >= now + LEASE_S * 1_000) return subscription;
  return replaced(subscription, index, { until: leaseFrom(now) });
}

/** The partition is free at once. Its former holder's epoch is void. */
export function released(subscription: DurableSubscription, index: number, now: number): DurableSubscription {
  const epoch = (subscription.partitions[index]?.epoch ?? 0) + 1;
  return replaced(subscription, index, { holder: null, epoch, until: now });
}

/** Everything up to `position` is acknowledged; the same subscription if it was already. `event`: the id of the event there. */
export function acknowledged(
  subscription: DurableSubscription,
  index: number,
  place: Pick<Partition, 'position' | 'event'>,
  now: number,
): DurableSubscription {
  const partition = subscription.partitions[index];
  if (!partition || comparePositions(place.position, partition.position) <= 0) return subscription;
  const lease = partition.holder === null ? {} : { until: leaseFrom(now) };
  return replaced(subscription, index, { position: place.position, event: place.event, ...lease });
}

/** After a failed try of its webhook, or, with undefined, after none. */
export const failing = (
  subscription: DurableSubscription,
  index: number,
  how: Partition['failing'],
): DurableSubscription => replaced(subscription, index, { failing: how });

/** The moment that it waited for has come, at this position: nothing before it is read. */
export const begunAt = (subscription: DurableSubscription, position: Position): DurableSubscription => ({
  ...subscription,
  from: null,
  partitions: subscription.partitions.map((partition) =>
    comparePositions(partition.position, position) < 0 ? { ...partition, position, event: null } : partition,
  ),
});

/** On a log with another id: each partition goes on from its event if the log still has it there, else from `head`. `log`: as the field. */
export function relocated(
  subscription: DurableSubscription,
  log: string,
  isThere: (partition: Partition) => boolean,
  head: Pick<Partition, 'position' | 'event'>,
): DurableSubscription {
  return {
    ...subscription,
    log,
    partitions: subscription.partitions.map((partition) => ({
      ...partition,
      ...(isThere(partition) ? {} : head),
      // Whoever held it read another log.
      epoch: partition.epoch + 1,
      holder: null,
      until: 0,
    })),
  };
}
