/** At most so many at a time, a bounded number waiting in line, and whoever comes on top of that is told so at once. */

export interface Busy {
  readonly kind: 'busy';
  /** When it is worth trying again, in milliseconds. */
  readonly retryAfterMs: number;
}

export interface HashQueueOptions {
  /** How many run at a time. */
  readonly concurrency: number;
  /** How many may wait. */
  readonly queueLimit: number;
  /** What a refused one is told, in milliseconds. */
  readonly retryAfterMs: number;
}

export class HashQueue {
  readonly #options: HashQueueOptions;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: HashQueueOptions) {
    this.#options = options;
  }

  /** Runs `task` when its turn comes, first come first served; or says `busy` without running it. Rejects as the task does. */
  async run<T>(task: () => Promise<T>): Promise<T | Busy> {
    const { concurrency, queueLimit, retryAfterMs } = this.#options;
    if (this.#running < concurrency) this.#running += 1;
    else if (this.#waiting.length < queueLimit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else return { kind: 'busy', retryAfterMs };
    try {
      return await task();
    } finally {
      // The place goes to the next one in line directly, so that nobody can slip in between.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
