/**
 * A turn of the event loop that connections have made long. Commands are decided when a turn has brought all it has, and pushes go
 * out when it is over: what comes together is one commit, and one system call a socket. But when a thousand sockets come back at once,
 * that is one turn of a tenth of a second, and who stayed would hear nothing meanwhile. So what such a turn has brought is decided in
 * the middle of it, and pushed at once.
 *
 * Only work on connections counts. Were commands and pushes to count, many of them would break their own turn, and cost the more.
 */

/** Time of a turn after which it is broken, and again after each time that it was, in milliseconds. */
const LONG_MS = 4;

export interface LoopBudgetOptions {
  /** To be done in the middle of a long turn. */
  readonly onLong: () => void;
  readonly longMs?: number;
  /** A clock that never goes back, in milliseconds. */
  readonly now?: () => number;
  /** Calls back when this turn of the event loop is over. */
  readonly nextTurn?: (then: () => void) => void;
}

export class LoopBudget {
  readonly #onLong: () => void;
  readonly #longMs: number;
  readonly #now: () => number;
  readonly #nextTurn: (then: () => void) => void;
  /** When work began in this turn, or went on after it was broken; undefined between turns. */
  #since: number | undefined;
  #isBroken = false;
  #broken = 0;

  constructor({
    onLong,
    longMs = LONG_MS,
    now = () => performance.now(),
    nextTurn = (then) => void setImmediate(then),
  }: LoopBudgetOptions) {
    this.#onLong = onLong;
    this.#longMs = longMs;
    this.#now = now;
    this.#nextTurn = nextTurn;
  }

  /** Times that a turn was broken. */
  get broken(): number {
    return this.#broken;
  }

  /** Whether the turn is broken now: what is to go out has to go out at once. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** To be called before each piece of work on a connection. */
  step(): void {
    const now = this.#now();
    if (this.#since === undefined) {
      this.#nextTurn(() => {
        this.#since = undefined;
        this.#isBroken = false;
      });
    } else if (!this.#isBroken) {
      if (now - this.#since < this.#longMs) return;
      this.#isBroken = true;
      this.#broken += 1;
      return this.#onLong();
    }
    // What was decided has been pushed: the time of that does not count.
    this.#isBroken = false;
    this.#since = now;
  }
}
