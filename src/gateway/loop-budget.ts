/**
 * Limits how long work on connections may delay commands and pushes within one iteration of the event loop. Commands are normally
 * decided at the end of an iteration and pushes are sent after it: one commit, and one system call per socket. But a thousand
 * sockets that reconnect at once make an iteration of a tenth of a second, and the open sockets would receive nothing in that time.
 * So when such an iteration exceeds the budget, its commands are decided and pushed immediately.
 *
 * Only work on connections counts. If commands and pushes counted, many of them would interrupt their own iteration and cost more.
 */

/** Budget of an iteration, in milliseconds; it starts again after each interruption. */
const LONG_MS = 4;

export interface LoopBudgetOptions {
  /** Called when an iteration has exceeded the budget. */
  readonly onLong: () => void;
  readonly longMs?: number;
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number;
  /** Calls back when this iteration of the event loop is over. */
  readonly nextIteration?: (then: () => void) => void;
}

export class LoopBudget {
  readonly #onLong: () => void;
  readonly #longMs: number;
  readonly #now: () => number;
  readonly #nextIteration: (then: () => void) => void;
  /** When work in this iteration began or continued after an interruption; undefined between iterations. */
  #since: number | undefined;
  #isBroken = false;
  #broken = 0;

  constructor({
    onLong,
    longMs = LONG_MS,
    now = () => performance.now(),
    nextIteration = (then) => void setImmediate(then),
  }: LoopBudgetOptions) {
    this.#onLong = onLong;
    this.#longMs = longMs;
    this.#now = now;
    this.#nextIteration = nextIteration;
  }

  /** How often an iteration was interrupted. */
  get broken(): number {
    return this.#broken;
  }

  /** Whether the iteration is interrupted now: messages have to be sent immediately. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Has to be called before each piece of work on a connection. */
  step(): void {
    const now = this.#now();
    if (this.#since === undefined) {
      this.#nextIteration(() => {
        this.#since = undefined;
        this.#isBroken = false;
      });
    } else if (!this.#isBroken) {
      if (now - this.#since < this.#longMs) return;
      this.#isBroken = true;
      this.#broken += 1;
      return this.#onLong();
    }
    // Excludes the time of deciding and pushing.
    this.#isBroken = false;
    this.#since = now;
  }
}
