/** Consecutive failures by key, and how long the next attempt has to wait because of them. */
import { RecentMap } from './recent-map.js';

/** Failures without a delay: enough for a person who tries several of their passwords. */
const FREE_FAILURES = 5;
/** After that the delays are 1, 2, 4, 8, 16 and then always 30 seconds. The account is never locked. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** Failures expire after this time without another one: five free attempts in 15 minutes are fewer than one every 30 seconds. */
const MEMORY_MS = 15 * 60_000;

interface Failures {
  readonly count: number;
  readonly lastAt: number;
}

/** Removes an attempt from the count, as if it had not been made. */
export type Uncount = () => void;

/** Times are milliseconds of a monotonic clock. */
export class FailedAttempts {
  readonly #failures: RecentMap<Failures>;

  /** `keys`: the maximum number of keys that are remembered. */
  constructor(keys: number) {
    this.#failures = new RecentMap(keys);
  }

  get size(): number {
    return this.#failures.size;
  }

  /** How long until the next attempt, in milliseconds: 0 or less means now. `strict`: only the first failure is free, and each wait is the longest. */
  wait(key: string, strict: boolean, now: number): number {
    const failures = this.#recent(key, now);
    return failures ? failures.lastAt + (strict ? LONGEST_WAIT_MS : waitAfter(failures.count)) - now : 0;
  }

  /** Counts an attempt as failed before its result is known, so that concurrent attempts are limited too. */
  count(key: string, now: number): Uncount {
    const before = this.#recent(key, now);
    this.#failures.set(key, { count: (before?.count ?? 0) + 1, lastAt: now });
    return () => {
      const failures = this.#failures.get(key);
      if (!failures) return;
      if (failures.count > 1)
        this.#failures.set(key, { count: failures.count - 1, lastAt: before?.lastAt ?? failures.lastAt });
      else this.#failures.delete(key);
    };
  }

  /** A counted attempt has now failed: the delay starts with the answer. */
  failed(key: string, now: number): void {
    const failures = this.#failures.get(key);
    if (failures) this.#failures.set(key, { count: failures.count, lastAt: now });
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  #recent(key: string, now: number): Failures | undefined {
    const failures = this.#failures.get(key);
    return failures && now - failures.lastAt < MEMORY_MS ? failures : undefined;
  }
}

const waitAfter = (failures: number): number =>
  failures < FREE_FAILURES ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - FREE_FAILURES));
