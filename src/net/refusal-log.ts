/** Log lines that anybody can cause as often as they like (refusals, connections): so many a second, and no more, or the disk could be filled with them. */
import type { Logger } from 'pino';

/** Lines at once, and lines a second after that. */
const BURST = 200;
const PER_SECOND = 20;

export class RefusalLog {
  readonly #logger: Logger;
  readonly #level: 'warn' | 'info';
  readonly #now: () => number;
  #lines = BURST;
  #at: number;
  #leftOut = 0;

  /** `level`: of the lines. `now`: a clock that never goes back, in milliseconds. */
  constructor(logger: Logger, level: 'warn' | 'info' = 'warn', now: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#level = level;
    this.#now = now;
    this.#at = now();
  }

  /** A line; or, where there were too many, nothing, and the next line says how many were left out. */
  write(fields: Readonly<Record<string, unknown>>, message: string): void {
    const now = this.#now();
    this.#lines = Math.min(BURST, this.#lines + ((now - this.#at) / 1_000) * PER_SECOND);
    this.#at = now;
    if (this.#lines < 1) return void (this.#leftOut += 1);
    this.#lines -= 1;
    this.#logger[this.#level](this.#leftOut === 0 ? fields : { ...fields, linesLeftOut: this.#leftOut }, message);
    this.#leftOut = 0;
  }
}
