/** Where a shared log ends, for any number who ask at once: one read at a time, each asker answered by one that began after he asked. */
import type { EventLog, Position } from '../log/event-log.js';

export class HeadReads {
  readonly #log: Pick<EventLog, 'head'>;
  /** Resolves when the last read that was begun is over. */
  #lastOver: Promise<unknown> = Promise.resolve();
  /** Not begun yet: whoever asks now is answered by it. */
  #next: Promise<Position> | undefined;

  constructor(log: Pick<EventLog, 'head'>) {
    this.#log = log;
  }

  /** Position of an event behind which there was none when this was called, or of a later one. Rejects as the log's read does. */
  head(): Promise<Position> {
    return (this.#next ??= this.#lastOver.then(() => this.#begin()));
  }

  #begin(): Promise<Position> {
    this.#next = undefined;
    const reading = this.#log.head();
    this.#lastOver = reading.catch(() => undefined);
    return reading;
  }
}
