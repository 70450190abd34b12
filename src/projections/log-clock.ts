/**
 * The time that is given to what a node writes: its own clock's, or, while that is behind the newest event of the log, that event's time
 * plus what has passed since it was read. So time in the log never goes back, whatever is done to a clock, also over a restart.
 */

/** A node that is behind the log by more than this says so, in milliseconds; at most once in BEHIND_PAUSE_MS. */
const BEHIND_MS = 2_000;
const BEHIND_PAUSE_MS = 60_000;

/** A start that is further behind is refused, in milliseconds: the clock, or the time of the newest event, must be wrong. */
const START_BEHIND_MS = 5 * 60_000;

export interface LogClockOptions {
  /** The machine's clock: milliseconds since 1970. */
  readonly wall?: () => number;
  /** Milliseconds that pass evenly whatever is done to the clock. */
  readonly monotonic?: () => number;
}

export class LogClock {
  readonly #wall: () => number;
  readonly #monotonic: () => number;
  /** The latest time that was read or given out, when that was, and as text. */
  #newestMs = -Infinity;
  #since = 0;
  #newestAt = '';
  #saidAt = -Infinity;
  /** Told that the machine's clock is so many milliseconds behind the log. */
  onBehind: (behindMs: number) => void = () => undefined;

  constructor({ wall = Date.now, monotonic = () => performance.now() }: LogClockOptions = {}) {
    this.#wall = wall;
    this.#monotonic = monotonic;
  }

  /** An event was read that bears this time (RFC 3339, UTC, ms), or none later. */
  saw(at: string): void {
    if (at <= this.#newestAt) return;
    this.#newestAt = at;
    const ms = Date.parse(at);
    if (ms <= this.#nowMs(this.#monotonic())) return;
    this.#newestMs = ms;
    this.#since = this.#monotonic();
  }

  /** The time of what is written now: RFC 3339, UTC, ms. Never before one that was given out or seen. */
  at(): string {
    const monotonic = this.#monotonic();
    const wall = this.#wall();
    const ms = Math.max(wall, this.#nowMs(monotonic));
    if (ms - wall > BEHIND_MS && monotonic - this.#saidAt > BEHIND_PAUSE_MS) {
      this.#saidAt = monotonic;
      this.onBehind(ms - wall);
    }
    this.#newestMs = ms;
    this.#since = monotonic;
    const at = new Date(ms).toISOString();
    if (at > this.#newestAt) this.#newestAt = at;
    return at;
  }

  /** Why a start with this clock is refused, as a sentence; undefined if it is not. */
  whyRefused(): string | undefined {
    const behind = this.#newestMs - this.#wall();
    if (behind <= START_BEHIND_MS) return undefined;
    return `This machine's clock says ${new Date(this.#wall()).toISOString()}, and the newest event in the log is of ${this.#newestAt}, ${Math.round(behind / 60_000)} minutes later. If the clock is wrong, set it right. If it is right, and was wrong when that event was written, start once with --accept-clock (npm start -- --accept-clock): time in the log then goes on from that event.`;
  }

  /** Whole milliseconds, so that what is given out does not run ahead of the clock. */
  #nowMs(monotonic: number): number {
    return this.#newestMs + Math.floor(monotonic - this.#since);
  }
}
