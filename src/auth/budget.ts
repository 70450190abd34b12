/**
 * A budget a key, filled up again at a steady rate. Of a key only the moment is kept at which its budget will be full again (the
 * generic cell rate algorithm, ITU-T I.371): nothing has to run for it to fill up.
 */
import { RecentMap } from './recent-map.js';

export interface BudgetOptions {
  /** What a full budget is good for. */
  readonly capacity: number;
  /** Time in which one comes back, in milliseconds. */
  readonly refillMs: number;
  /** Keys remembered at the most; one that is forgotten has a full budget. */
  readonly keys: number;
}

/** Times are milliseconds of a clock that never goes back. */
export class Budget {
  readonly #refillMs: number;
  /** A budget that is full only after this time has nothing left for one more. */
  readonly #spentMs: number;
  readonly #fullAt: RecentMap<number>;

  constructor({ capacity, refillMs, keys }: BudgetOptions) {
    this.#refillMs = refillMs;
    this.#spentMs = (capacity - 1) * refillMs;
    this.#fullAt = new RecentMap(keys);
  }

  get size(): number {
    return this.#fullAt.size;
  }

  /** How long until one can be spent, in milliseconds: 0 or less means now. */
  wait(key: string, now: number): number {
    return (this.#fullAt.get(key) ?? now) - now - this.#spentMs;
  }

  spend(key: string, now: number): void {
    this.#fullAt.set(key, Math.max(this.#fullAt.get(key) ?? now, now) + this.#refillMs);
  }

  giveBack(key: string, now: number): void {
    const fullAt = (this.#fullAt.get(key) ?? now) - this.#refillMs;
    if (fullAt > now) this.#fullAt.set(key, fullAt);
    else this.#fullAt.delete(key);
  }
}
