/** Records what auditors read, in their own streams: one event for each request. Nobody waits for it. */
import type { Projection } from '../projections/projection.js';
import { accountEvent } from './account-events.js';
import type { UserStreams } from './user-streams.js';

/** Reads that may wait to be written. Where the log takes nothing, more are dropped and counted. */
const WAITING_LIMIT = 1_000;

/** Longest parameter that is recorded, in characters; the rest of a longer one is left out. */
const PARAMETER_LIMIT = 500;

export interface AuditReadsOptions {
  readonly streams: UserStreams;
  readonly projection: Projection;
}

export class AuditReads {
  readonly #options: AuditReadsOptions;
  #waiting = 0;
  #dropped = 0;

  constructor(options: AuditReadsOptions) {
    this.#options = options;
  }

  /** Reads that were not recorded: the log was full or away. */
  get dropped(): number {
    return this.#dropped;
  }

  /** `what`: the operation's id in the API document. `range`: its parameters as they were given. */
  record(userId: string, what: string, range: Readonly<Record<string, string>>): void {
    if (this.#waiting >= WAITING_LIMIT) {
      this.#dropped += 1;
      return;
    }
    this.#waiting += 1;
    const cut = Object.entries(range).map(([name, value]) => [name, value.slice(0, PARAMETER_LIMIT)]);
    const { streams, projection } = this.#options;
    streams
      .append(userId, () =>
        accountEvent(
          userId,
          'audit',
          { type: 'AuditRead', data: { what, range: Object.fromEntries(cut) } },
          projection.clock.at(),
        ),
      )
      .then(
        ({ kind }) => this.#settled(kind === 'written'),
        () => this.#settled(false),
      );
  }

  #settled(isWritten: boolean): void {
    this.#waiting -= 1;
    if (!isWritten) this.#dropped += 1;
  }
}
