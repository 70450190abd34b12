/** Tracks the unread data of open sockets. Cuts sockets that read too slowly, and the slowest ones if all of them together hold too much memory. */
import type { SlowConsumers } from '../delivery/slow-consumers.js';
import type { Undelivered } from '../net/undelivered.js';
import type { Socket } from './socket.js';

export interface BacklogsOptions {
  /** The open sockets. */
  readonly sockets: ReadonlySet<Socket>;
  readonly undelivered: Undelivered;
  readonly slowConsumers: SlowConsumers;
}

export class Backlogs {
  readonly #options: BacklogsOptions;

  constructor(options: BacklogsOptions) {
    this.#options = options;
    options.undelivered.whenFull = () => this.#makeRoom();
  }

  /** Has to be called regularly: cuts sockets that are too slow. `now`: monotonic clock, in milliseconds. */
  look(now: number): void {
    const { sockets, undelivered } = this.#options;
    for (const socket of [...sockets]) socket.checkBacklog(now);
    this.#count();
    undelivered.look();
  }

  #count(): void {
    const { sockets, undelivered, slowConsumers } = this.#options;
    let { bytes } = slowConsumers;
    for (const socket of sockets) bytes += socket.unsent;
    undelivered.otherBytes = bytes;
  }

  /** If the memory limit is exceeded, cuts the sockets that have read nothing for the longest time until it is met. */
  #makeRoom(): void {
    const { sockets, undelivered } = this.#options;
    this.#count();
    if (undelivered.allBytes <= undelivered.limitBytes) return;
    const slow = [...sockets]
      .filter(({ unsent, isSendingState }) => isSendingState || unsent > 0)
      .sort((a, b) => a.progressedAt - b.progressedAt);
    for (const socket of slow) {
      if (undelivered.allBytes <= undelivered.limitBytes) return;
      const { unsent } = socket;
      socket.drop();
      undelivered.otherBytes = undelivered.otherBytes - unsent;
    }
  }
}
