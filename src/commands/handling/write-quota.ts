/**
 * Limits how much each user writes to the disk: a rate, a daily quota, and less when the disk is nearly full. Events are kept for
 * ever, so space once used is never freed. The bytes are an estimate of log, read model and their indexes together.
 */
import type { DomainEvent } from '../../domain/events.js';
import { type Refusal, refuse } from '../../domain/refusals.js';
import { TokenBucket } from '../../net/token-bucket.js';

const DAY_MS = 86_400_000;

/** Capacity of the rate's bucket, in seconds of the rate. */
const BURST_S = 10;

/** Estimated size of an event on the disk, and the number of copies of its texts: in the log, the history and the table. */
const EVENT_BYTES = 800;
const COPIES = 3;

/** The disk is nearly full below this fraction of it, or below this many bytes if that is less. */
const RESERVE_FRACTION = 0.05;
const RESERVE_BYTES = 1024 ** 3;

/** A user who has written less than this within a day is accepted until the disk is full. */
const LIGHT_BYTES = 1_000_000;

/**
 * How long a reading of the disk is valid, in milliseconds: for accepting, and for refusing, so that a user can soon continue when
 * there is space.
 */
const READING_MS = 1_000;
const REFUSED_READING_MS = 20;

export interface WriteLimits {
  /** Infinity, here and below: no limit. */
  readonly writtenBytesPerSecond: number;
  readonly writtenMegabytesPerDay: number;
}

/** In bytes. */
export interface DiskSpace {
  readonly free: number;
  readonly total: number;
}

/** Returns undefined if the disk's size is unknown. */
export type ReadDisk = () => DiskSpace | undefined;

export function bytesOf({ data }: DomainEvent): number {
  let characters = 0;
  for (const value of Object.values(data))
    if (typeof value === 'string') characters += value.length;
    else if (value !== null && typeof value === 'object' && 'sealed' in value) characters += value.sealed.length;
    else if (Array.isArray(value)) for (const text of value as readonly string[]) characters += text.length;
  return EVENT_BYTES + COPIES * characters;
}

export class WriteQuota {
  /** Bytes per second. */
  readonly #second: TokenBucket;
  /** Time in which one byte of the daily quota decays, in milliseconds; 0: no limit. */
  readonly #dayCost: number;
  /** Bytes that each user has written recently. They decay linearly over a day, or at the rate of the quota if there is one. */
  readonly #written = new Map<string, { fullAt: number; bytes: number; at: number }>();
  readonly #readDisk: ReadDisk;
  readonly #now: () => number;
  #readAt = -Infinity;
  /** Users with at least this many bytes within a day are refused, because the disk is nearly full. */
  #threshold = Infinity;

  /** `now`: a monotonic clock, in milliseconds. */
  constructor(
    { writtenBytesPerSecond, writtenMegabytesPerDay }: WriteLimits,
    readDisk: ReadDisk = () => undefined,
    now: () => number = () => performance.now(),
  ) {
    this.#second = new TokenBucket({
      refillMs: 1_000 / writtenBytesPerSecond,
      capacity: BURST_S * writtenBytesPerSecond,
    });
    this.#dayCost = DAY_MS / (writtenMegabytesPerDay * 1_000_000);
    this.#readDisk = readDisk;
    this.#now = now;
  }

  /** Why the user may not write now; undefined if they may. */
  refusal(userId: string): Refusal | undefined {
    const now = this.#now();
    if (now - this.#readAt >= READING_MS) this.#look(now);
    const written = this.#written.get(userId);
    if (!written) return undefined;
    const overSecond = this.#second.wait(written.fullAt, now, 0);
    if (overSecond > 0) return limited(overSecond, 'a user may write per second (LIMIT_WRITTEN_BYTES_PER_SECOND)');
    const bytes = this.#faded(written, now);
    const overDay = this.#dayCost === 0 ? 0 : bytes * this.#dayCost - DAY_MS;
    if (overDay > 0) return limited(overDay, 'a user may write in a day (LIMIT_WRITTEN_MEGABYTES_PER_DAY)');
    if (bytes >= this.#threshold && now - this.#readAt >= REFUSED_READING_MS) this.#look(now);
    if (bytes >= this.#threshold)
      return refuse(
        'store_full',
        'The disk of the server is nearly full, and you are among the users who have written most to it: nothing was changed, and reads still work',
        { retry_after_ms: 60_000 },
      );
    return undefined;
  }

  /** Counts bytes written for the user. */
  spend(userId: string, bytes: number): void {
    const now = this.#now();
    const written = this.#written.get(userId);
    const fullAt = this.#second.taken(written?.fullAt, now, bytes);
    this.#written.set(userId, { fullAt, bytes: (written ? this.#faded(written, now) : 0) + bytes, at: now });
  }

  #faded({ bytes, at }: { bytes: number; at: number }, now: number): number {
    if (this.#dayCost > 0) return Math.max(0, bytes - (now - at) / this.#dayCost);
    return bytes * Math.max(0, 1 - (now - at) / DAY_MS);
  }

  /** Below the reserve the heaviest writers are refused; the less space is left, the more users. */
  #look(now: number): void {
    this.#readAt = now;
    this.#threshold = Infinity;
    // Without a limit no heavy writer is held back in favour of others: writes are accepted until the disk is full.
    if (this.#second.isUnlimited && this.#dayCost === 0) return;
    const disk = this.#readDisk();
    if (!disk) return;
    const reserve = Math.min(RESERVE_BYTES, RESERVE_FRACTION * disk.total);
    if (disk.free >= reserve) return;
    let heaviest = 0;
    for (const written of this.#written.values()) heaviest = Math.max(heaviest, this.#faded(written, now));
    this.#threshold = Math.max(LIGHT_BYTES, heaviest * (disk.free / reserve));
  }
}

const limited = (ms: number, what: string): Refusal => {
  const waitMs = Math.ceil(ms);
  return refuse('rate_limited', `You have written more than ${what}: send it again in ${waitMs} ms`, {
    retry_after_ms: waitMs,
  });
};
