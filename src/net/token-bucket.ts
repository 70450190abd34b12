/**
 * The rate limiter of the server: token buckets. It stores only the time at which a bucket will be full again (the generic cell rate
 * algorithm, ITU-T I.371), so no timer has to refill it. Requests, messages, commands and log lines are all limited by it.
 */

/** Rounding error of a sum of fractions, in milliseconds: less than this is no time to wait. */
const ROUNDING_MS = 1e-6;

export interface BucketOptions {
  /** Time in which one unit is refilled, in milliseconds; 0: no limit. */
  readonly refillMs: number;
  /** Units in a full bucket, at least one; Infinity: no limit. */
  readonly capacity: number;
}

/**
 * The rules of one kind of bucket, without its state. The caller stores `fullAt`, the time at which a bucket will be full; undefined
 * means that it is full now. All times are milliseconds of a monotonic clock.
 */
export class TokenBucket {
  /** Units in a full bucket. */
  readonly capacity: number;
  readonly #refillMs: number;
  /** Time that a full bucket is worth, in milliseconds. */
  readonly #fullMs: number;

  constructor({ refillMs, capacity }: BucketOptions) {
    this.#refillMs = capacity === Infinity ? 0 : refillMs;
    this.capacity = Math.max(capacity, 1);
    this.#fullMs = this.#refillMs === 0 ? 0 : this.capacity * this.#refillMs;
  }

  get isUnlimited(): boolean {
    return this.#refillMs === 0;
  }

  /** Whole milliseconds until `units` can be taken; 0: now. With 0 units: until the bucket is no longer overdrawn. */
  wait(fullAt: number | undefined, now: number, units = 1): number {
    if (fullAt === undefined || fullAt < now) fullAt = now;
    const over = fullAt - now + units * this.#refillMs - this.#fullMs;
    return over > ROUNDING_MS ? Math.ceil(over) : 0;
  }

  /** The new `fullAt` after `units` are taken now. More than the bucket holds may be taken: it is then overdrawn. */
  taken(fullAt: number | undefined, now: number, units = 1): number {
    return (fullAt === undefined || fullAt < now ? now : fullAt) + units * this.#refillMs;
  }
}

/** Stores `fullAt` by key: a Map, or a map of bounded size where clients choose the keys. */
export interface BucketStore {
  readonly size: number;
  get(key: string): number | undefined;
  set(key: string, fullAt: number): unknown;
  delete(key: string): unknown;
}

export interface BucketsOptions extends BucketOptions {
  /** Default: a Map, for keys whose number is bounded otherwise, such as users. A key that the store drops has a full bucket. */
  readonly store?: BucketStore;
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number;
}

/** A bucket for each key. */
export class TokenBuckets {
  readonly #bucket: TokenBucket;
  readonly #store: BucketStore;
  readonly #now: () => number;

  constructor({ store = new Map<string, number>(), now = () => performance.now(), ...options }: BucketsOptions) {
    this.#bucket = new TokenBucket(options);
    this.#store = store;
    this.#now = now;
  }

  /** Number of keys stored. */
  get size(): number {
    return this.#store.size;
  }

  /** Takes one unit and returns 0; or takes nothing and returns the whole milliseconds until one is available. */
  take(key: string): number {
    if (this.#bucket.isUnlimited) return 0;
    const now = this.#now();
    const fullAt = this.#bucket.taken(this.#store.get(key), now);
    const waitMs = this.#bucket.wait(fullAt, now, 0);
    if (waitMs === 0) this.#store.set(key, fullAt);
    return waitMs;
  }

  /** Whole milliseconds until one unit is available; 0: now. Takes nothing. */
  wait(key: string): number {
    return this.#bucket.isUnlimited ? 0 : this.#bucket.wait(this.#store.get(key), this.#now());
  }

  /** Takes one unit even if none is available. */
  spend(key: string): void {
    if (!this.#bucket.isUnlimited) this.#store.set(key, this.#bucket.taken(this.#store.get(key), this.#now()));
  }

  /** Returns one unit that was taken. */
  giveBack(key: string): void {
    const fullAt = this.#store.get(key);
    if (fullAt === undefined) return;
    const now = this.#now();
    const before = this.#bucket.taken(fullAt, now, -1);
    if (before > now) this.#store.set(key, before);
    else this.#store.delete(key);
  }
}
