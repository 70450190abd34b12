/**
 * Measures how much time has certainly passed in the log. Event times may jump forwards when a clock is set wrong, and this must
 * not expire records too early. So between two events at most LEAP_MS counts. A quiet night counts as little: records are kept
 * longer because of it, never shorter.
 */

/** Maximum that counts between two events, in milliseconds (5 min). */
export const LEAP_MS = 5 * 60_000;

export class SteadyTime {
  #passedMs: number;
  #newestAt: string;
  #newestMs: number;

  /** Continues from a stored value; starts at zero without one. */
  constructor(
    { passedMs, newestAt }: { readonly passedMs: number; readonly newestAt: string } = { passedMs: 0, newestAt: '' },
  ) {
    this.#passedMs = passedMs;
    this.#newestAt = newestAt;
    this.#newestMs = Date.parse(newestAt);
  }

  /** Milliseconds since the log's first event. Never decreases. */
  get passedMs(): number {
    return this.#passedMs;
  }

  /** The latest `at` of any event so far, RFC 3339; empty before the first. */
  get newestAt(): string {
    return this.#newestAt;
  }

  /** Adds the next event's `at`, in log order. */
  advance(at: string): void {
    if (at <= this.#newestAt) return;
    const ms = Date.parse(at);
    if (this.#newestAt !== '') this.#passedMs += Math.min(ms - this.#newestMs, LEAP_MS);
    this.#newestAt = at;
    this.#newestMs = ms;
  }
}
