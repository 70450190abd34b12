/**
 * Requests with free text. They wait until their user has a key to seal it with, which is read or made once for each user and node; and
 * the user's later requests wait behind them, so that their order stays.
 */
import type { Refusal } from '../../domain/refusals.js';
import type { FreeTexts } from '../../projections/free-texts.js';
import { full, tooManyWaiting, unavailable } from './handler-refusals.js';
import type { Request } from './pending-command.js';

/** The free text in the payload; undefined if it has none. */
export function freeTextOf({
  command: { freeText },
  payload,
}: Pick<Request, 'command' | 'payload'>): string | undefined {
  if (freeText === undefined) return undefined;
  const text = (payload as Readonly<Record<string, unknown>>)[freeText];
  return typeof text === 'string' ? text : undefined;
}

/**
 * The content of a request as its hash covers it: `fingerprint` stands for the text. The hash is kept for ever, and could otherwise be
 * tried with guessed texts when the text is erased.
 */
export const hashedContent = (
  { command: { freeText }, payload }: Pick<Request, 'command' | 'payload'>,
  fingerprint: string,
): unknown => ({
  ...(payload as object),
  ...(freeText === undefined ? {} : { [freeText]: { fingerprint } }),
});

export interface FreeTextRequestsOptions {
  readonly texts: Pick<FreeTexts, 'isReady' | 'prepare'>;
  /** Called with each request that waited, in the order in which they came. */
  readonly take: (request: Request) => void;
  readonly refuse: (request: Request, refusal: Refusal) => void;
  /** Requests of one user that may wait; Infinity: no limit. */
  readonly limit: number;
}

export class FreeTextRequests {
  readonly #options: FreeTextRequestsOptions;
  /** By user id. */
  readonly #waiting = new Map<string, Request[]>();

  constructor(options: FreeTextRequestsOptions) {
    this.#options = options;
  }

  /** True if the request waits: `take` or `refuse` is called later. */
  holds(request: Request): boolean {
    const { texts, refuse, limit } = this.#options;
    const { actor } = request;
    const before = this.#waiting.size > 0 ? this.#waiting.get(actor.id) : undefined;
    if (before) {
      // The key may take as long as the store.
      if (before.length < limit) before.push(request);
      else refuse(request, tooManyWaiting(limit));
      return true;
    }
    if (actor.kind !== 'user' || freeTextOf(request) === undefined || texts.isReady(actor.id)) return false;
    this.#waiting.set(actor.id, [request]);
    void this.#prepare(actor.id);
    return true;
  }

  async #prepare(userId: string): Promise<void> {
    const { texts, take, refuse } = this.#options;
    const prepared = await texts.prepare(userId);
    const requests = this.#waiting.get(userId) ?? [];
    this.#waiting.delete(userId);
    for (const request of requests)
      if (prepared === 'ready' || freeTextOf(request) === undefined) take(request);
      else refuse(request, prepared === 'full' ? full : unavailable);
  }
}
