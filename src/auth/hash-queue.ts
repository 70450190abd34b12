/**
 * At most so many at a time; a bounded number waits, and whoever comes on top of that is told so at once. Registrations wait in a
 * queue of their own, one at a time, so that logins are not kept waiting by them. In both queues addresses take turns.
 */
import { FairQueue } from './fair-queue.js';

export interface Busy {
  readonly kind: 'busy';
  /** When it is worth trying again, in milliseconds. */
  readonly retryAfterMs: number;
}

export type Lane = 'login' | 'registration';

/** Who waits: for what, and from which address. */
export interface Waiter {
  readonly lane: Lane;
  /** As clientOf gives it. */
  readonly client: string;
}

export interface HashQueueOptions {
  /** How many run at a time. */
  readonly concurrency: number;
  /** How many may wait in each lane. */
  readonly queueLimit: number;
  /** What a refused one is told, in milliseconds. */
  readonly retryAfterMs: number;
}

/** Called with whether to run. */
type Wake = (runs: boolean) => void;

export class HashQueue {
  readonly #options: HashQueueOptions;
  readonly #waiting: Readonly<Record<Lane, FairQueue<Wake>>>;
  readonly #running: Record<Lane, number> = { login: 0, registration: 0 };

  constructor(options: HashQueueOptions) {
    this.#options = options;
    this.#waiting = { login: new FairQueue(options.queueLimit), registration: new FairQueue(options.queueLimit) };
  }

  /** Runs `task` when its turn comes; or says `busy` without running it. Rejects as the task does. */
  async run<T>(task: () => Promise<T>, { lane, client }: Waiter): Promise<T | Busy> {
    if (this.#mayRun(lane)) this.#running[lane] += 1;
    else if (!(await new Promise<boolean>((resolve) => this.#waiting[lane].push(client, resolve)?.(false))))
      return { kind: 'busy', retryAfterMs: this.#options.retryAfterMs };
    try {
      return await task();
    } finally {
      this.#running[lane] -= 1;
      this.#runNext();
    }
  }

  #mayRun(lane: Lane): boolean {
    if (this.#running.login + this.#running.registration >= this.#options.concurrency) return false;
    return lane === 'login' || this.#running.registration === 0;
  }

  /** The place goes to one that waits directly, so that nobody can slip in between; to a registration if none runs. */
  #runNext(): void {
    for (const lane of ['registration', 'login'] as const) {
      if (this.#waiting[lane].size === 0 || !this.#mayRun(lane)) continue;
      this.#running[lane] += 1;
      return this.#waiting[lane].shift()!(true);
    }
  }
}
