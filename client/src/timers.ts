/** The client's only clock, which tests replace to control time. */
export interface Timers {
  /** Milliseconds since any fixed moment. */
  now(): number;
  /** Calls `run` once, `ms` from now. */
  setTimeout(run: () => void, ms: number): unknown;
  /** Takes the result of `setTimeout`; harmless if it has run. */
  clearTimeout(timer: unknown): void;
}

/** The longest delay that platforms support, in ms (24.8 days): longer timers fire immediately. */
const LONGEST_MS = 2 ** 31 - 1;

export const platformTimers: Timers = {
  now: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, Math.min(ms, LONGEST_MS)),
  clearTimeout: (timer) => clearTimeout(timer as number),
};
