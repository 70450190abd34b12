/** Detects a socket that keeps sending invalid messages and will not recover. */

/** Consecutive invalid messages within a minute. */
export const BAD_MESSAGES_LIMIT = 100;
const WINDOW_MS = 60_000;

export class BadMessages {
  #count = 0;
  #firstAt = 0;

  /** A message was valid, whatever its outcome. */
  good(): void {
    this.#count = 0;
  }

  /** A message was invalid. True if the limit is reached. `now`: a monotonic clock, in milliseconds. */
  bad(now: number): boolean {
    if (this.#count === 0 || now - this.#firstAt > WINDOW_MS) {
      this.#count = 0;
      this.#firstAt = now;
    }
    this.#count += 1;
    return this.#count >= BAD_MESSAGES_LIMIT;
  }
}
