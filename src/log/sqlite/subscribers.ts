/** The subscribers of the log: each catches up from the file and then gets committed events. Private streams are excluded. */
import { setImmediate as nextIteration } from 'node:timers/promises';
import { isPrivate } from '../../domain/streams.js';
import type { Position, RecordedEvent, Subscriber, Subscription } from '../event-log.js';
import type { Statement } from './database.js';
import { CATCH_UP_BATCH } from './statements.js';
import { type EventCells, recordedOfCells } from './tables.js';

export class Subscribers {
  readonly #rowsAfter: Statement;
  readonly #live = new Set<Subscriber>();
  #closed = false;

  /** `rowsAfter` reads the next CATCH_UP_BATCH events after a position. */
  constructor(rowsAfter: Statement) {
    this.#rowsAfter = rowsAfter;
  }

  subscribe(after: Position | undefined, subscriber: Subscriber): Subscription {
    let open = true;
    let position = after === undefined ? 0 : Number(after);
    const catchUp = async (): Promise<void> => {
      for (;;) {
        await nextIteration();
        if (!open || this.#closed) return;
        const rows = this.#rowsAfter.all(position) as EventCells[];
        position = rows.at(-1)?.[0] ?? position;
        const publicEvents = rows.filter(([, stream]) => !isPrivate(stream)).map(recordedOfCells);
        const pause = publicEvents.length > 0 ? subscriber.deliver(publicEvents) : undefined;
        if (pause) await pause;
        // Commits happen on this thread, so nothing can have been appended between that read and going live.
        else if (rows.length < CATCH_UP_BATCH) return void this.#live.add(subscriber);
      }
    };
    return {
      caughtUp: catchUp(),
      close: () => {
        open = false;
        this.#live.delete(subscriber);
      },
    };
  }

  /** Delivers newly committed events to subscribers that have caught up. */
  deliver(events: readonly RecordedEvent[]): void {
    for (const subscriber of this.#live) subscriber.deliver(events);
  }

  close(): void {
    this.#closed = true;
    this.#live.clear();
  }
}
