/** Appends to the streams of users: what happens to an account beside its name and its password's hash. */
import { userStream } from '../domain/streams.js';
import { type EventLog, type NewEvent, NO_STREAM } from '../log/event-log.js';
import type { Projection } from '../projections/projection.js';
import { FEED_WAIT_MS } from './account-events.js';

/** How often another node may be faster at a user's stream. Each time it is, what it wrote is done: nobody is kept waiting for ever. */
const ATTEMPTS = 10;

export type Written =
  /** Durable, and folded on this node. */
  | { readonly kind: 'written'; readonly position: string }
  /** The log has no room; nothing was written. */
  | { readonly kind: 'full' }
  /** The log does not answer; it may have happened all the same. */
  | { readonly kind: 'unavailable' };

export interface UserStreamsOptions {
  readonly log: EventLog;
  readonly projection: Projection;
}

export class UserStreams {
  readonly #options: UserStreamsOptions;
  /** By user: the append to their stream that was asked for last, until it is settled. */
  readonly #appending = new Map<string, Promise<unknown>>();

  constructor(options: UserStreamsOptions) {
    this.#options = options;
  }

  /**
   * Appends what `event` gives when its turn has come. One append of this node follows the other, so that only other nodes can be in
   * the way. Such an event means the same wherever it stands in its stream: after a conflict it goes behind what was written, as it is.
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
        await projection.reached(appended.position, FEED_WAIT_MS);
        return { kind: 'written', position: appended.position };
      }
      expected = appended.actual;
    }
    throw new Error(`The stream of a user was written by others ${ATTEMPTS} times in a row`);
  }
}
