/**
 * How much one user may have written to the disk: a rate, a quota of a day, and less of it when the disk is nearly full. Events stay for
 * ever, so what one user fills nobody gets back. The bytes are an estimate: log, read model and their indexes together.
 */
import type { DomainEvent } from '../../domain/events.js';
import { type Refusal, refuse } from '../../domain/refusals.js';

const DAY_MS = 86_400_000;

/** How many seconds' worth of the rate a user can write at once. */
const BURST_S = 10;

/** What any event takes on the disk, and how often its texts are there: in the log, in the history and in the table. An estimate. */
const EVENT_BYTES = 800;
const COPIES = 3;

/** The disk is nearly full below this part of it, or below so many bytes if that is less. */
const RESERVE_FRACTION = 0.05;
const RESERVE_BYTES = 1024 ** 3;

/** Who has written less than this within a day is served until there is no room at all. */
const LIGHT_BYTES = 1_000_000;

/** How long a reading of the disk is good for, in milliseconds: for who is served, and for who is refused and is to go on soon after there is room. */
const READING_MS = 1_000;
const REFUSED_READING_MS = 20;

export interface WriteLimits {
  /** Infinity, here as below: no limit. */
  readonly writtenBytesPerSecond: number;
  readonly writtenMegabytesPerDay: number;
}

/** In bytes. */
export interface DiskSpace {
  readonly free: number;
  readonly total: number;
}

/** Undefined where nothing is known of the disk. */
export type ReadDisk = () => DiskSpace | undefined;

export function bytesOf({ data }: DomainEvent): number {
  let characters = 0;
  for (const value of Object.values(data)) if (typeof value === 'string') characters += value.length;
  return EVENT_BYTES + COPIES * characters;
}

export class WriteQuota {
  /** Time that one byte costs in either bucket, in milliseconds; 0: no limit. */
  readonly #secondCost: number;
  readonly #dayCost: number;
  /** Bytes that one user has written lately: they fade evenly over a day, at the pace of the quota where there is one. */
  readonly #written = new Map<string, { fullAt: number; bytes: number; at: number }>();
  readonly #readDisk: ReadDisk;
  readonly #now: () => number;
  #readAt = -Infinity;
  /** From so many bytes of a day on a user is refused, because the disk is nearly full. */
  #threshold = Infinity;

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(
    { writtenBytesPerSecond, writtenMegabytesPerDay }: WriteLimits,
    readDisk: ReadDisk = () => undefined,
    now: () => number = () => performance.now(),
  ) {
    this.#secondCost = 1_000 / writtenBytesPerSecond;
    this.#dayCost = DAY_MS / (writtenMegabytesPerDay * 1_000_000);
    this.#readDisk = readDisk;
    this.#now = now;
  }

  /** Why the user may write nothing now, or undefined if they may. */
  refusal(userId: string): Refusal | undefined {
    const now = this.#now();
    if (now - this.#readAt >= READING_MS) this.#look(now);
    const written = this.#written.get(userId);
    if (!written) return undefined;
    const overSecond = written.fullAt - now - BURST_S * 1_000;
    if (overSecond > 0) return limited(overSecond, 'a user may write per second (LIMIT_WRITTEN_BYTES_PER_SECOND)');
    const bytes = this.#faded(written, now);
    const overDay = this.#dayCost === 0 ? 0 : bytes * this.#dayCost - DAY_MS;
    if (overDay > 0) return limited(overDay, 'a user may write in a day (LIMIT_WRITTEN_MEGABYTES_PER_DAY)');
    if (bytes >= this.#threshold && now - this.#readAt >= REFUSED_READING_MS) this.#look(now);
    if (bytes >= this.#threshold)
      return refuse(
        'store_full',
        'The disk of the server is nearly full, and you have written most to it lately: nothing was changed, reading goes on',
        { retry_after_ms: 60_000 },
      );
    return undefined;
  }

  /** The user has had so many bytes written. */
  spend(userId: string, bytes: number): void {
    const now = this.#now();
    const written = this.#written.get(userId);
    const fullAt = Math.max(written?.fullAt ?? now, now) + bytes * this.#secondCost;
    this.#written.set(userId, { fullAt, bytes: (written ? this.#faded(written, now) : 0) + bytes, at: now });
  }

  #faded({ bytes, at }: { bytes: number; at: number }, now: number): number {
    if (this.#dayCost > 0) return Math.max(0, bytes - (now - at) / this.#dayCost);
    return bytes * Math.max(0, 1 - (now - at) / DAY_MS);
  }

  /** Below the reserve the heaviest writers are refused, and ever lighter ones the less is left. */
  #look(now: number): void {
    this.#readAt = now;
    this.#threshold = Infinity;
    // Without a limit there is no heaviest writer to be held back for the others: who writes is served until there is no room.
    if (this.#secondCost === 0 && this.#dayCost === 0) return;
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
