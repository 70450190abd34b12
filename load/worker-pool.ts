/** The worker processes of one run, led together: from the plan to the report. */
import { nowUs } from './clock.js';
import { WorkerProcess } from './worker-process.js';
import type { Plan, WorkerReport } from './worker-protocol.js';

/** Time between the command to start and the start, so that all workers have received it. */
const HEAD_START_MS = 50;

export interface Watch {
  /** A sentence about what is going on, at most one a second. */
  progress(line: string): void;
}

/** The first window that is measured, on the clock of nowUs. */
export interface Started {
  readonly startUs: number;
  readonly fromUs: number;
  readonly toUs: number;
}

export class WorkerPool {
  readonly workers: readonly WorkerProcess[];
  readonly #pageCount: number;
  /** Does the server number its events? */
  #sequenced = true;

  private constructor(workers: readonly WorkerProcess[], pageCount: number) {
    this.workers = workers;
    this.#pageCount = pageCount;
  }

  /** One worker a plan, all of their sockets open. `lead` gets them, and has them no more when it is done. */
  static async lead<T>(plans: readonly Plan[], lead: (pool: WorkerPool) => Promise<T>): Promise<T> {
    const pool = new WorkerPool(
      plans.map(() => new WorkerProcess()),
      plans[0]!.pages.length,
    );
    try {
      const connected = await Promise.all(
        pool.workers.map((worker, index) => worker.ask({ kind: 'plan', plan: plans[index]! }, 'connected')),
      );
      pool.#sequenced = connected.every(({ sequenced }) => sequenced);
      return await lead(pool);
    } finally {
      for (const worker of pool.workers) worker.end();
    }
  }

  get sequenced(): boolean {
    return this.#sequenced;
  }

  /** All trigger from now on; after `warmUp` s the first window is measured, for `duration` s. */
  start(warmUp: number, duration: number): Started {
    const startUs = nowUs() + HEAD_START_MS * 1_000;
    const fromUs = startUs + warmUp * 1e6;
    const toUs = fromUs + duration * 1e6;
    for (const worker of this.workers) worker.tell({ kind: 'run', startUs, fromUs, toUs });
    return { startUs, fromUs, toUs };
  }

  /** Another window, from `fromUs` until the next. */
  window(fromUs: number, toUs = Number.MAX_VALUE): void {
    for (const worker of this.workers) worker.tell({ kind: 'window', fromUs, toUs });
  }

  /** Resolves at `us`; rejects where a worker fails before. */
  async until(us: number): Promise<void> {
    const end = new Promise((resolve) => setTimeout(resolve, Math.max(0, (us - nowUs()) / 1_000)));
    await Promise.race([end, ...this.workers.map((worker) => worker.next('report'))]);
  }

  /** Tells each second what is done, until the function it gives is called. */
  tellProgress({ startUs, fromUs }: Started, { progress }: Watch): () => void {
    let last = { triggers: 0, deliveries: 0, us: startUs };
    const timer = setInterval(() => {
      const us = nowUs();
      const triggers = this.workers.reduce((sum, worker) => sum + worker.triggers, 0);
      const deliveries = this.workers.reduce((sum, worker) => sum + worker.deliveries, 0);
      const rate = (count: number): string => Math.round((count * 1e6) / (us - last.us)).toLocaleString('en');
      const second = Math.round((us - startUs) / 1e6);
      progress(
        `${second} s${us < fromUs ? ' (warm-up)' : ''}: ${rate(triggers - last.triggers)} triggers/s, ${rate(deliveries - last.deliveries)} deliveries/s`,
      );
      last = { triggers, deliveries, us };
    }, 1_000);
    return () => clearInterval(timer);
  }

  /** Triggers have stopped; when all sockets have received the same, or `drain` s are over, they report. */
  async finish(drain: number): Promise<WorkerReport[]> {
    const drainMs = drain * 1_000;
    const idle = await Promise.all(this.workers.map((worker) => worker.ask({ kind: 'stop', drainMs }, 'idle')));
    // What each viewer must have come to: what anybody has seen or, without numbers, as many updates as triggers were done.
    const revisions = Array.from({ length: this.#pageCount }, (_, page) =>
      this.#sequenced
        ? Math.max(...idle.map((worker) => worker.revisions[page]!))
        : idle.reduce((sum, worker) => sum + worker.done[page]!, 0),
    );
    const answers = await Promise.all(
      this.workers.map((worker) => worker.ask({ kind: 'settle', revisions, drainMs }, 'report')),
    );
    return answers.map(({ report }) => report);
  }
}
