/**
 * A reader of the event feed that waits for events again and again. Each event wakes all who follow, so a wait makes nothing but a promise:
 * the timer is kept.
 */
export interface FeedWaiterOptions {
  readonly userId: string;
  /** All who wait; it is among them while it waits. */
  readonly waiting: Set<FeedWaiter>;
  /** Whether those who wait are about to be told of events. */
  readonly isAboutToWake: () => boolean;
}

export class FeedWaiter {
  readonly userId: string;
  /** What it waits for: events of these pages. */
  pages: ReadonlySet<string> = new Set();
  readonly #options: FeedWaiterOptions;
  #resolve: ((isWoken: boolean) => void) | undefined;
  #until = 0;
  /** Kept when it is woken: the next wait often ends at the same time. */
  #timer: NodeJS.Timeout | undefined;
  #firesAt = 0;
  #isEnded = false;

  constructor(options: FeedWaiterOptions) {
    this.userId = options.userId;
    this.#options = options;
  }

  /** Resolves to true when it is woken or ended, to false at `until` (performance.now()). One wait at a time. */
  wait(pages: ReadonlySet<string>, until: number): Promise<boolean> {
    if (this.#isEnded) return Promise.resolve(true);
    this.pages = pages;
    this.#until = until;
    if (this.#timer && this.#firesAt <= until) this.#timer.ref();
    else this.#arm();
    this.#options.waiting.add(this);
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  wake(isWoken: boolean): void {
    const resolve = this.#resolve;
    if (!resolve) return;
    this.#resolve = undefined;
    this.#options.waiting.delete(this);
    this.#timer?.unref();
    resolve(isWoken);
  }

  /** Ends its wait, and each later one at once. */
  end(): void {
    this.#isEnded = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.wake(true);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#firesAt = this.#until;
    this.#timer = setTimeout(() => this.#onTime(), this.#until - performance.now());
  }

  #onTime(): void {
    this.#timer = undefined;
    if (!this.#resolve) return;
    if (this.#until > performance.now()) this.#arm();
    // While events wait to be told, this one may be among those to be woken.
    else this.wake(this.#options.isAboutToWake());
  }
}
