/**
 * Sends the events of subscriptions to their webhooks. Every node looks for partitions that nobody serves, and holds them as a consumer does; so
 * when a node dies, another one goes on when its leases end. How many partitions a node serves at a time, and how many requests it makes, is
 * bounded for each user and in all: where more wait than there is room for, they take turns (fair-slots.ts).
 */
import { randomUUID } from 'node:crypto';
import { type DurableSubscription, isFree, released, taken } from '../../feeds/durable-subscription.js';
import { WEBHOOK_PARTITIONS_PER_USER } from '../../feeds/subscriptions.js';
import { LogUnavailable } from '../../log/event-log.js';
import type { Service } from '../../service.js';
import { FairSlots, type Slot, type SlotLimits } from './fair-slots.js';
import { PartitionSender, type SenderParts } from './partition-sender.js';

/** How often a node looks for partitions that nobody serves, in milliseconds. */
const LOOK_MS = 5_000;

/** Partitions that one node serves at a time: each holds a lease, and the ids of the pages that it reads. */
const SERVED: SlotLimits = { total: 1_024, perUser: WEBHOOK_PARTITIONS_PER_USER };

/** Requests that one node makes at a time: each holds a socket, and a batch of events. */
const TRIES: SlotLimits = { total: 100, perUser: 10 };

export interface WebhooksOptions extends Omit<SenderParts, 'ending' | 'tries' | 'isToYield'> {
  readonly lookMs?: number;
  readonly served?: SlotLimits;
  readonly tries?: SlotLimits;
  /** Called with what went wrong unexpectedly. */
  readonly onError: (error: unknown) => void;
}

export class Webhooks implements Service {
  readonly name = 'webhooks';
  readonly #options: WebhooksOptions;
  /** As which the partitions are held: another one at each start. */
  readonly #consumer = `webhook ${randomUUID()}`;
  readonly #ending = new AbortController();
  readonly #served: FairSlots;
  readonly #tries: FairSlots;
  /** Partitions that are served, and those that wait for it. */
  readonly #running = new Map<string, { readonly slot: Slot; readonly over: Promise<void> }>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #looksAgain = false;

  constructor(options: WebhooksOptions) {
    this.#options = options;
    this.#served = new FairSlots(options.served ?? SERVED);
    this.#tries = new FairSlots(options.tries ?? TRIES);
  }

  /** Partitions that this node serves. */
  get serving(): number {
    return this.#served.held;
  }

  /** Partitions that wait for this node to have room. */
  get waiting(): number {
    return this.#served.waiting;
  }

  /** Requests under way. */
  get trying(): number {
    return this.#tries.held;
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), this.#options.lookMs ?? LOOK_MS).unref();
    this.look();
  }

  /** Looks now: a webhook was made or changed. */
  look(): void {
    if (this.#ending.signal.aborted) return;
    if (this.#looking) {
      this.#looksAgain = true;
      return;
    }
    this.#looking = this.#look()
      .catch((error: unknown) => {
        if (!(error instanceof LogUnavailable)) this.#options.onError(error);
      })
      .finally(() => {
        this.#looking = undefined;
        if (!this.#looksAgain) return;
        this.#looksAgain = false;
        this.look();
      });
  }

  /** Ends the tries under way; the partitions are free at once. */
  async drain(): Promise<void> {
    clearInterval(this.#timer);
    this.#ending.abort();
    await this.#looking;
    const running = [...this.#running.values()];
    for (const { slot } of running) if (!slot.isHeld) slot.release();
    await Promise.all(running.map(({ over }) => over));
    await this.#options.attempts.flush();
  }

  async #look(): Promise<void> {
    const { subscriptions, projection, lookMs = LOOK_MS } = this.#options;
    for (const userId of await subscriptions.users('webhooks')) {
      if (!projection.live.accounts.isActive(userId)) continue;
      for (const { id, webhook, partitions } of await subscriptions.of(userId)) {
        if (!webhook || webhook.paused !== null) continue;
        const now = subscriptions.now();
        partitions.forEach((partition, index) => {
          // One that failed is taken when its next try is due.
          if (isFree(partition, now) && (partition.failing?.again ?? 0) <= now + lookMs) this.#serve(userId, id, index);
        });
      }
    }
  }

  /** Serves the partition, as soon as there is room. */
  #serve(userId: string, id: string, index: number): void {
    const key = `${id} ${index}`;
    if (this.#running.has(key) || this.#ending.signal.aborted) return;
    const slot = this.#served.take(userId);
    const over = this.#serveIn(slot, userId, id, index)
      .catch((error: unknown) => {
        if (!(error instanceof LogUnavailable)) this.#options.onError(error);
      })
      .then(() => {
        this.#running.delete(key);
        slot.release();
      });
    this.#running.set(key, { slot, over });
  }

  async #serveIn(slot: Slot, userId: string, id: string, index: number): Promise<void> {
    const { subscriptions } = this.#options;
    if (!(await slot.held) || this.#ending.signal.aborted) return;
    const now = subscriptions.now();
    const updated = await subscriptions.update(id, (one) => {
      const partition = one.partitions[index];
      if (!one.webhook || !partition || !isFree(partition, now)) return { result: undefined };
      const value = taken(one, index, this.#consumer, now);
      return { value, result: value.partitions[index]?.epoch };
    });
    if (updated.kind !== 'done' || updated.result === undefined) return;
    const epoch = updated.result;
    const sender = new PartitionSender(id, index, epoch, {
      ...this.#options,
      tries: this.#tries,
      isToYield: () => this.#served.isWantedFrom(userId),
      ending: this.#ending.signal,
    });
    try {
      await sender.run();
    } finally {
      const release = (one: DurableSubscription) =>
        one.partitions[index]?.epoch === epoch
          ? { value: released(one, index, subscriptions.now()), result: true }
          : { result: false };
      await subscriptions.update(id, release).catch(() => undefined);
    }
  }
}
