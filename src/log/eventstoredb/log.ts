/**
 * EventStoreDB as the log: any number of nodes on one cluster, one truth. Several processes append, so a conflict is an everyday
 * answer; and a network lies between, so an append may be UNKNOWN for a while (append.ts).
 */
import { randomUUID } from 'node:crypto';
import { EVENT_VERSION, type Metadata } from '../../domain/events.js';
import { LOG_STREAM } from '../../domain/streams.js';
import { LogUnavailable, NO_STREAM, type Appended, type CredentialSet, type EventLog, type NewEvent, type Position, type Subscriber, type Subscription } from '../event-log.js';
import { PendingAppend } from './append.js';
import { StoreConnection } from './connection.js';
import { Feed } from './feed.js';
import { describe, firstEvent, lastEvent, logEnd, type LogEnd } from './reads.js';
import { fedStreams } from './streams.js';
import { within } from './within.js';

/** How long to wait for what, in milliseconds. */
export const TIMING = {
  /** For the answer to one attempt of an append. */
  attemptMs: 3_000,
  /** From the first failed attempt on, before the append counts as UNKNOWN and those who wait for it are told. */
  failingMs: 1_500,
  /** The same without any answer: a healthy server was seen to pause for 3 s. */
  silentMs: 5_000,
  /** For a read. */
  readMs: 5_000,
  /** For what was appended to come out of the feed, before that is begun again. */
  feedMs: 5_000,
};

export type Timing = Readonly<typeof TIMING>;

/** Told of what an operator should see. */
export interface EventStoreDbObserver {
  /** An append was answered after this time, in milliseconds, with so many events; or was a conflict, with none. */
  onAppend(milliseconds: number, events: number): void;
  onConflict(): void;
  onResubscribe(error: Error): void;
  /** The store answers no more, for this reason. */
  onUnavailable(error: Error): void;
  /** It answers again. */
  onAvailable(): void;
}

export interface EventStoreDbLogOptions {
  /** `esdb://…`. */
  readonly connectionString: string;
  /** What comes before the names of all streams, so that several logs may share a cluster. */
  readonly prefix?: string;
  /** How long to wait for the store at the start, in milliseconds. */
  readonly patienceMs: number;
  readonly timing?: Timing;
  /** Called when the log cannot be read on. The process must end. */
  readonly onFatal: (error: Error) => void;
  readonly observer: EventStoreDbObserver;
}

/** Connects, and makes the log where there is none yet. Throws with a sentence, without the connection string, if that cannot be. */
export async function openEventStoreDbLog(options: EventStoreDbLogOptions): Promise<EventStoreDbLog> {
  const connection = new StoreConnection(options.connectionString);
  const { prefix = '', timing = TIMING } = options;
  const deadline = performance.now() + options.patienceMs;
  for (;;) {
    try {
      return new EventStoreDbLog(connection, await logId(connection, prefix, timing), options);
    } catch (error) {
      if (performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 250));
        continue;
      }
      await connection.close();
      throw new Error(`EVENT_STORE: the store does not answer as it should (${describe(error as Error)})`);
    }
  }
}

/** Id in the log's first event, which is written if there is none. Two nodes may do so at once: one of them finds the other's. */
async function logId(connection: StoreConnection, prefix: string, timing: Timing): Promise<string> {
  const stream = prefix + LOG_STREAM;
  const found = await firstEvent(connection, stream, timing.readMs);
  if (found) return (found.data as { log_id: string }).log_id;
  const log_id = randomUUID();
  const metadata: Metadata = { at: new Date().toISOString(), by: 'system', via: 'self', command: 'create_log', key: log_id, v: EVENT_VERSION };
  const append = new PendingAppend(connection, stream, NO_STREAM, [{ id: log_id, event: { type: 'LogCreated', data: { log_id } }, metadata }], { attemptMs: timing.attemptMs, onTrouble: () => undefined, onAnswer: () => undefined });
  await within(timing.readMs, append.resolved).finally(() => append.abandon());
  return ((await firstEvent(connection, stream, timing.readMs))!.data as { log_id: string }).log_id;
}

export class EventStoreDbLog implements EventLog {
  readonly id: string;
  readonly engine: string;
  readonly isShared = true;
  readonly #connection: StoreConnection;
  readonly #options: EventStoreDbLogOptions;
  readonly #prefix: string;
  readonly #timing: Timing;
  readonly #fedStreams: RegExp;
  readonly #feeds = new Set<Feed>();
  /** By the id of their last event. */
  readonly #pending = new Map<string, PendingAppend>();
  #isAvailable = true;
  /** Where the log ended when that was last asked. */
  #end: LogEnd | undefined;

  constructor(connection: StoreConnection, id: string, options: EventStoreDbLogOptions) {
    this.#connection = connection;
    this.id = id;
    this.#options = options;
    this.#prefix = options.prefix ?? '';
    this.engine = `eventstoredb ${this.#prefix}`.trim();
    this.#timing = options.timing ?? TIMING;
    this.#fedStreams = fedStreams(this.#prefix);
  }

  get isAvailable(): boolean {
    return this.#isAvailable;
  }

  append(stream: string, expected: number, events: readonly NewEvent[]): Promise<Appended> {
    const { observer } = this.#options;
    const timing = this.#timing;
    const startedAt = performance.now();
    const last = events.at(-1)!.id;
    return new Promise((resolve) => {
      const unknown = (): void => {
        this.#unavailable(new Error(`an append has had no answer for ${Math.round(performance.now() - startedAt)} ms`));
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
          if (this.#fedStreams.test(this.#prefix + stream)) this.#expectInFeeds(outcome.position);
        } else observer.onConflict();
        resolve(outcome);
        return outcome;
      });
    });
  }

  subscribe(after: Position | undefined, subscriber: Subscriber): Subscription {
    const feed = new Feed({
      connection: this.#connection,
      streams: this.#fedStreams.source,
      prefix: this.#prefix,
      after,
      subscriber: {
        deliver: (events) => {
          if (this.#pending.size > 0) for (const { id, revision, position } of events) this.#pending.get(id)?.broughtByFeed(revision, position);
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
    this.#feeds.add(feed);
    return {
      caughtUp: this.#headWhenAvailable().then((head) => feed.reached(head)),
      close: () => {
        this.#feeds.delete(feed);
        feed.close();
      },
    };
  }

  async readCredential(stream: string): Promise<(CredentialSet & { revision: number }) | undefined> {
    try {
      const found = await lastEvent(this.#connection, this.#prefix + stream, this.#timing.readMs);
      return found && { type: 'CredentialSet', data: found.data as CredentialSet['data'], revision: found.revision };
    } catch (error) {
      throw new LogUnavailable(describe(error as Error));
    }
  }

  async head(): Promise<Position> {
    const end = await logEnd(this.#connection, this.#fedStreams, this.#timing.readMs, this.#end);
    if (end === undefined) throw new LogUnavailable('the log has no first event');
    this.#end = end;
    return end.head;
  }

  async close(): Promise<void> {
    for (const feed of this.#feeds) feed.close();
    this.#feeds.clear();
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

  /** A feed may fall silent without an error; what was appended must come out of it. */
  #expectInFeeds(position: Position): void {
    for (const feed of this.#feeds) {
      const timer = setTimeout(() => feed.renew('what was appended has not come'), this.#timing.feedMs).unref();
      void feed.reached(position).then(() => clearTimeout(timer));
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
