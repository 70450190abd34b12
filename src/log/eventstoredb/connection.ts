/**
 * The client of EventStoreDB in use. It comes back by itself from a broken connection, but not from every one that was ended
 * politely: where the server ends the stream that carries all appends, the client goes on writing into it, unanswered for ever. Then
 * only another client helps. There is never more than one in use: they share a map of what is unanswered.
 */
import { EventStoreDBClient } from '@eventstore/db-client';
import { within } from './within.js';

/** Longest wait for a client to let go of its connections, in milliseconds. */
const DISPOSE_MS = 1_000;

export class StoreConnection {
  readonly #connectionString: string;
  #client: EventStoreDBClient;

  /** Throws with a sentence, without the connection string, if that is none. Connects when it is first used. */
  constructor(connectionString: string) {
    this.#connectionString = connectionString;
    try {
      this.#client = EventStoreDBClient.connectionString(connectionString);
    } catch (error) {
      // The client's message may repeat the string, password and all.
      throw new Error(
        'EVENT_STORE: it is not a connection string that the client of EventStoreDB understands (esdb://host:port?tls=true)',
        { cause: (error as Error).name },
      );
    }
  }

  get client(): EventStoreDBClient {
    return this.#client;
  }

  /** Puts another client in the place of `silent`, unless that has happened already. What is under way on the old one fails. */
  replace(silent: EventStoreDBClient): void {
    if (silent !== this.#client) return;
    this.#client = EventStoreDBClient.connectionString(this.#connectionString);
    void dispose(silent);
  }

  close(): Promise<void> {
    return dispose(this.#client);
  }
}

const dispose = (client: EventStoreDBClient): Promise<void> =>
  within(DISPOSE_MS, client.dispose()).catch(() => undefined);
