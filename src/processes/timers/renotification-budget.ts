/**
 * How often alarms of one owner's pages are told again by this node. What is beyond that waits for a slot, and what was missed
 * meanwhile is told once: so an owner of very many alarms that nobody acknowledges keeps neither the log nor other people's sockets busy.
 */
import type { Refusal } from '../../domain/refusals.js';
import { TokenBucket } from '../../net/token-bucket.js';

/** Re-notifications that may be told at once, in seconds of the rate: with the default all alarms of a full page. */
const BURST_S = 40;

/** How long an owner's alarms wait at least and at most before their quota is looked at again, in milliseconds. */
const QUOTA_AGAIN_MS = { min: 1_000, max: 60_000 };

export interface RenotificationBudgetOptions {
  /** For each owner. Infinity: no limit. */
  readonly perSecond: number;
  /** Why the user may not write now: what is told again counts as written by the page's owner. */
  readonly quota?: ((userId: string) => Refusal | undefined) | undefined;
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number;
}

export class RenotificationBudget {
  readonly #bucket: TokenBucket;
  readonly #quota: RenotificationBudgetOptions['quota'];
  readonly #now: () => number;
  /** When each owner's bucket is full again. */
  readonly #fullAt = new Map<string, number>();

  constructor({ perSecond, quota, now = () => performance.now() }: RenotificationBudgetOptions) {
    this.#bucket = new TokenBucket({ refillMs: 1_000 / perSecond, capacity: BURST_S * perSecond });
    this.#quota = quota;
    this.#now = now;
  }

  /** Takes the next slot of the owner, and returns in how many milliseconds it is; 0: now. */
  reserve(ownerId: string): number {
    if (this.#bucket.isUnlimited) return 0;
    const now = this.#now();
    const fullAt = this.#bucket.taken(this.#fullAt.get(ownerId), now);
    this.#fullAt.set(ownerId, fullAt);
    return this.#bucket.wait(fullAt, now, 0);
  }

  /** In how many milliseconds to look again, because the owner may not write now; 0: they may. */
  quotaWait(ownerId: string): number {
    const refusal = this.#quota?.(ownerId);
    if (!refusal) return 0;
    const { retry_after_ms = QUOTA_AGAIN_MS.max } = (refusal.details ?? {}) as { readonly retry_after_ms?: number };
    return Math.min(Math.max(retry_after_ms, QUOTA_AGAIN_MS.min), QUOTA_AGAIN_MS.max);
  }
}
