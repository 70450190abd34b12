/**
 * Commands a second of each user, over all of his sockets and HTTP together: a token bucket that holds one second's worth. Of a
 * user only the moment is kept at which his bucket will be full again (the generic cell rate algorithm, ITU-T I.371).
 */
export class CommandRate {
  /** Time that one command costs, in milliseconds; 0 where there is no limit. */
  readonly #costMs: number;
  readonly #now: () => number;
  /** One number for a user that has ever sent a command to this process: fewer than the live state holds of him. */
  readonly #fullAt = new Map<string, number>();

  /** `perSecond` may be Infinity: no limit. `now` is a clock that never goes back, in milliseconds. */
  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#costMs = 1_000 / perSecond;
    this.#now = now;
  }

  /** Takes one command's worth. 0: it may go on; otherwise nothing was taken, and so many whole milliseconds have to pass. */
  take(userId: string): number {
    if (this.#costMs === 0) return 0;
    const now = this.#now();
    const fullAt = Math.max(this.#fullAt.get(userId) ?? now, now) + this.#costMs;
    // A bucket of one second's worth, and one command at least, is never further from full than this.
    const over = fullAt - now - Math.max(1_000, this.#costMs);
    // What is left of a sum of fractions is no time to wait.
    if (over > 1e-6) return Math.ceil(over);
    this.#fullAt.set(userId, fullAt);
    return 0;
  }
}
