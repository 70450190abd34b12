/**
 * EventStoreDB as the log: any number of nodes on one cluster, one truth. Several processes append, so a conflict is an everyday
 * answer; and a network lies between, so an append may be UNKNOWN for a while (eventstoredb-append.ts).
 */
import { BACKWARDS, END, EventStoreDBClient, START, StreamNotFoundError, type AllStreamResolvedEvent } from '@eventstore/db-client';
import { randomUUID } from 'node:crypto';
import { EVENT_VERSION, type Metadata } from '../domain/events.js';
import { LOG_STREAM } from '../domain/streams.js';
import { LogUnavailable, NO_STREAM, type Appended, type CredentialSet, type EventLog, type NewEvent, type Position, type Subscriber, type Subscription } from './event-log.js';
import { PendingAppend } from './eventstoredb-append.js';
import { Feed } from './eventstoredb-feed.js';
import { positionOf, storePosition } from './eventstoredb-position.js';

/**
 * When an append counts as UNKNOWN, and those who wait for it are told, in milliseconds: so long after its first attempt has failed,
 * or so long without any answer (a healthy server was seen to pause for 3 s).
 */
const FAILING_MS = 1_500;
const SILENT_MS = 5_000;

/** Longest wait for a read, in milliseconds. */
const READ_MS = 5_000;

/** How long what was appended may be missing from the feed before that is begun again, in milliseconds. */
const SILENCE_MS = 5_000;

/** Events read at a time where the log's end is looked for. */
const SCAN_BATCH = 500;

/** Names of our streams that are fed. Others' streams do not look like this; credentials are left out. */
const FED_STREAMS = '((page|group|user)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|username-[0-9a-f]{64}|log)';

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
  /** Called when the log cannot be read on. The process must end. */
  readonly onFatal: (error: Error) => void;
  readonly observer: EventStoreDbObserver;
}

/** Connects, and makes the log where there is none yet. Throws with a sentence, without the connection string, if that cannot be. */
export async function openEventStoreDbLog(options: EventStoreDbLogOptions): Promise<EventStoreDbLog> {
  let client: EventStoreDBClient;
  try {
    client = EventStoreDBClient.connectionString(options.connectionString);
  } catch (error) {
    // The client's message may repeat the string, password and all.
    throw new Error('EVENT_STORE: it is not a connection string that the client of EventStoreDB understands (esdb://host:port?tls=true)', { cause: (error as Error).name });
  }
  const prefix = options.prefix ?? '';
  const deadline = performance.now() + options.patienceMs;
  for (;;) {
    try {
      return new EventStoreDbLog(client, await logId(client, prefix), options);
    } catch (error) {
      if (performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 250));
        continue;
      }
      await client.dispose();
      throw new Error(`EVENT_STORE: the store does not answer as it should (${describe(error as Error)})`);
    }
  }
}

/** Id in the log's first event, which is written if there is none. Two nodes may do so at once: one of them finds the other's. */
async function logId(client: EventStoreDBClient, prefix: string): Promise<string> {
  const stream = prefix + LOG_STREAM;
  const found = await firstData(client, stream);
  if (found) return (found as { log_id: string }).log_id;
  const log_id = randomUUID();
  const metadata: Metadata = { at: new Date().toISOString(), by: 'system', via: 'self', command: 'create_log', key: log_id, v: EVENT_VERSION };
  const append = new PendingAppend(client, stream, NO_STREAM, [{ id: log_id, event: { type: 'LogCreated', data: { log_id } }, metadata }], { onTrouble: () => undefined, onAnswer: () => undefined });
  await within(READ_MS, append.resolved).finally(() => append.abandon());
  return ((await firstData(client, stream)) as { log_id: string }).log_id;
}

async function firstData(client: EventStoreDBClient, stream: string): Promise<unknown> {
  const reading = async (): Promise<unknown> => {
    try {
      for await (const { event } of client.readStream(stream, { fromRevision: START, maxCount: 1 })) return event?.data;
    } catch (error) {
      if (!(error instanceof StreamNotFoundError)) throw error;
    }
    return undefined;
  };
  return within(READ_MS, reading());
}

