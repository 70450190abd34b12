/**
 * Sends the events of subscriptions to their webhooks. Every node looks for partitions that nobody serves, and holds them as a consumer does; so
 * when a node dies, another one goes on when its leases end.
 */
import { randomUUID } from 'node:crypto';
import { isFree, released, taken } from '../../feeds/durable-subscription.js';
import { LogUnavailable } from '../../log/event-log.js';
import type { Service } from '../../service.js';
import { PartitionSender, type SenderParts } from './partition-sender.js';

/** How often a node looks for partitions that nobody serves, in milliseconds. */
const LOOK_MS = 5_000;

export interface WebhooksOptions extends Omit<SenderParts, 'ending'> {
  readonly lookMs?: number;
  /** Called with what went wrong unexpectedly. */
  readonly onError: (error: unknown) => void;
}

export class Webhooks implements Service {
  readonly name = 'webhooks';
  readonly #options: WebhooksOptions;
  /** As which the partitions are held: another one at each start. */
  readonly #consumer = `webhook ${randomUUID()}`;
  readonly #ending = new AbortController();
  readonly #running = new Map<string, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #looksAgain = false;

  constructor(options: WebhooksOptions) {
    this.#options = options;
  }

  /** Partitions that this node serves. */
  get serving(): number {
    return this.#running.size;
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
    await Promise.all(this.#running.values());
    await this.#options.attempts.flush();
  }

  async #look(): Promise<void> {
    const { subscriptions, projection } = this.#options;
    for (const userId of await subscriptions.usersWithWebhooks()) {
      if (!projection.live.accounts.isActive(userId)) continue;
      for (const { id, webhook, partitions } of await subscriptions.of(userId)) {
        if (!webhook || webhook.paused !== null) continue;
        for (let index = 0; index < partitions.length; index += 1) await this.#serve(id, index);
      }
    }
  }

  async #serve(id: string, index: number): Promise<void> {
    const { subscriptions, onError } = this.#options;
    const key = `${id} ${index}`;
    if (this.#running.has(key) || this.#ending.signal.aborted) return;
    const now = subscriptions.now();
    const updated = await subscriptions.update(id, (one) => {
      const partition = one.partitions[index];
      if (!one.webhook || !partition || !isFree(partition, now)) return { result: undefined };
      const value = taken(one, index, this.#consumer, now);
      return { value, result: value.partitions[index]?.epoch };
    });
    if (updated.kind !== 'done' || updated.result === undefined) return;
    const epoch = updated.result;
    const sender = new PartitionSender(id, index, epoch, { ...this.#options, ending: this.#ending.signal });
    const running = sender
      .run()
      .catch((error: unknown) => {
        if (!(error instanceof LogUnavailable)) onError(error);
      })
      .then(async () => {
        await subscriptions
          .update(id, (one) =>
            one.partitions[index]?.epoch === epoch
              ? { value: released(one, index, subscriptions.now()), result: true }
              : { result: false },
          )
          .catch(() => undefined);
        this.#running.delete(key);
      });
    this.#running.set(key, running);
  }
}
