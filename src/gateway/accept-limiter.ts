/**
 * Where new connections wait. When thousands come within a second, their requests would come in heaps: while the loop works off one
 * heap, the next piles up, and each is a time in which nobody else is heard. So only some connections at a time may be without having
 * asked for anything; the others wait, accepted but not read, in the order of their coming. Each that asks makes room for the next.
 *
 * One that does not ask for long is not waited for: clients far away take a round trip, and some connections never ask.
 */
import type { ConnectionSource, Unread } from '../net/connections.js';
import { Line } from './removable-queue.js';

/** Connections that may be without having asked: some 5 ms of work if all do at once. */
const AWAITED = 64;

/** Connections let in in one iteration of the event loop: some 1 ms of work. */
const PER_TURN = 16;

/** How long one counts as about to ask, in milliseconds. Where none ever asks, 1,280 a second are let in. */
const PATIENCE_MS = 50;

/** Of a long line more are let in: so nobody waits longer than this many times the patience, 1.6 s, whoever else comes. */
const LONGEST_WAIT = 32;

export interface AcceptLimiterOptions {
  /** A clock that never goes back, in milliseconds. */
  readonly now?: () => number;
  /** Calls back after so many milliseconds. */
  readonly after?: (milliseconds: number, then: () => void) => void;
  /** Calls back in the next iteration of the event loop. */
  readonly nextTurn?: (then: () => void) => void;
}

export class AcceptLimiter {
  readonly #line = new Line<Unread, Unread>();
  readonly #now: () => number;
  readonly #after: (milliseconds: number, then: () => void) => void;
  readonly #nextTurn: (then: () => void) => void;
  /** When those were let in that are awaited, the first one first. */
  readonly #awaited: number[] = [];
  #isTimed = false;
  #isDue = false;

  constructor({
    now = () => performance.now(),
    after = (milliseconds, then) => void setTimeout(then, milliseconds).unref(),
    nextTurn = (then) => void setImmediate(then),
  }: AcceptLimiterOptions = {}) {
    this.#now = now;
    this.#after = after;
    this.#nextTurn = nextTurn;
  }

  /** Connections that wait to be let in. */
  get waiting(): number {
    return this.#line.size;
  }

  /** From now on it limits the connections that the app accepts. */
  attach(app: ConnectionSource): void {
    app.filter((connection, change) => {
      if (change === 1) this.arrived(connection);
    });
  }

  arrived(connection: Unread): void {
    if (this.#line.size === 0 && this.#hasRoom()) return void this.#awaited.push(this.#now());
    connection.pause();
    connection.onAborted(() => this.#line.leave(connection));
    this.#line.add(connection, connection);
    this.#goOn();
  }

  /** A request has come. It may be the second one of its connection: then one connection too many is let in, which does no harm. */
  asked(): void {
    this.#awaited.shift();
    this.#goOn();
  }

  #hasRoom(): boolean {
    const now = this.#now();
    let first = this.#awaited[0];
    while (first !== undefined && now - first >= PATIENCE_MS) {
      this.#awaited.shift();
      first = this.#awaited[0];
    }
    return this.#awaited.length < Math.max(AWAITED, this.#line.size / LONGEST_WAIT);
  }

  #letIn(): void {
    for (let count = 0; count < PER_TURN && this.#line.size > 0 && this.#hasRoom(); count += 1) {
      this.#line.take().resume();
      this.#awaited.push(this.#now());
    }
    this.#goOn();
  }

  /** In the next turn if there is room; if not, when somebody has asked, or is not waited for any more. */
  #goOn(): void {
    if (this.#line.size === 0 || this.#isDue) return;
    if (this.#hasRoom()) {
      this.#isDue = true;
      this.#nextTurn(() => {
        this.#isDue = false;
        this.#letIn();
      });
    } else if (!this.#isTimed) {
      this.#isTimed = true;
      const now = this.#now();
      this.#after((this.#awaited[0] ?? now) + PATIENCE_MS - now, () => {
        this.#isTimed = false;
        this.#goOn();
      });
    }
  }
}
