/** Appends to users' streams: account events other than those of the name and the password hash. */
import { userStream } from '../domain/streams.js';
import { type EventLog, type NewEvent, NO_STREAM } from '../log/event-log.js';
import type { Projection } from '../projections/projection.js';
import { DELIVERY_WAIT_MS } from './account-events.js';

/** How often an append is tried when other nodes write to the user's stream first. Each conflict means that another append succeeded, so there is always progress. */
const ATTEMPTS = 10;

export type Written =
  /** Durable, and folded on this node. */
  | { readonly kind: 'written'; readonly position: string }
  /** The log is full; nothing was written. */
  | { readonly kind: 'full' }
  /** The log does not answer; the event may have been written. */
  | { readonly kind: 'unavailable' };

export interface UserStreamsOptions {
  readonly log: EventLog;
  readonly projection: Projection;
}

export class UserStreams {
  readonly #options: UserStreamsOptions;
  /** By user: the last requested append to their stream, until it is settled. */
  readonly #appending = new Map<string, Promise<unknown>>();

  constructor(options: UserStreamsOptions) {
    this.#options = options;
  }

  /**
   * Appends the event that `event` returns. It is called after earlier appends to the stream: this node appends one at a time, so that
   * only other nodes can cause conflicts. These events do not depend on their revision: after a conflict the same event is appended
   * after those that were written.
   */
  append(userId: string, event: () => NewEvent): Promise<Written> {
    const before = this.#appending.get(userId);
    const append = (): Promise<Written> => this.#append(userId, event());
    const appending = before ? before.then(append, append) : append();
    this.#appending.set(userId, appending);
    const settled = (): void => {
      if (this.#appending.get(userId) === appending) this.#appending.delete(userId);
    };
    appending.then(settled, settled);
    return appending;
  }

  async #append(userId: string, event: NewEvent): Promise<Written> {
    const { log, projection } = this.#options;
    let expected = NO_STREAM;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const appended = await log.append(userStream(userId), expected, [event]);
      if (appended.kind === 'full') return { kind: 'full' };
      if (appended.kind === 'unknown') return { kind: 'unavailable' };
      if (appended.kind === 'appended') {
        await projection.reached(appended.position, DELIVERY_WAIT_MS);
        return { kind: 'written', position: appended.position };
      }
      expected = appended.actual;
    }
    throw new Error(`The stream of a user was written by others ${ATTEMPTS} times in a row`);
  }
}
