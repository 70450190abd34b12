/** Sends one partition's events to a webhook: in order, one batch at a time, each again until it is taken. */
import { createHash } from 'node:crypto';
import type { AttemptLog } from '../../feeds/attempts.js';
import { acknowledged, type DurableSubscription, failing, holds, renewed } from '../../feeds/durable-subscription.js';
import { readerOf } from '../../feeds/subscription-reader.js';
import type { Subscriptions } from '../../feeds/subscriptions.js';
import { pauseAfter, signatureHeaders, type Webhook } from '../../feeds/webhook.js';
import { comparePositions, type Position } from '../../log/event-log.js';
import type { AllowedTargets } from '../../net/inner-addresses.js';
import { type Posted, post, type Resolve } from '../../net/webhook-post.js';
import type { EventFeed } from '../../projections/event-feed.js';
import { type EventReader, type ReadEvent, TablesBehind } from '../../projections/event-reader.js';
import { POSITION_WAIT_MS } from '../../projections/position-waiters.js';
import type { Projection } from '../../projections/projection.js';
import type { FairSlots, Slot } from './fair-slots.js';

/** Events of one batch, at most. */
const BATCH = 100;

/** For the answer to one try, in milliseconds. */
const TRY_MS = 15_000;

/** A wait is looked at so often, for the lease and for changes of the subscription, in milliseconds. */
const STEP_MS = 10_000;

/** How long a partition is served at least before it gives its room to another one that waits, in milliseconds. */
const TURN_MS = 10_000;

/** How often a place is written that moved over events which are not sent, in milliseconds. */
const PLACE_MS = 10_000;

const GONE = 410;

export interface SenderParts {
  readonly subscriptions: Subscriptions;
  readonly attempts: AttemptLog;
  readonly projection: Projection;
  readonly feed: EventFeed;
  /** An event as a CloudEvent, as JSON. */
  readonly cloudEvent: (event: ReadEvent) => string;
  readonly allowed: AllowedTargets;
  /** Defaults to the DNS. */
  readonly resolve?: Resolve;
  /** Called with the outcome of each try. */
  readonly onAttempt: (outcome: 'delivered' | 'failed' | 'refused' | 'gone') => void;
  /** The pause after failures, in milliseconds; defaults to that of webhook.ts. */
  readonly pause?: typeof pauseAfter;
  readonly tryMs?: number;
  readonly turnMs?: number;
  /** Requests that may be under way at a time. */
  readonly tries: FairSlots;
  /** Whether another partition waits for the room of this one. */
  readonly isToYield: () => boolean;
  readonly ending: AbortSignal;
}

/** A batch that is ready to be sent. */
interface Batch {
  readonly events: readonly string[];
  /** Events that were read for it, with those that are not sent. */
  readonly read: number;
  /** Everything up to here is in it, or is not sent. */
  readonly end: Position;
  readonly id: string;
}

export class PartitionSender {
  readonly #id: string;
  readonly #index: number;
  readonly #epoch: number;
  readonly #parts: SenderParts;
  /** Kept while everything that it reads is taken. */
  #reader: EventReader | undefined;
  /** What the reader was opened with. */
  #filter = '';
  #placedAt = performance.now();
  readonly #startedAt = performance.now();
  /** Waited for, or held, while a batch is read and sent: so there are no more batches in memory than requests. */
  #slot: Slot | undefined;

  /** `epoch`: of the claim of the partition with this index. */
  constructor(subscriptionId: string, index: number, epoch: number, parts: SenderParts) {
    this.#id = subscriptionId;
    this.#index = index;
    this.#epoch = epoch;
    this.#parts = parts;
  }

  /** Resolves when the server stops, when the partition is not to be served any more, and when it has had its turn. Rejects with LogUnavailable. */
  async run(): Promise<void> {
    try {
      await this.#serve();
    } finally {
      this.#slot?.release();
    }
  }

