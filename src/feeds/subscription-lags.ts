/**
 * How far subscriptions are behind, for metrics: measured in the background one after the other, only while somebody asks, and for a bounded time
 * at each question. Only those that are furthest behind are kept, so what is shown does not grow with their number.
 */
import { LogUnavailable } from '../log/event-log.js';
import { TablesBehind } from '../projections/event-reader.js';
import type { DurableSubscription } from './durable-subscription.js';
import type { Lag } from './subscription-lag.js';
import type { Subscriptions } from './subscriptions.js';

/** Subscriptions that are shown. */
const SHOWN = 20;

/** Time between two measurements, and the time that one takes at most, in milliseconds; then it goes on at the next one. */
const EVERY_MS = 10_000;
const SLICE_MS = 200;

export interface MeasuredLag {
  /** Id of its owner. */
  readonly userId: string;
  readonly name: string;
  readonly events: number;
  /** Since the oldest of them. */
  readonly seconds: number;
}

export interface LagFigures {
  readonly subscriptions: number;
  /** Those that have not acknowledged everything and are furthest behind, the oldest event first: 20 at most. */
  readonly furthest: readonly MeasuredLag[];
}

export interface SubscriptionLagsOptions {
  readonly subscriptions: Pick<Subscriptions, 'users' | 'of'>;
  /** Rejects with TablesBehind. */
  readonly lagOf: (subscription: DurableSubscription) => Promise<Lag>;
  /** Called with what went wrong unexpectedly. */
  readonly onError: (error: unknown) => void;
  readonly everyMs?: number;
  readonly sliceMs?: number;
}

export class SubscriptionLags {
  readonly #options: SubscriptionLagsOptions;
  /** Of the last whole round over all subscriptions. */
  #figures: LagFigures = { subscriptions: 0, furthest: [] };
  /** The round under way; undefined between two. */
  #round: AsyncGenerator<void, LagFigures> | undefined;
  #isMeasuring = false;
  #measuredAt = Number.NEGATIVE_INFINITY;

  constructor(options: SubscriptionLagsOptions) {
    this.#options = options;
  }

  /** What was found last. Measures again, in the background, if that is old. */
  read(): LagFigures {
    const { everyMs = EVERY_MS } = this.#options;
    if (!this.#isMeasuring && performance.now() - this.#measuredAt >= everyMs) void this.measure();
    return this.#figures;
  }

  /** Never rejects: what cannot be read now is measured the next time. */
  async measure(): Promise<void> {
    const { sliceMs = SLICE_MS } = this.#options;
    this.#isMeasuring = true;
    const until = performance.now() + sliceMs;
    try {
      this.#round ??= this.#overAll();
      do {
        const { done, value } = await this.#round.next();
        if (!done) continue;
        this.#figures = value;
        this.#round = undefined;
        return;
      } while (performance.now() < until);
    } catch (error) {
      this.#round = undefined;
      if (!(error instanceof LogUnavailable)) this.#options.onError(error);
    } finally {
      this.#isMeasuring = false;
      this.#measuredAt = performance.now();
    }
  }

  /** Stops after each subscription. */
  async *#overAll(): AsyncGenerator<void, LagFigures> {
    const { subscriptions } = this.#options;
    let count = 0;
    let furthest: MeasuredLag[] = [];
    for (const userId of await subscriptions.users())
      for (const subscription of await subscriptions.of(userId)) {
        count += 1;
        const lag = await this.#lagOf(subscription);
        if (lag) furthest = [...furthest, lag].sort((a, b) => b.seconds - a.seconds).slice(0, SHOWN);
        yield;
      }
    return { subscriptions: count, furthest };
  }

  /** Undefined: everything is acknowledged, or the tables cannot be read now. */
  async #lagOf(subscription: DurableSubscription): Promise<MeasuredLag | undefined> {
    try {
      const { events, seconds } = await this.#options.lagOf(subscription);
      return seconds === null ? undefined : { userId: subscription.user, name: subscription.name, events, seconds };
    } catch (error) {
      if (error instanceof TablesBehind) return undefined;
      throw error;
    }
  }
}
