/**
 * What each user can make the server do that is no command: reads over HTTP, joining, resume, sync, refresh, and messages that are
 * wrong. One budget over all their sockets and HTTP together, in reads and in bytes of answers, each filled up again at a steady
 * rate. A read that takes long counts as several. What an answer costs is known only afterwards: so it is charged afterwards, and
 * the next read waits until the debt is paid.
 */

import { TokenBucket } from './token-bucket.js';

/** Time of the event loop that one read stands for, in milliseconds: one that takes longer counts as so many more. */
const READ_MS = 2;

/** One read is never charged more than this, in milliseconds: a pause of the process is not the user's doing. */
const CHARGED_MS = 200;

/** What a user who has read nothing for a while can read at once, in seconds of their rate. */
const BURST_S = 5;

/** Time that reads over HTTP may take of one iteration of the event loop, in milliseconds. */
const ITERATION_MS = 4;

/** Infinity: no limit. */
export interface ReadLimits {
  readonly readsPerSecond: number;
  readonly readBytesPerSecond: number;
}

/** When a user's two buckets will be full, on the monotonic clock in milliseconds (token-bucket.ts). */
interface FullAt {
  reads: number;
  bytes: number;
}

export class ReadBudget {
  readonly #reads: TokenBucket;
  readonly #bytes: TokenBucket;
  readonly #now: () => number;
  readonly #nextIteration: (then: () => void) => void;
  /** One entry for each user who has ever read from this process: less than the live state holds of them. */
  readonly #fullAt = new Map<string, FullAt>();
  readonly #waiting: (() => void)[] = [];
  #spentMs = 0;
  #isScheduled = false;

  /** `now`: a clock that never goes back, in milliseconds. `nextIteration`: calls back in the next iteration of the event loop. */
  constructor(
    { readsPerSecond, readBytesPerSecond }: ReadLimits,
    now: () => number = () => performance.now(),
    nextIteration: (then: () => void) => void = (then) => void setImmediate(then),
  ) {
    this.#reads = bucketOf(readsPerSecond);
    this.#bytes = bucketOf(readBytesPerSecond);
    this.#now = now;
    this.#nextIteration = nextIteration;
  }

  /** 0: the user may read now; otherwise so many whole milliseconds have to pass first. Nothing is charged. */
  wait(userId: string): number {
    const fullAt = this.#fullAt.get(userId);
    if (!fullAt) return 0;
    const now = this.#now();
    return Math.max(this.#reads.wait(fullAt.reads, now, 0), this.#bytes.wait(fullAt.bytes, now, 0));
  }

  /** Charges a read, or a wrong message: the time that it took of the event loop, and the bytes of its answer. */
  spend(userId: string, milliseconds: number, bytes: number): void {
    if (this.#reads.isUnlimited && this.#bytes.isUnlimited) return;
    const now = this.#now();
    const fullAt = this.#fullAt.get(userId) ?? { reads: 0, bytes: 0 };
    const reads = Math.max(1, Math.min(milliseconds, CHARGED_MS) / READ_MS);
    fullAt.reads = this.#reads.taken(fullAt.reads, now, reads);
    fullAt.bytes = this.#bytes.taken(fullAt.bytes, now, bytes);
    this.#fullAt.set(userId, fullAt);
  }

  /**
   * Charges bytes of a long reply. Returns how many milliseconds it should pause: until half of the byte budget is free again, so that
   * the user's other reads are not refused because of it.
   */
  streamed(userId: string, bytes: number): number {
    if (this.#bytes.isUnlimited) return 0;
    const now = this.#now();
    const fullAt = this.#fullAt.get(userId) ?? { reads: 0, bytes: 0 };
    fullAt.bytes = this.#bytes.taken(fullAt.bytes, now, bytes);
    this.#fullAt.set(userId, fullAt);
    return this.#bytes.wait(fullAt.bytes, now, this.#bytes.capacity / 2);
  }

  /** For a read over HTTP: undefined if it can go on in this iteration of the event loop, otherwise a promise of its turn, in order. */
  turn(): Promise<void> | undefined {
    if (this.#waiting.length === 0 && this.#spentMs < ITERATION_MS) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** To be told of the time that a read over HTTP has taken, once for each that was let go on; so long, 0 if it was refused at its turn. */
  took(milliseconds: number): void {
    this.#spentMs += milliseconds;
    if (this.#spentMs < ITERATION_MS) this.#waiting.shift()?.();
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#nextIteration(() => {
      this.#isScheduled = false;
      this.#spentMs = 0;
      // One at a time: what it takes is known when it has been done, and then lets the next one go on.
      if (this.#waiting.length > 0) this.took(0);
    });
  }
}

const bucketOf = (perSecond: number): TokenBucket =>
  new TokenBucket({ refillMs: 1_000 / perSecond, capacity: BURST_S * perSecond });

/** What a refusal says. `milliseconds`: as wait gives it. */
export const readsRefused = (milliseconds: number): string =>
  `You read more than a user may (LIMIT_READS_PER_SECOND, LIMIT_READ_BYTES_PER_SECOND): try again in ${milliseconds} ms`;
