/**
 * Limits accepted connections that have not sent a request yet. Others stay paused, first in first out, so that a reconnect storm
 * cannot starve open sockets: without the limit, thousands of requests would arrive within one iteration of the event loop. Each
 * request makes room for the next connection.
 *
 * A connection counts only for a short time: distant clients need a round trip, and some connections never send anything.
 */
import type { ConnectionSource, Unread } from '../net/connections.js';
import { RemovableQueue } from './removable-queue.js';

/** Connections that may be without a request: about 5 ms of work if all of them send one at once. */
const AWAITED = 64;

/** Connections resumed per iteration of the event loop: about 1 ms of work. */
const PER_ITERATION = 16;

/** How long a connection without a request counts, in milliseconds. If none ever sends one, 1,280 per second are resumed. */
const PATIENCE_MS = 50;

/** A long queue raises the limit, so that no connection waits longer than this many times PATIENCE_MS (1.6 s), however many others arrive. */
const LONGEST_WAIT = 32;

export interface AcceptLimiterOptions {
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number;
  /** Calls back after this many milliseconds. */
  readonly after?: (milliseconds: number, then: () => void) => void;
  /** Calls back in the next iteration of the event loop. */
  readonly nextIteration?: (then: () => void) => void;
}

export class AcceptLimiter {
  readonly #queue = new RemovableQueue<Unread, Unread>();
  readonly #now: () => number;
  readonly #after: (milliseconds: number, then: () => void) => void;
  readonly #nextIteration: (then: () => void) => void;
  /** When the counted connections were accepted or resumed, oldest first. */
  readonly #awaited: number[] = [];
  #isTimed = false;
  #isDue = false;

  constructor({
    now = () => performance.now(),
    after = (milliseconds, then) => void setTimeout(then, milliseconds).unref(),
    nextIteration = (then) => void setImmediate(then),
  }: AcceptLimiterOptions = {}) {
    this.#now = now;
    this.#after = after;
    this.#nextIteration = nextIteration;
  }

  /** Paused connections. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** From now on limits the connections that the app accepts. */
  attach(app: ConnectionSource): void {
    app.filter((connection, change) => {
      if (change === 1) this.arrived(connection);
    });
  }

  arrived(connection: Unread): void {
    if (this.#queue.size === 0 && this.#hasRoom()) return void this.#awaited.push(this.#now());
    connection.pause();
    connection.onAborted(() => this.#queue.remove(connection));
    this.#queue.add(connection, connection);
    this.#continue();
  }

  /** A request has arrived. If it is the second one of its connection, one connection too many is resumed, which is harmless. */
  asked(): void {
    this.#awaited.shift();
    this.#continue();
  }

  #hasRoom(): boolean {
    const now = this.#now();
    let first = this.#awaited[0];
    while (first !== undefined && now - first >= PATIENCE_MS) {
      this.#awaited.shift();
      first = this.#awaited[0];
    }
    return this.#awaited.length < Math.max(AWAITED, this.#queue.size / LONGEST_WAIT);
  }

  #resumeNext(): void {
    for (let count = 0; count < PER_ITERATION && this.#queue.size > 0 && this.#hasRoom(); count += 1) {
      this.#queue.take().resume();
      this.#awaited.push(this.#now());
    }
    this.#continue();
  }

  /** Continues in the next iteration if there is room; otherwise when a request arrives or a connection no longer counts. */
  #continue(): void {
    if (this.#queue.size === 0 || this.#isDue) return;
    if (this.#hasRoom()) {
      this.#isDue = true;
      this.#nextIteration(() => {
        this.#isDue = false;
        this.#resumeNext();
      });
    } else if (!this.#isTimed) {
      this.#isTimed = true;
      const now = this.#now();
      this.#after((this.#awaited[0] ?? now) + PATIENCE_MS - now, () => {
        this.#isTimed = false;
        this.#continue();
      });
    }
  }
}
