/** The client's only clock: what a test replaces to let time pass as it likes. */
export interface Timers {
  /** Milliseconds since any fixed moment. */
  now(): number;
  /** Calls `run` once, `ms` from now. */
  setTimeout(run: () => void, ms: number): unknown;
  /** Takes what `setTimeout` gave; harmless when it has run. */
  clearTimeout(timer: unknown): void;
}

/** The longest that platforms can wait, in ms (24.8 days): beyond it their timers fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

export const platformTimers: Timers = {
  now: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, Math.min(ms, LONGEST_MS)),
  clearTimeout: (timer) => clearTimeout(timer as number),
};
