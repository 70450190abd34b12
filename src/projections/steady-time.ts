/**
 * How much time has passed in the log for certain. The times of events may leap forwards when a clock is set wrong, and what is kept for
 * a while must not be forgotten by that: so from one event to the next no more than LEAP_MS counts. A quiet night counts as little;
 * what is kept for a time is kept longer by it, never shorter.
 */

/** Most that counts from one event to the next, in milliseconds (5 min). */
export const LEAP_MS = 5 * 60_000;

export class SteadyTime {
  #passedMs: number;
  #newestAt: string;
  #newestMs: number;

  /** Goes on from what an earlier one said; from nothing without. */
  constructor(
    { passedMs, newestAt }: { readonly passedMs: number; readonly newestAt: string } = { passedMs: 0, newestAt: '' },
  ) {
    this.#passedMs = passedMs;
    this.#newestAt = newestAt;
    this.#newestMs = Date.parse(newestAt);
  }

  /** Milliseconds since the log's first event. Never falls. */
  get passedMs(): number {
    return this.#passedMs;
  }

  /** The latest `at` of any event so far, RFC 3339; empty before the first. */
  get newestAt(): string {
    return this.#newestAt;
  }

  /** Takes the next event's `at`, in log order. */
  advance(at: string): void {
    if (at <= this.#newestAt) return;
    const ms = Date.parse(at);
    if (this.#newestAt !== '') this.#passedMs += Math.min(ms - this.#newestMs, LEAP_MS);
    this.#newestAt = at;
    this.#newestMs = ms;
  }
}
