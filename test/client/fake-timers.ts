/** Time controlled by a test. */
import type { Timers } from '@alarm-server/client';

export class FakeTimers implements Timers {
  #now = 0;
  readonly #due = new Set<{ readonly at: number; readonly run: () => void }>();

  now(): number {
    return this.#now;
  }

  setTimeout(run: () => void, ms: number): unknown {
    const timer = { at: this.#now + ms, run };
    this.#due.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#due.delete(timer as never);
  }

  /** Runs what is due within the next `ms`, in order. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#due].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#due.delete(next);
      this.#now = next.at;
      next.run();
    }
    this.#now = end;
  }
}
