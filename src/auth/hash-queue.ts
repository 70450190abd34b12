/**
 * Limits concurrent password hashes. A bounded number of requests waits; further ones are refused immediately. Registrations have
 * a separate queue and run one at a time, so that they do not delay logins. Both queues serve addresses round-robin.
 */
import { FairQueue } from './fair-queue.js';

export interface Busy {
  readonly kind: 'busy';
  /** When the client should try again, in milliseconds. */
  readonly retryAfterMs: number;
}

export type Lane = 'login' | 'registration';

/** The kind of a request and the address it came from. */
export interface Waiter {
  readonly lane: Lane;
  /** As returned by clientOf. */
  readonly client: string;
}

export interface HashQueueOptions {
  /** How many run at a time. */
  readonly concurrency: number;
  /** How many may wait in each lane. */
  readonly queueLimit: number;
  /** `retryAfterMs` of a refused request, in milliseconds. */
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

  /** Runs `task` as soon as the queue allows it, or returns `busy` without running it. Rejects if the task does. */
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

  /** Passes the free slot directly to a waiting request, so that a new one cannot take it first: a registration if none is running, otherwise a login. */
  #runNext(): void {
    for (const lane of ['registration', 'login'] as const) {
      if (this.#waiting[lane].size === 0 || !this.#mayRun(lane)) continue;
      this.#running[lane] += 1;
      return this.#waiting[lane].shift()!(true);
    }
  }
}
