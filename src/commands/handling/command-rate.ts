/**
 * Commands a second of each user, over all their sockets and HTTP together: a token bucket. Only the moment is kept at which a
 * user's bucket will be full again (the generic cell rate algorithm, ITU-T I.371).
 */
export class CommandRate {
  /** Time that one command costs, in milliseconds; 0 where there is no limit. */
  readonly #costMs: number;
  /** Time that a full bucket is worth, in milliseconds. */
  readonly #burstMs: number;
  readonly #now: () => number;
  /** One number for each user who has ever sent a command to this process: less than the live state holds of them. */
  readonly #fullAt = new Map<string, number>();

  /** `perSecond` and `burst` may be Infinity: no limit. `burst`: commands in a full bucket, one at least. `now`: a clock that never goes back, in milliseconds. */
  constructor(perSecond: number, burst: number, now: () => number = () => performance.now()) {
    this.#costMs = burst === Infinity ? 0 : 1_000 / perSecond;
    this.#burstMs = Math.max(burst, 1) * this.#costMs;
    this.#now = now;
  }

  /** Takes one command's worth. 0: it may go on; otherwise nothing was taken, and so many whole milliseconds have to pass. */
  take(userId: string): number {
    if (this.#costMs === 0) return 0;
    const now = this.#now();
    const fullAt = Math.max(this.#fullAt.get(userId) ?? now, now) + this.#costMs;
    // A bucket is never further from full than this.
    const over = fullAt - now - this.#burstMs;
    // What is left of a sum of fractions is no time to wait.
    if (over > 1e-6) return Math.ceil(over);
    this.#fullAt.set(userId, fullAt);
    return 0;
  }
}
