/** How long to wait before the store is asked again, each time longer than before. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

export class BackOff {
  #pauseMs = FIRST_PAUSE_MS;

  /** The next pause, in milliseconds: from the first to the longest, doubling. */
  next(): number {
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    return pauseMs;
  }

  /** It has answered: the next pause is the first again. */
  reset(): void {
    this.#pauseMs = FIRST_PAUSE_MS;
  }
}