export class EventStoreDbLog implements EventLog {
  readonly id: string;
  readonly isShared = true;
  readonly #client: EventStoreDBClient;
  readonly #options: EventStoreDbLogOptions;
  readonly #prefix: string;
  readonly #fedStreams: RegExp;
  readonly #feeds = new Set<Feed>();
  /** By the id of their last event. */
  readonly #pending = new Map<string, PendingAppend>();
  #isAvailable = true;

  constructor(client: EventStoreDBClient, id: string, options: EventStoreDbLogOptions) {
    this.#client = client;
    this.id = id;
    this.#options = options;
    this.#prefix = options.prefix ?? '';
    this.#fedStreams = new RegExp(`^${this.#prefix}${FED_STREAMS}$`);
  }

  get isAvailable(): boolean {
    return this.#isAvailable;
  }

  append(stream: string, expected: number, events: readonly NewEvent[]): Promise<Appended> {
    const { observer } = this.#options;
    const startedAt = performance.now();
    const last = events.at(-1)!.id;
    return new Promise((resolve) => {
      const unknown = (): void => {
        this.#unavailable(new Error(`an append has had no answer for ${Math.round(performance.now() - startedAt)} ms`));
        resolve({ kind: 'unknown', resolved });
      };
      let timer = setTimeout(unknown, SILENT_MS);
      let isFailing = false;
      const append = new PendingAppend(this.#client, this.#prefix + stream, expected, events, {
        onAnswer: () => this.#available(),
        onTrouble: (error) => {
          this.#unavailable(error);
          if (isFailing) return;
          isFailing = true;
          clearTimeout(timer);
          timer = setTimeout(unknown, FAILING_MS);
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
      client: this.#client,
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
    const reading = async (): Promise<(CredentialSet & { revision: number }) | undefined> => {
      try {
        for await (const { event } of this.#client.readStream(this.#prefix + stream, { direction: BACKWARDS, fromRevision: END, maxCount: 1 })) {
          if (event) return { type: 'CredentialSet', data: event.data as CredentialSet['data'], revision: Number(event.revision) };
        }
      } catch (error) {
        if (!(error instanceof StreamNotFoundError)) throw new LogUnavailable(describe(error as Error));
      }
      return undefined;
    };
    return within(READ_MS, reading());
  }

  /** Looks from the end backwards: this version of the client cannot filter such a read, so a log with much of others' takes longer. */
  async head(): Promise<Position> {
    let from: Position | undefined;
    for (;;) {
      const read = await within(READ_MS, this.#backwards(from));
      const found = read.find(({ event }) => event && this.#fedStreams.test(event.streamId));
      if (found?.event) return positionOf(found.event.position);
      const oldest = read.at(-1)?.event;
      if (!oldest || read.length < SCAN_BATCH) throw new LogUnavailable('the log has no first event');
      from = oldest.position.commit.toString();
    }
  }

  async close(): Promise<void> {
    for (const feed of this.#feeds) feed.close();
    this.#feeds.clear();
    for (const append of this.#pending.values()) append.abandon();
    await this.#client.dispose();
  }

  async #backwards(from: Position | undefined): Promise<AllStreamResolvedEvent[]> {
    const read: AllStreamResolvedEvent[] = [];
    for await (const one of this.#client.readAll({ direction: BACKWARDS, fromPosition: from === undefined ? END : storePosition(from), maxCount: SCAN_BATCH })) read.push(one);
    return read;
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
      const timer = setTimeout(() => feed.renew('what was appended has not come'), SILENCE_MS).unref();
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

/** What went wrong, in a line: some of the client's errors have no message. */
function describe(error: Error): string {
  const { type, code } = error as { type?: string; code?: number };
  return [error.message || error.name, ...(type === undefined ? [] : [type]), ...(code === undefined ? [] : [`code ${code}`])].join(', ');
}

async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => (timer = setTimeout(() => reject(new LogUnavailable(`no answer within ${milliseconds} ms`)), milliseconds)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
