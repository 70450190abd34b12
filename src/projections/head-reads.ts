/** Coalesces concurrent head() calls on a shared log: one read at a time, and each caller gets a read that started after their call. */
import type { EventLog, Position } from '../log/event-log.js';

export class HeadReads {
  readonly #log: Pick<EventLog, 'head'>;
  /** Resolves when the last started read is over. */
  #lastOver: Promise<unknown> = Promise.resolve();
  /** Not started yet: serves all calls until it starts. */
  #next: Promise<Position> | undefined;

  constructor(log: Pick<EventLog, 'head'>) {
    this.#log = log;
  }

  /** Position of the log's last event at the time of this call, or of a later one. Rejects as the log's read does. */
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
