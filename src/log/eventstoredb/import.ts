/**
 * A log in EventStoreDB while it is filled from another engine, before any server uses it: everything can be read, private streams
 * included, and appended at given revisions. Only for copying.
 */
import type { Metadata } from '../../domain/events.js';
import { familyOf, LOG_STREAM, stateStream, streamFamilies } from '../../domain/streams.js';
import { type NewEvent, NO_STREAM, type RecordedEvent } from '../event-log.js';
import { PendingAppend } from './append.js';
import { StoreConnection } from './connection.js';
import { describe, firstEvent, lastEvent, logEnd } from './reads.js';
import { keepOnlyLast, stateEvent } from './states.js';
import { ownStreams } from './streams.js';
import { StoreSubscription } from './subscription.js';

/** Maximum wait for the response to an append or a read, or for the subscription to continue, in milliseconds. Pauses of the server are shorter. */
const ANSWER_MS = 10_000;

export interface ImportOptions {
  /** `esdb://…`. */
  readonly connectionString: string;
  /** The prefix of all stream names. */
  readonly prefix: string;
  /** The store has not responded; the request is retried. */
  readonly onTrouble: (reason: string) => void;
}

/** Between two attempts, in milliseconds. */
const RETRY_MS = 250;

/** What writes a state that is carried over. */
const MIGRATED = 'migrate_state';

export class EventStoreDbImport {
  readonly engine = 'eventstoredb';
  readonly #options: ImportOptions;
  readonly #connection: StoreConnection;

  /** Throws a readable error if the connection string is invalid. */
  constructor(options: ImportOptions) {
    this.#options = options;
    this.#connection = new StoreConnection(options.connectionString);
  }

  /** The id in the first event of the existing log; undefined if there is none. Throws a readable error if the store does not respond. */
  async origin(): Promise<string | undefined> {
    try {
      const first = await firstEvent(this.#connection, this.#options.prefix + LOG_STREAM, ANSWER_MS);
      return first && (first.data as { log_id: string }).log_id;
    } catch (error) {
      throw new Error(`The store does not answer as it should (${describe(error as Error)}).`);
    }
  }

  /** Calls `take` with every existing event but operational state, in log order, and resolves when there are no more. Rejects if `take` throws. */
  async read(take: (event: RecordedEvent) => void): Promise<void> {
    const { prefix, onTrouble } = this.#options;
    const streams = ownStreams(prefix);
    const end = (await logEnd(this.#connection, streams, ANSWER_MS))?.head;
    if (end === undefined) return;
    let subscription: StoreSubscription | undefined;
    let silence: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const opened = new StoreSubscription({
          connection: this.#connection,
          streams: streams.source,
          prefix,
          after: undefined,
          readMs: ANSWER_MS,
          subscriber: {
            deliver: (events) => events.filter(({ stream }) => familyOf(stream) !== streamFamilies.state).forEach(take),
          },
          onAlive: () => silence?.refresh(),
          onResubscribe: (error) => onTrouble(describe(error)),
          onFatal: reject,
        });
        subscription = opened;
        silence = setInterval(() => opened.renew('it has delivered nothing for a while'), ANSWER_MS);
        void opened.reached(end).then(resolve);
      });
    } finally {
      clearInterval(silence);
      subscription?.close();
    }
  }

  /** Resolves to true when the state is durable; to false if a server has written it. Never gives up. */
  async writeState(id: string, value: unknown): Promise<boolean> {
    const stream = stateStream(id);
    const name = this.#options.prefix + stream;
    const last = await this.#patiently(() => lastEvent(this.#connection, name, ANSWER_MS));
    if (last && (last.metadata as Partial<Metadata> | undefined)?.command !== MIGRATED) return false;
    const there = last && (last.data as { readonly value: unknown }).value;
    if (last && JSON.stringify(there) === JSON.stringify(value)) return true;
    await this.#patiently(async () => {
      if (!(await keepOnlyLast(this.#connection, name, ANSWER_MS)))
        throw new Error('the metadata of a stream could not be written');
    });
    return this.append(stream, last ? last.revision : NO_STREAM, [stateEvent(value, MIGRATED)]);
  }

  async #patiently<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        this.#options.onTrouble(describe(error as Error));
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** Resolves when the events are durable after the stream's revision `expected`: to false if the stream is at another revision. Never gives up. */
  async append(stream: string, expected: number, events: readonly NewEvent[]): Promise<boolean> {
    const { prefix, onTrouble } = this.#options;
    const append = new PendingAppend(this.#connection, prefix + stream, expected, events, {
      attemptMs: ANSWER_MS,
      onTrouble: (error) => onTrouble(describe(error)),
      onAnswer: () => undefined,
    });
    const { kind } = await append.resolved;
    return kind === 'appended';
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}
