/** The events of a partition of a subscription, with its owner's rights of the moment at which each is read. */
import { START_POSITION } from '../log/cursor.js';
import type { Position } from '../log/event-log.js';
import type { EventFeed } from '../projections/event-feed.js';
import { EventReader } from '../projections/event-reader.js';
import type { Projection } from '../projections/projection.js';
import { type DurableSubscription, partitionOf } from './durable-subscription.js';

export interface ReaderParts {
  readonly projection: Projection;
  readonly feed: EventFeed;
}

/** `after`: events after this position are read. */
export function readerOf(
  { user, types, pages, from, partitions }: DurableSubscription,
  partition: number,
  after: Position,
  { projection, feed }: ReaderParts,
): EventReader {
  return new EventReader({
    projection,
    feed,
    userId: user,
    filter: {
      types: types ? new Set(types) : undefined,
      pages: pages ? new Set(pages) : undefined,
      isIncluded:
        partitions.length === 1 ? undefined : (pageId) => partitionOf(pageId, partitions.length) === partition,
    },
    after,
    from: from ?? undefined,
    isResumed: after !== START_POSITION,
  });
}
