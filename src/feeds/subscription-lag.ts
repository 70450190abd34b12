/** How far a subscription is behind: the events that it has and has not acknowledged. */
import { START_POSITION } from '../log/cursor.js';
import { comparePositions, type Position } from '../log/event-log.js';
import type { EventFeed } from '../projections/event-feed.js';
import { EventReader } from '../projections/event-reader.js';
import type { Projection } from '../projections/projection.js';
import { type DurableSubscription, partitionOf } from './durable-subscription.js';

/** Events that are looked at for a user who asks, at most. */
const COUNTED = 10_000;

export interface Lag {
  readonly events: number;
  /** Whether there are more: counting has ended. */
  readonly more: boolean;
  /** Since the oldest of them, in seconds; null: there is none. */
  readonly seconds: number | null;
}

/** `counted`: events that are looked at, at most. Rejects with TablesBehind. */
export async function lagOf(
  { user, types, pages, partitions, from }: DurableSubscription,
  { projection, feed }: { readonly projection: Projection; readonly feed: EventFeed },
  counted = COUNTED,
): Promise<Lag> {
  const after = partitions.reduce<Position | undefined>(
    (least, { position }) => (least === undefined || comparePositions(position, least) < 0 ? position : least),
    undefined,
  );
  const filter = { types: types ? new Set(types) : undefined, pages: pages ? new Set(pages) : undefined };
  const reader = new EventReader({
    projection,
    feed,
    userId: user,
    filter,
    after: after ?? START_POSITION,
    from: from ?? undefined,
    isResumed: false,
  });
  let events = 0;
  let oldest: string | undefined;
  for (let looked = 0; looked < counted; ) {
    const part = await reader.read(counted - looked);
    for (const { pageId, entry } of part.events) {
      const partition = partitions[partitionOf(pageId, partitions.length)];
      if (partition && comparePositions(entry.position, partition.position) <= 0) continue;
      events += 1;
      if (oldest === undefined || entry.at < oldest) oldest = entry.at;
    }
    looked += part.looked;
    if (reader.isCaughtUp) return { events, more: false, seconds: secondsSince(oldest) };
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { events, more: true, seconds: secondsSince(oldest) };
}

const secondsSince = (at: string | undefined): number | null =>
  at === undefined ? null : Math.max(0, Math.round((Date.now() - Date.parse(at)) / 1_000));
