/**
 * The time of new events: this node's clock, or, while that is behind the newest event of the log, the event's time plus the time
 * since it was read. So time in the log never goes back, whatever happens to a clock, even across a restart.
 */

/** A clock that is behind the log by more than this is reported, in milliseconds; at most once per BEHIND_PAUSE_MS. */
const BEHIND_MS = 2_000;
const BEHIND_PAUSE_MS = 60_000;

/** If the clock is further behind at startup, the start is refused, in milliseconds: the clock or the newest event's time must be wrong. */
const START_BEHIND_MS = 5 * 60_000;

export interface LogClockOptions {
  /** The machine's clock: milliseconds since 1970. */
  readonly wall?: () => number;
  /** A monotonic clock, in milliseconds. */
  readonly monotonic?: () => number;
}

export class LogClock {
  readonly #wall: () => number;
  readonly #monotonic: () => number;
  /** The latest time read or issued: in milliseconds, when that was, and as text. */
  #newestMs = -Infinity;
  #since = 0;
  #newestAt = '';
  #reportedAt = -Infinity;
  /** Called with the number of milliseconds that the machine's clock is behind the log. */
  onBehind: (behindMs: number) => void = () => undefined;

  constructor({ wall = Date.now, monotonic = () => performance.now() }: LogClockOptions = {}) {
    this.#wall = wall;
    this.#monotonic = monotonic;
  }

  /** An event with this time (RFC 3339, UTC, ms) was read; earlier events may have been read with it. */
  observe(at: string): void {
    if (at <= this.#newestAt) return;
    this.#newestAt = at;
    const ms = Date.parse(at);
    if (ms <= this.#nowMs(this.#monotonic())) return;
    this.#newestMs = ms;
    this.#since = this.#monotonic();
  }

  /** The time of an event written now: RFC 3339, UTC, ms. Never before one issued or read. */
  at(): string {
    const monotonic = this.#monotonic();
    const wall = this.#wall();
    const ms = Math.max(wall, this.#nowMs(monotonic));
    if (ms - wall > BEHIND_MS && monotonic - this.#reportedAt > BEHIND_PAUSE_MS) {
      this.#reportedAt = monotonic;
      this.onBehind(ms - wall);
    }
    this.#newestMs = ms;
    this.#since = monotonic;
    const at = new Date(ms).toISOString();
    if (at > this.#newestAt) this.#newestAt = at;
    return at;
  }

  /** Why a start with this clock is refused, as a sentence; undefined if it is accepted. */
  whyRefused(): string | undefined {
    const behind = this.#newestMs - this.#wall();
    if (behind <= START_BEHIND_MS) return undefined;
    return `This machine's clock shows ${new Date(this.#wall()).toISOString()}, and the newest event in the log is of ${this.#newestAt}, ${Math.round(behind / 60_000)} minutes later. If the clock is wrong, correct it. If it is correct, and was wrong when that event was written, start once with --accept-clock (npm start -- --accept-clock): time in the log then continues from that event.`;
  }

  /** Rounded down to whole milliseconds, so that issued times do not run ahead of the clock. */
  #nowMs(monotonic: number): number {
    return this.#newestMs + Math.floor(monotonic - this.#since);
  }
}
