/**
 * Limits what each user can make the server do apart from commands: reads over HTTP, joining, resume, sync, refresh, and invalid
 * messages. One budget covers all their sockets and HTTP, in reads and in bytes of responses, each refilled at a constant rate. A
 * slow read counts as several. The cost of a response is only known afterwards, so it is charged then, and the next read waits
 * until the debt is paid.
 */

import { TokenBucket } from './token-bucket.js';

/** Event loop time of one read, in milliseconds; a slower read counts as proportionally more. */
const READ_MS = 2;

/** Maximum charge of one read, in milliseconds, because the user does not cause a pause of the process. */
const CHARGED_MS = 200;

/** What a user who has not read for a while can read at once, in seconds of their rate. */
const BURST_S = 5;

/** Time that reads over HTTP may take per iteration of the event loop, in milliseconds. */
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
  /** One entry for each user who has ever read from this process: less than the live state holds for them. */
  readonly #fullAt = new Map<string, FullAt>();
  readonly #waiting: (() => void)[] = [];
  #spentMs = 0;
  #isScheduled = false;

  /** `now`: a monotonic clock, in milliseconds. `nextIteration`: calls back in the next iteration of the event loop. */
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

  /** 0 if the user may read now; otherwise the time to wait in whole milliseconds. Charges nothing. */
  wait(userId: string): number {
    const fullAt = this.#fullAt.get(userId);
    if (!fullAt) return 0;
    const now = this.#now();
    return Math.max(this.#reads.wait(fullAt.reads, now, 0), this.#bytes.wait(fullAt.bytes, now, 0));
  }

  /** Charges a read or an invalid message: its event loop time and the bytes of its response. */
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

  /**
   * For a read over HTTP: undefined if it may run in this iteration of the event loop, otherwise a promise that resolves when it
   * may, first in first out.
   */
  whenAllowed(): Promise<void> | undefined {
    if (this.#waiting.length === 0 && this.#spentMs < ITERATION_MS) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Has to be called once for each read over HTTP that ran, with its time; with 0 if it was refused after it had waited. */
  took(milliseconds: number): void {
    this.#spentMs += milliseconds;
    if (this.#spentMs < ITERATION_MS) this.#waiting.shift()?.();
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#nextIteration(() => {
      this.#isScheduled = false;
      this.#spentMs = 0;
      // One at a time: the next read may start when this one has finished and its time is known.
      if (this.#waiting.length > 0) this.took(0);
    });
  }
}

const bucketOf = (perSecond: number): TokenBucket =>
  new TokenBucket({ refillMs: 1_000 / perSecond, capacity: BURST_S * perSecond });

/** The message of a refusal. `milliseconds`: as returned by `wait`. */
export const readRefusal = (milliseconds: number): string =>
  `The read limit of a user is exceeded (LIMIT_READS_PER_SECOND, LIMIT_READ_BYTES_PER_SECOND): try again in ${milliseconds} ms`;
