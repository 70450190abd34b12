/**
 * Background work that no request asks for: a process is a service with a name. This is the kind that works at an interval. One that
 * handles every event of the log needs a checkpoint; docs/decisions/0017-where-operational-state-lives.md says where it is stored.
 */
import type { Service } from '../service.js';

export interface TimedWork {
  readonly name: string;
  /** In milliseconds. */
  readonly everyMs: number;
  /** Does what is due. An error ends the server's process: work that may fail handles that itself. */
  run(): void | Promise<void>;
}

/** Calls `run` at an interval until the function that it returns is called. */
export type Every = (milliseconds: number, run: () => void) => () => void;

const everyInterval: Every = (milliseconds, run) => {
  const timer = setInterval(run, milliseconds).unref();
  return () => clearInterval(timer);
};

/** Runs the work at its interval, one run at a time: an interval that ends during a run is skipped. */
export class TimedProcess implements Service {
  readonly name: string;
  readonly #work: TimedWork;
  readonly #every: Every;
  #end: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(work: TimedWork, every: Every = everyInterval) {
    this.name = work.name;
    this.#work = work;
    this.#every = every;
  }

  /** The first run is one interval later. */
  start(): void {
    this.#end = this.#every(this.#work.everyMs, () => this.#run());
  }

  /** Starts no more runs. Resolves when the current one has ended. */
  async drain(): Promise<void> {
    this.#end?.();
    await this.#running;
  }

  #run(): void {
    if (this.#running) return;
    const running = this.#work.run();
    if (running) this.#running = running.finally(() => (this.#running = undefined));
  }
}
