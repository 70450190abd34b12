/** Pauses between attempts to reach the store, each longer than the last. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

export class BackOff {
  #pauseMs = FIRST_PAUSE_MS;

  /** The next pause, in milliseconds: doubles from the first to the longest. */
  next(): number {
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    return pauseMs;
  }

  /** The store has responded: the next pause is the first again. */
  reset(): void {
    this.#pauseMs = FIRST_PAUSE_MS;
  }
}
