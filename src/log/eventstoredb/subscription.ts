/**
 * The subscription to EventStoreDB: one filtered subscription to $all, started again from the last position whenever it ends, for
 * any reason. The server regularly drops it under load (it buffers 32 events for a slow subscriber), and the client does not start
 * it again. Events at or before the last delivered position are ignored, which removes all duplicates. While a connection was lost,
 * the store may have been restored from an older copy, so the last received event must still be at its position.
 */
import {
  type AllStreamResolvedEvent,
  type AllStreamSubscription,
  START,
  streamNameFilter,
} from '@eventstore/db-client';
import { comparePositions, type Position, type RecordedEvent, type Subscriber } from '../event-log.js';
import { BackOff } from './back-off.js';
import type { StoreConnection } from './connection.js';
import { positionOf, storePosition } from './position.js';
import { eventAt, stillHolds } from './reads.js';
import { recordedOf } from './recorded.js';

export interface StoreSubscriptionOptions {
  readonly connection: StoreConnection;
  /** A .NET regular expression that matches the names of our streams and no others. */
  readonly streams: string;
  /** The prefix of our stream names. */
  readonly prefix: string;
  readonly after: Position | undefined;
  /** For a read, in milliseconds. */
  readonly readMs: number;
  readonly subscriber: Subscriber;
  /** The server has confirmed the subscription or delivered an event. */
  readonly onAlive: () => void;
  /** The subscription has ended and is started again. */
  readonly onResubscribe: (error: Error) => void;
  /** The subscriber has thrown, or the log cannot be read. */
  readonly onFatal: (error: Error) => void;
}

export class StoreSubscription {
  readonly #options: StoreSubscriptionOptions;
  #subscription: AllStreamSubscription | undefined;
  /** Position of the last event delivered to the subscriber. */
  #delivered: Position | undefined;
  /** Position of the last event received; a new subscription starts after it. */
  #from: Position | undefined;
  /** The event at #from, if it is known. */
  #last: Pick<RecordedEvent, 'position' | 'id'> | undefined;
  #batch: RecordedEvent[] = [];
  #isFlushing = false;
  #isOpen = true;
  readonly #backOff = new BackOff();
  /** Resolves when the event at `after` is known or cannot be read. */
  readonly looked: Promise<void>;
  #waiting: { position: Position; resolve: () => void }[] = [];

  constructor(options: StoreSubscriptionOptions) {
    this.#options = options;
    this.#delivered = this.#from = options.after;
    this.#subscribe();
    this.looked = options.after === undefined ? Promise.resolve() : this.#lookAt(options.after);
  }

  /** Resolves when the event at `position` has been delivered. */
  reached(position: Position): Promise<void> {
    if (this.#has(position)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ position, resolve }));
  }

  /** Starts the subscription again. Has to be called when an event is known to be in the log and is not delivered. */
  renew(reason: string): void {
    const subscription = this.#subscription;
    if (subscription) this.#lost(subscription, new Error(reason));
  }

  close(): void {
    this.#isOpen = false;
    this.#drop();
  }

  #has(position: Position): boolean {
    return this.#delivered !== undefined && comparePositions(this.#delivered, position) >= 0;
  }

  #subscribe(): void {
    if (!this.#isOpen) return;
    const { connection, streams, onAlive } = this.#options;
    const alive = (): void => {
      this.#backOff.reset();
      onAlive();
    };
    const subscription = connection.client.subscribeToAll({
      fromPosition: this.#from === undefined ? START : storePosition(this.#from),
      // The server's checkpoints are not used: the client reports a checkpoint before the events ahead of it have left its buffer.
      filter: streamNameFilter({ regex: streams }),
    });
    this.#subscription = subscription;
    subscription.on('confirmation', alive);
    subscription.on('data', (resolved: AllStreamResolvedEvent) => {
      if (this.#subscription !== subscription) return;
      alive();
      this.#take(resolved);
    });
    subscription.on('error', (error: Error) => this.#lost(subscription, error));
    for (const end of ['end', 'close'] as const)
      subscription.on(end, () => this.#lost(subscription, new Error('the server has ended the subscription')));
  }

  #lost(subscription: AllStreamSubscription, error: Error): void {
    if (this.#subscription !== subscription || !this.#isOpen) return;
    this.#drop();
    this.#options.onResubscribe(error);
    const isTooSlow = (error as { type?: string }).type === 'timeout';
    if (isTooSlow) setTimeout(() => this.#subscribe(), 0);
    else this.#subscribeLater();
  }

  /** Reads the event at this position before the first event is received. */
  async #lookAt(position: Position): Promise<void> {
    const { connection, readMs } = this.#options;
    const found = await eventAt(connection, position, readMs).catch(() => undefined);
    if (found) this.#last ??= { position, id: found.id };
  }

  #subscribeLater(): void {
    setTimeout(() => void this.#subscribeToTheSame(), this.#backOff.next());
  }

  /** Starts the subscription again if the store still contains the last received event; retries later if the store does not say. */
  async #subscribeToTheSame(): Promise<void> {
    const { connection, readMs, onResubscribe, onFatal } = this.#options;
    try {
      const isSame = !this.#isOpen || !this.#last || (await stillHolds(connection, this.#last, readMs));
      if (isSame) return this.#subscribe();
    } catch (error) {
      if (!this.#isOpen) return;
      onResubscribe(error as Error);
      return this.#subscribeLater();
    }
    if (this.#isOpen)
      onFatal(
        new Error(
          `EVENT_STORE holds another log than this node has followed up to position ${this.#last?.position}: it was replaced while the node was running. If it was restored from a backup, stop all nodes and run npm run restore once`,
        ),
      );
  }

  #drop(): void {
    const subscription = this.#subscription;
    this.#subscription = undefined;
    // Its stream may have failed to open; later errors of it are ignored.
    subscription?.unsubscribe().catch(() => undefined);
  }

  #take({ event }: AllStreamResolvedEvent): void {
    if (!event) return;
    try {
      const position = positionOf(event.position);
      if (this.#from !== undefined && comparePositions(position, this.#from) <= 0) return;
      this.#from = position;
      const recorded = recordedOf(event, this.#options.prefix);
      this.#last = recorded;
      this.#batch.push(recorded);
    } catch (error) {
      return this.#options.onFatal(error as Error);
    }
    if (this.#batch.length > 1 || this.#isFlushing) return;
    // Events that arrive together are delivered together.
    setImmediate(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    const batch = this.#batch;
    const last = batch.at(-1);
    if (this.#isFlushing || !last || !this.#isOpen) return;
    this.#isFlushing = true;
    this.#batch = [];
    try {
      const pause = this.#options.subscriber.deliver(batch);
      this.#delivered = last.position;
      for (const { resolve } of this.#waiting.filter(({ position }) => this.#has(position))) resolve();
      this.#waiting = this.#waiting.filter(({ position }) => !this.#has(position));
      if (pause) {
        const subscription = this.#subscription;
        subscription?.pause();
        await pause;
        subscription?.resume();
      }
    } catch (error) {
      return this.#options.onFatal(error as Error);
    }
    this.#isFlushing = false;
    if (this.#batch.length > 0) void this.#flush();
  }
}
