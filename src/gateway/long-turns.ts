/**
 * A turn of the event loop that has become long. Commands are decided when a turn has brought all it has, and pushes go out when it
 * is over: what comes together is one commit, and one system call a socket. But when a thousand sockets come back at once, that is
 * one turn of a tenth of a second, and who stayed would hear nothing meanwhile. So what a long turn has brought is decided in the middle of
 * it, and pushed at once.
 */

/** Time after which a turn is long, and again after each time that it was broken, in milliseconds. */
const LONG_MS = 4;

export interface LongTurnsOptions {
  /** To be done in the middle of a long turn. */
  readonly onLong: () => void;
  readonly longMs?: number;
  /** A clock that never goes back, in milliseconds. */
  readonly now?: () => number;
  /** Calls back when this turn of the event loop is over. */
  readonly nextTurn?: (then: () => void) => void;
}

export class LongTurns {
  readonly #onLong: () => void;
  readonly #longMs: number;
  readonly #now: () => number;
  readonly #nextTurn: (then: () => void) => void;
  /** When the turn began, or was broken last; undefined between turns. */
  #since: number | undefined;
  #isLong = false;

  constructor({ onLong, longMs = LONG_MS, now = () => performance.now(), nextTurn = (then) => void setImmediate(then) }: LongTurnsOptions) {
    this.#onLong = onLong;
    this.#longMs = longMs;
    this.#now = now;
    this.#nextTurn = nextTurn;
  }

  /** Whether what is to go out has to go out at once. */
  get isLong(): boolean {
    return this.#isLong;
  }

  /** To be called before each of the pieces of work that a turn is made of. */
  step(): void {
    const now = this.#now();
    if (this.#since === undefined) {
      this.#nextTurn(() => {
        this.#since = undefined;
        this.#isLong = false;
      });
    } else {
      if (now - this.#since < this.#longMs) return;
      this.#isLong = true;
      this.#onLong();
    }
    this.#since = now;
  }
}
