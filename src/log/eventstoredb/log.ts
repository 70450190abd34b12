/**
 * EventStoreDB as the log: any number of nodes on one cluster. Several processes append, so conflicts are normal; and the store is
 * remote, so an append may be UNKNOWN for a while (append.ts).
 */
import { randomUUID } from 'node:crypto';
import { registeredFamily } from '../../domain/streams.js';
import { decodeEvent, eventDigest, UndecodableEvent } from '../event-codec.js';
import {
  type Appended,
  type EventLog,
  type EventMark,
  LogUnavailable,
  type NewEvent,
  type Position,
  type RecordedPrivateEvent,
  type Subscriber,
  type Subscription,
} from '../event-log.js';
import { privateEventOf } from '../private-events.js';
import type { State, StateOutcome, StateStore } from '../state-store.js';
import { PendingAppend } from './append.js';
import { StoreConnection } from './connection.js';
import { appendOfLog, type LogIdGiven, lineageOf, NoLog } from './lineage.js';
import { describe, eventAt, type LogEnd, lastEvent, logEnd } from './reads.js';
import { recordedOf } from './recorded.js';
import { keepOnlyLast, readState, writeState } from './states.js';
import { publicStreams } from './streams.js';
import { StoreSubscription } from './subscription.js';
import { TIMING, type Timing } from './timing.js';

/** Events for operators. */
export interface EventStoreDbObserver {
  /** An append was answered: after this time, in milliseconds, with this many events. On a conflict, onConflict is called instead. */
  onAppend(milliseconds: number, events: number): void;
  onConflict(): void;
  onResubscribe(error: Error): void;
  /** A new log with this id was created. */
  onCreated(logId: string): void;
  /** The store no longer responds, for this reason. */
  onUnavailable(error: Error): void;
  /** The store responds again. */
  onAvailable(): void;
}

export interface EventStoreDbLogOptions {
  /** `esdb://…`. */
  readonly connectionString: string;
  /** The prefix of all stream names, so that several logs can share a cluster. */
  readonly prefix?: string;
  /** Whether a log is created if there is none; true by default. */
  readonly mayCreate?: boolean;
  /** How long to wait for the store at startup, in milliseconds. */
  readonly patienceMs: number;
  readonly timing?: Timing;
  /** Called when the log cannot be read any further. The process must end. */
  readonly onFatal: (error: Error) => void;
  readonly observer: EventStoreDbObserver;
}

/** Connects, and creates the log if there is none. Throws a readable error, without the connection string, if that fails. */
export async function openEventStoreDbLog(options: EventStoreDbLogOptions): Promise<EventStoreDbLog> {
  const connection = new StoreConnection(options.connectionString);
  const { prefix = '', timing = TIMING } = options;
  const deadline = performance.now() + options.patienceMs;
  for (;;) {
    try {
      return new EventStoreDbLog(connection, await lineageOf(connection, prefix, timing, options), options);
    } catch (error) {
      if (error instanceof NoLog) {
        await connection.close();
        throw error;
      }
      if (performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 250));
        continue;
      }
      await connection.close();
      throw new Error(`EVENT_STORE: the store does not answer as it should (${describe(error as Error)})`);
    }
  }
}

export class EventStoreDbLog implements EventLog, StateStore {
  readonly lineage: readonly string[];
  /** When the log got its id (RFC 3339). */
  readonly since: string;
  readonly engine: string;
  readonly isShared = true;
  readonly #connection: StoreConnection;
  readonly #options: EventStoreDbLogOptions;
  readonly #prefix: string;
  readonly #timing: Timing;
  readonly #publicStreams: RegExp;
  readonly #subscriptions = new Set<StoreSubscription>();
  /** By the id of their last event. */
  readonly #pending = new Map<string, PendingAppend>();
  #isAvailable = true;
  /** The end of the log when it was last read. */
  #end: LogEnd | undefined;

  constructor(connection: StoreConnection, given: readonly LogIdGiven[], options: EventStoreDbLogOptions) {
    this.#connection = connection;
    this.lineage = given.map(({ logId }) => logId);
    this.since = given.at(-1)!.at;
    this.#options = options;
    this.#prefix = options.prefix ?? '';
    this.engine = `eventstoredb ${this.#prefix}`.trim();
    this.#timing = options.timing ?? TIMING;
    this.#publicStreams = publicStreams(this.#prefix);
  }

  get id(): string {
    return this.lineage.at(-1)!;
  }

  get isAvailable(): boolean {
    return this.#isAvailable;
  }

  append(stream: string, expected: number, events: readonly NewEvent[]): Promise<Appended> {
    registeredFamily(stream);
    const { observer } = this.#options;
    const timing = this.#timing;
    const startedAt = performance.now();
    const last = events.at(-1)?.id;
    if (last === undefined) throw new Error('An append has at least one event');
    return new Promise((resolve) => {
      const unknown = (): void => {
        this.#unavailable(new Error(`an append was not answered for ${Math.round(performance.now() - startedAt)} ms`));
        resolve({ kind: 'unknown', resolved });
      };
      let timer = setTimeout(unknown, timing.silentMs);
      let isFailing = false;
      const append = new PendingAppend(this.#connection, this.#prefix + stream, expected, events, {
        attemptMs: timing.attemptMs,
        onAnswer: () => this.#available(),
        onTrouble: (error) => {
          this.#unavailable(error);
          if (isFailing) return;
          isFailing = true;
          clearTimeout(timer);
          timer = setTimeout(unknown, timing.failingMs);
        },
      });
      this.#pending.set(last, append);
      const resolved = append.resolved.then((outcome) => {
        clearTimeout(timer);
        this.#pending.delete(last);
        if (outcome.kind === 'appended') {
          observer.onAppend(performance.now() - startedAt, events.length);
          if (this.#publicStreams.test(this.#prefix + stream)) this.#expectDelivery(outcome.position);
        } else observer.onConflict();
        resolve(outcome);
        return outcome;
      });
    });
  }

