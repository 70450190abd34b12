/** Rate-limits log lines that anybody can cause as often as they like (refusals, connections), so that they cannot fill the disk. */
import type { Logger } from 'pino';
import { TokenBucket } from './token-bucket.js';

/** 200 lines at once, and 20 per second after that. */
const LINES = new TokenBucket({ refillMs: 50, capacity: 200 });

export class RefusalLog {
  readonly #logger: Logger;
  readonly #level: 'warn' | 'info';
  readonly #now: () => number;
  #fullAt: number | undefined;
  #leftOut = 0;

  /** `level`: of the lines. `now`: a monotonic clock, in milliseconds. */
  constructor(logger: Logger, level: 'warn' | 'info' = 'warn', now: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#level = level;
    this.#now = now;
  }

  /** Writes a line. Beyond the rate it writes nothing, and the next line reports how many were omitted. */
  write(fields: Readonly<Record<string, unknown>>, message: string): void {
    const now = this.#now();
    if (LINES.wait(this.#fullAt, now) > 0) return void (this.#leftOut += 1);
    this.#fullAt = LINES.taken(this.#fullAt, now);
    this.#logger[this.#level](this.#leftOut === 0 ? fields : { ...fields, linesLeftOut: this.#leftOut }, message);
    this.#leftOut = 0;
  }
}
