/** When a socket has sent nothing but messages that are none for so long that it will not mend itself. */

/** Bad messages one after the other, none good between them, within a minute. */
export const BAD_MESSAGES_LIMIT = 100;
const WINDOW_MS = 60_000;

export class BadMessages {
  #count = 0;
  #firstAt = 0;

  /** A message was understood, whatever became of it. */
  good(): void {
    this.#count = 0;
  }

  /** A message was not understood. True if that is enough. `now`: milliseconds of a clock that never goes back. */
  bad(now: number): boolean {
    if (this.#count === 0 || now - this.#firstAt > WINDOW_MS) {
      this.#count = 0;
      this.#firstAt = now;
    }
    this.#count += 1;
    return this.#count >= BAD_MESSAGES_LIMIT;
  }
}
