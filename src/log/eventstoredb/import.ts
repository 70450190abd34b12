/**
 * A log in EventStoreDB while it is filled from another engine, before any server uses it: all of it can be read, private streams
 * included, and appended to at given revisions. For copying, and for nothing else.
 */
import { LOG_STREAM } from '../../domain/streams.js';
import type { NewEvent, RecordedEvent } from '../event-log.js';
import { PendingAppend } from './append.js';
import { StoreConnection } from './connection.js';
import { Feed } from './feed.js';
import { describe, firstEvent, logEnd } from './reads.js';
import { ownStreams } from './streams.js';

/** How long to wait for the answer to an append or to a read, or for the feed to go on, in milliseconds. A server's pauses are shorter. */
const ANSWER_MS = 10_000;

export interface ImportOptions {
  /** `esdb://…`. */
  readonly connectionString: string;
  /** What comes before the names of all streams. */
  readonly prefix: string;
  /** The store has not answered; it is asked again. */
  readonly onTrouble: (reason: string) => void;
}

export class EventStoreDbImport {
  readonly #options: ImportOptions;
  readonly #connection: StoreConnection;

  /** Throws with a sentence if the connection string is none. */
  constructor(options: ImportOptions) {
    this.#options = options;
    this.#connection = new StoreConnection(options.connectionString);
  }

  /** The id in the first event of the log that is there, or undefined if there is none. Throws with a sentence if the store does not answer. */
  async origin(): Promise<string | undefined> {
    try {
      const first = await firstEvent(this.#connection, this.#options.prefix + LOG_STREAM, ANSWER_MS);
      return first && (first.data as { log_id: string }).log_id;
    } catch (error) {
      throw new Error(`The store does not answer as it should (${describe(error as Error)}).`);
    }
  }

  /** Gives `take` every event that is there, in log order, and resolves when there are no more. Rejects with what `take` throws. */
  async read(take: (event: RecordedEvent) => void): Promise<void> {
    const { prefix, onTrouble } = this.#options;
    const streams = ownStreams(prefix);
    const end = (await logEnd(this.#connection, streams, ANSWER_MS))?.head;
    if (end === undefined) return;
    let feed: Feed | undefined;
    let silence: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const opened = new Feed({
          connection: this.#connection,
          streams: streams.source,
          prefix,
          after: undefined,
          readMs: ANSWER_MS,
          subscriber: { deliver: (events) => events.forEach(take) },
          onAlive: () => silence?.refresh(),
          onResubscribe: (error) => onTrouble(describe(error)),
          onFatal: reject,
        });
        feed = opened;
        silence = setInterval(() => opened.renew('it has brought nothing for a while'), ANSWER_MS);
        void opened.reached(end).then(resolve);
      });
    } finally {
      clearInterval(silence);
      feed?.close();
    }
  }

  /** Resolves when the events are durable behind the stream's revision `expected`: to false if that is not the stream's. Never gives up. */
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