  async #serve(): Promise<void> {
    const { ending, projection, tries } = this.#parts;
    while (!ending.aborted) {
      if (this.#stepMs <= 0) return;
      const subscription = await this.#current();
      if (!subscription?.webhook || !projection.live.accounts.isActive(subscription.user)) return;
      const again = subscription.partitions[this.#index]?.failing?.again ?? 0;
      const waitMs = again - this.#parts.subscriptions.now();
      if (waitMs > 0) {
        await this.#sleep(Math.min(waitMs, this.#stepMs));
        continue;
      }
      this.#slot ??= tries.take(subscription.user);
      // After a wait, the subscription may be another one.
      if (!this.#slot.isHeld) await this.#sleep(this.#stepMs, this.#slot.held);
      else if (!(await this.#sendNext(subscription, subscription.webhook))) return;
    }
  }

  /** How long may be waited now, in milliseconds; nothing if its turn is over. */
  get #stepMs(): number {
    const { isToYield, turnMs = TURN_MS } = this.#parts;
    return isToYield() ? Math.min(STEP_MS, this.#startedAt + turnMs - performance.now()) : STEP_MS;
  }

  /** The subscription, with a sign of life; undefined if it is not to be served any more. */
  async #current(): Promise<DurableSubscription | undefined> {
    const { subscriptions } = this.#parts;
    const found = await subscriptions.byId(this.#id);
    if (!found?.webhook || found.webhook.paused !== null || !holds(found, this.#index, this.#epoch)) return undefined;
    const begun = await subscriptions.begun(found);
    const now = subscriptions.now();
    if (renewed(begun, this.#index, now) === begun) return begun;
    const isHeld = await this.#change((one) => renewed(one, this.#index, now));
    return isHeld ? begun : undefined;
  }

  /** Sends the next batch, or waits for events. False if the partition is lost or the webhook is paused. */
  async #sendNext(subscription: DurableSubscription, webhook: Webhook): Promise<boolean> {
    const partition = subscription.partitions[this.#index];
    if (!partition) return false;
    let batch: Batch | undefined;
    try {
      batch = await this.#read(subscription, webhook, partition.position, partition.failing?.events ?? BATCH);
      if (batch && batch.events.length > 0) return await this.#try(webhook, batch, partition.failing?.times ?? 0);
    } finally {
      this.#slot?.release();
      this.#slot = undefined;
    }
    return batch ? this.#place(batch.end, partition.position) : true;
  }

  /** The next events; undefined if the tables are behind. */
  async #read(
    subscription: DurableSubscription,
    { max_age_s }: Webhook,
    position: Position,
    limit: number,
  ): Promise<Batch | undefined> {
    const { projection, cloudEvent, subscriptions, attempts } = this.#parts;
    if (!(await projection.reached(position, POSITION_WAIT_MS))) return undefined;
    const filter = JSON.stringify([subscription.types, subscription.pages, subscription.from]);
    if (filter !== this.#filter) this.#reader = undefined;
    this.#filter = filter;
    this.#reader ??= readerOf(subscription, this.#index, position, this.#parts);
    try {
      const { events } = await this.#reader.read(limit);
      const oldest = max_age_s === null ? '' : new Date(subscriptions.now() - max_age_s * 1_000).toISOString();
      const sent = events.filter(({ entry }) => entry.void === 0 && entry.at >= oldest);
      const skipped = events.filter(({ entry }) => entry.void === 0).length - sent.length;
      if (skipped > 0) attempts.note(this.#id, [], skipped);
      return {
        events: sent.map(cloudEvent),
        read: events.length,
        end: this.#reader.position,
        id: idOf(this.#id, sent),
      };
    } catch (error) {
      if (error instanceof TablesBehind) return undefined;
      throw error;
    }
  }

  /** Nothing is to be sent: waits if there is nothing to read, and keeps the place from time to time. */
  async #place(end: Position, position: Position): Promise<boolean> {
    const { ending } = this.#parts;
    const reader = this.#reader;
    if (reader?.isCaughtUp && !ending.aborted) {
      const endWait = (): void => reader.endWait();
      ending.addEventListener('abort', endWait);
      await reader.wait(performance.now() + this.#stepMs).finally(() => ending.removeEventListener('abort', endWait));
    }
    if (comparePositions(end, position) <= 0 || performance.now() - this.#placedAt < PLACE_MS) return true;
    return this.#acknowledge(end);
  }

  async #try(webhook: Webhook, { events, read, end, id }: Batch, failures: number): Promise<boolean> {
    const { subscriptions, attempts, onAttempt, allowed, resolve, ending, tryMs = TRY_MS } = this.#parts;
    const body = Buffer.from(`[${events.join(',')}]`);
    const now = subscriptions.now();
    const startedAt = performance.now();
    const posted = await post(
      new URL(webhook.url),
      {
        'content-type': 'application/cloudevents-batch+json',
        'user-agent': 'alarm-server',
        ...signatureHeaders(webhook, id, body, now),
      },
      body,
      { allowed, ...(resolve ? { resolve } : {}), timeoutMs: tryMs, ending },
    );
    // Not a try that failed: it was ended here.
    if (ending.aborted && posted.kind !== 'answered') return true;
    const outcome = outcomeOf(posted);
    onAttempt(outcome);
    const why = whyOf(posted);
    attempts.note(this.#id, [
      {
        at: new Date(subscriptions.now()).toISOString(),
        partition: this.#index,
        webhook_id: id,
        events: events.length,
        outcome,
        status: posted.kind === 'answered' ? posted.status : null,
        error: outcome === 'delivered' ? null : why,
        duration_ms: Math.round(performance.now() - startedAt),
      },
    ]);
    if (outcome === 'delivered') return this.#acknowledge(end);
    this.#reader = undefined;
    if (outcome === 'gone')
      return this.#change((one) => (one.webhook ? { ...one, webhook: { ...one.webhook, paused: why } } : one));
    const asked = posted.kind === 'answered' ? posted.retryAfter : undefined;
    const pause = (this.#parts.pause ?? pauseAfter)(failures + 1, Math.random(), asked, subscriptions.now());
    const again = subscriptions.now() + Math.round(pause);
    return this.#change((one) => failing(one, this.#index, { times: failures + 1, again, why, events: read }));
  }

  async #acknowledge(end: Position): Promise<boolean> {
    const { subscriptions } = this.#parts;
    const place = await subscriptions.placeAt(end);
    this.#placedAt = performance.now();
    return this.#change((one) =>
      failing(acknowledged(one, this.#index, place, subscriptions.now()), this.#index, undefined),
    );
  }

  /** Makes the change while the partition is held, and waits for the store if it has to. False if the partition is lost. */
  async #change(change: (one: DurableSubscription) => DurableSubscription): Promise<boolean> {
    const { subscriptions, ending } = this.#parts;
    for (;;) {
      const updated = await subscriptions.update(this.#id, (one) =>
        holds(one, this.#index, this.#epoch) ? { value: change(one), result: true } : { result: false },
      );
      if (updated.kind === 'done') return updated.result === true;
      if (ending.aborted) return false;
      await this.#sleep(1_000);
    }
  }

  /** `sooner`: ends it. */
  #sleep(milliseconds: number, sooner?: Promise<unknown>): Promise<void> {
    const { ending } = this.#parts;
    return new Promise((resolve) => {
      if (ending.aborted) return resolve();
      const over = (): void => {
        clearTimeout(timer);
        ending.removeEventListener('abort', over);
        resolve();
      };
      const timer = setTimeout(over, milliseconds);
      ending.addEventListener('abort', over);
      void sooner?.then(over);
    });
  }
}

/** The same for the same events of the same subscription, so that a receiver knows a batch again. */
function idOf(subscriptionId: string, events: readonly ReadEvent[]): string {
  const hash = createHash('sha256').update(subscriptionId);
  for (const { entry } of events) hash.update(entry.id);
  return `msg_${hash.digest('hex').slice(0, 32)}`;
}

function outcomeOf(posted: Posted): 'delivered' | 'failed' | 'refused' | 'gone' {
  if (posted.kind === 'inner') return 'refused';
  if (posted.kind === 'failed') return 'failed';
  if (posted.status === GONE) return 'gone';
  return posted.status >= 200 && posted.status < 300 ? 'delivered' : 'failed';
}

function whyOf(posted: Posted): string {
  if (posted.kind === 'inner') return 'the host is, or resolves to, an address that WEBHOOK_ALLOW does not allow';
  if (posted.kind === 'failed') return posted.why;
  if (posted.status >= 300 && posted.status < 400) return `answered ${posted.status}: redirects are not followed`;
  return `answered ${posted.status}`;
}