  /** The events before it are unreadable at once, and gone from the disk with the store's next scavenge. */
  async overwrite(stream: string, expected: number, event: NewEvent): Promise<Appended> {
    const isReady = await keepOnlyLast(this.#connection, this.#prefix + stream, this.#timing.attemptMs);
    if (isReady) return this.append(stream, expected, [event]);
    return { kind: 'unknown', resolved: new Promise(() => undefined) };
  }

  subscribe(after: Position | undefined, subscriber: Subscriber): Subscription {
    const subscription = new StoreSubscription({
      connection: this.#connection,
      streams: this.#publicStreams.source,
      prefix: this.#prefix,
      after,
      readMs: this.#timing.readMs,
      subscriber: {
        deliver: (events) => {
          if (this.#pending.size > 0)
            for (const { id, revision, position } of events) this.#pending.get(id)?.delivered(revision, position);
          return subscriber.deliver(events);
        },
      },
      onAlive: () => this.#available(),
      onResubscribe: (error) => {
        this.#options.observer.onResubscribe(error);
        if ((error as { type?: string }).type !== 'timeout') this.#unavailable(error);
      },
      onFatal: this.#options.onFatal,
    });
    this.#subscriptions.add(subscription);
    return {
      caughtUp: this.#headWhenAvailable().then(
        async (head) => void (await Promise.all([subscription.reached(head), subscription.looked])),
      ),
      close: () => {
        this.#subscriptions.delete(subscription);
        subscription.close();
      },
    };
  }

  async readPrivate(stream: string): Promise<RecordedPrivateEvent | undefined> {
    try {
      const found = await lastEvent(this.#connection, this.#prefix + stream, this.#timing.readMs);
      if (!found) return undefined;
      return privateEventOf(decodeEvent({ ...found, stream }));
    } catch (error) {
      if (error instanceof UndecodableEvent) throw error;
      throw new LogUnavailable(describe(error as Error));
    }
  }

  readState(id: string): Promise<State | undefined> {
    return readState(this, id);
  }

  writeState(id: string, value: unknown, fence: number): Promise<StateOutcome> {
    const isReady = (stream: string) => keepOnlyLast(this.#connection, this.#prefix + stream, this.#timing.attemptMs);
    return writeState(this, isReady, id, value, fence);
  }

  async head(): Promise<Position> {
    const end = await logEnd(this.#connection, this.#publicStreams, this.#timing.readMs, this.#end);
    if (end === undefined) throw new LogUnavailable('the log has no first event');
    this.#end = end;
    return end.head;
  }

  async eventAt(position: Position): Promise<EventMark | undefined> {
    try {
      const found = await eventAt(this.#connection, position, this.#timing.readMs);
      return found && { position, id: found.id, digest: eventDigest(recordedOf(found, this.#prefix)) };
    } catch (error) {
      // A restored store may have no event that begins there, and report it in different ways.
      if (error instanceof LogUnavailable || (error as { code?: unknown }).code === 14)
        throw new LogUnavailable(describe(error as Error));
      return undefined;
    }
  }

  /**
   * Gives the log a new id after a restore of the store. All nodes must be stopped. `at`: RFC 3339, not before the newest event in
   * the log. Rejects if a node has written in the meantime.
   */
  async restore(at: string): Promise<string> {
    const log_id = randomUUID();
    const appended = await appendOfLog(
      this.#connection,
      this.#prefix,
      this.#timing,
      this.lineage.length - 1,
      { type: 'LogRestored', data: { log_id, previous: this.id } },
      'restore_log',
      at,
    );
    if (!appended)
      throw new Error('Another process has given the log a new id in the meantime: there is nothing left to do');
    return log_id;
  }

  async close(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.close();
    this.#subscriptions.clear();
    for (const append of this.#pending.values()) append.abandon();
    await this.#connection.close();
  }

  async #headWhenAvailable(): Promise<Position> {
    for (;;) {
      try {
        return await this.head();
      } catch (error) {
        this.#unavailable(error as Error);
        await new Promise((resolve) => setTimeout(resolve, 250).unref());
      }
    }
  }

  /** A subscription may stop without an error, so every appended event has to be delivered in time. */
  #expectDelivery(position: Position): void {
    for (const subscription of this.#subscriptions) {
      const timer = setTimeout(
        () => subscription.renew('an appended event was not delivered in time'),
        this.#timing.deliveryMs,
      ).unref();
      void subscription.reached(position).then(() => clearTimeout(timer));
    }
  }

  #available(): void {
    if (this.#isAvailable) return;
    this.#isAvailable = true;
    this.#options.observer.onAvailable();
  }

  #unavailable(error: Error): void {
    if (!this.#isAvailable) return;
    this.#isAvailable = false;
    this.#options.observer.onUnavailable(new Error(describe(error)));
  }
}
