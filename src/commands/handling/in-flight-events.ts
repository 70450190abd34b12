/**
 * Events appended but not yet delivered by the subscription, by stream. The next batch is decided on the live state plus these, so
 * a stream need not wait for a round trip to another machine.
 */
import type { NewEvent } from '../../log/event-log.js';

/** An event and the command that waits for it, if one does: none waits for the event of a deadline. */
export interface InFlightEvent<W> {
  readonly event: NewEvent;
  readonly waiting: W | undefined;
}

const NONE: readonly never[] = [];

export class InFlightEvents<W> {
  readonly #streams = new Map<string, Map<string, InFlightEvent<W>>>();

  /** Appends them after those already in flight, in stream order. */
  add(stream: string, inFlight: Iterable<InFlightEvent<W>>): void {
    const events = this.#streams.get(stream) ?? new Map<string, InFlightEvent<W>>();
    for (const one of inFlight) events.set(one.event.id, one);
    if (events.size > 0) this.#streams.set(stream, events);
  }

  /** Removes the delivered event and returns the command that waits for it. */
  take(stream: string, id: string): W | undefined {
    const events = this.#streams.get(stream);
    const found = events?.get(id);
    if (!events || !found) return undefined;
    events.delete(id);
    if (events.size === 0) this.#streams.delete(stream);
    return found.waiting;
  }

  /** In stream order. */
  of(stream: string): readonly NewEvent[] {
    const events = this.#streams.get(stream);
    return events ? Array.from(events.values(), ({ event }) => event) : NONE;
  }

  size(stream: string): number {
    return this.#streams.get(stream)?.size ?? 0;
  }
}
