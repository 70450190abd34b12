/**
 * The current EventStoreDB client. It recovers from most broken connections by itself, but not if the server gracefully ends the
 * stream that carries all appends: the client then keeps writing to it without a response. Only a new client helps. Only one is in
 * use at a time, because clients share a map of unanswered requests.
 */
import { EventStoreDBClient } from '@eventstore/db-client';
import { within } from './within.js';

/** Maximum time for a client to close its connections, in milliseconds. */
const DISPOSE_MS = 1_000;

export class StoreConnection {
  readonly #connectionString: string;
  #client: EventStoreDBClient;

  /** Throws a readable error, without the connection string, if the string is invalid. Connects on first use. */
  constructor(connectionString: string) {
    this.#connectionString = connectionString;
    try {
      this.#client = EventStoreDBClient.connectionString(connectionString);
    } catch (error) {
      // The client's message may repeat the string, including the password.
      throw new Error(
        'EVENT_STORE: it is not a connection string that the client of EventStoreDB understands (esdb://host:port?tls=true)',
        { cause: (error as Error).name },
      );
    }
  }

  get client(): EventStoreDBClient {
    return this.#client;
  }

  /** Replaces the client `silent`, unless that has already happened. Calls in progress on the old one fail. */
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
