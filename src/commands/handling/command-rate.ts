/**
 * Limits the commands per second of each user, over all their sockets and HTTP together: a token bucket. It stores only the time at
 * which a user's bucket will be full again (the generic cell rate algorithm, ITU-T I.371).
 */
export class CommandRate {
  /** Cost of one command, in milliseconds; 0 if there is no limit. */
  readonly #costMs: number;
  /** Capacity of the bucket, in milliseconds. */
  readonly #burstMs: number;
  readonly #now: () => number;
  /** One number for each user who has ever sent a command to this process: less than the live state holds for them. */
  readonly #fullAt = new Map<string, number>();

  /**
   * `perSecond` and `burst` may be Infinity: no limit. `burst`: commands in a full bucket, at least one. `now`: a monotonic clock,
   * in milliseconds.
   */
  constructor(perSecond: number, burst: number, now: () => number = () => performance.now()) {
    this.#costMs = burst === Infinity ? 0 : 1_000 / perSecond;
    this.#burstMs = Math.max(burst, 1) * this.#costMs;
    this.#now = now;
  }

  /** Takes one token. Returns 0 if there was one; otherwise nothing is taken, and the result is the time to wait in whole milliseconds. */
  take(userId: string): number {
    if (this.#costMs === 0) return 0;
    const now = this.#now();
    const fullAt = Math.max(this.#fullAt.get(userId) ?? now, now) + this.#costMs;
    // A full bucket is the maximum distance.
    const over = fullAt - now - this.#burstMs;
    // Ignores rounding errors of sums of fractions.
    if (over > 1e-6) return Math.ceil(over);
    this.#fullAt.set(userId, fullAt);
    return 0;
  }
}
