/** What a measure is: how one round of it is run, and the rows of the table it fills. */
import type { LoadResult } from '../load/result.js';
import { runLoadTool } from './load-process.js';
import { ServerProcess } from './server-process.js';

/** One line of the table. A figure is the median of its rounds. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  /** What the server's figure is divided by. */
  readonly baseline: string | undefined;
  /** What the goal is about: the server's own figure, or its ratio to the baseline. */
  readonly goal: { readonly of: 'server' | 'ratio' } & ({ readonly atLeast: number } | { readonly atMost: number });
}

/** One round's figures for a row. */
export interface Sample {
  readonly server: number;
  readonly baseline?: number;
}

export interface Measure {
  readonly rows: readonly Row[];
  /** Runs one round; a sample for each row, in their order. */
  readonly round: (bench: Bench) => Promise<readonly Sample[]>;
}

/** What a round works with. */
export class Bench {
  /** Where data folders and the commit's file are made: the disk that is measured. */
  readonly folder: string;
  readonly quick: boolean;

  constructor(folder: string, quick: boolean) {
    this.folder = folder;
    this.quick = quick;
  }

  /** Runs `load` against the ceiling. */
  ceiling(load: readonly string[]): Promise<LoadResult> {
    return this.#under(ServerProcess.ceiling(), load, () => Promise.resolve());
  }

  /** Runs `load` against the real server on a fresh data folder; `meanwhile` is called again and again while it runs. */
  server(load: readonly string[], meanwhile: (server: ServerProcess) => Promise<void> = () => Promise.resolve()): Promise<LoadResult> {
    return this.#under(ServerProcess.real(this.folder), load, meanwhile);
  }

  async #under(starting: Promise<ServerProcess>, load: readonly string[], meanwhile: (server: ServerProcess) => Promise<void>): Promise<LoadResult> {
    const server = await starting;
    try {
      // Later arguments win: a measure may ask for a longer time of its own.
      const time = this.quick ? ['--duration', '1', '--warm-up', '0.5'] : ['--duration', '8', '--warm-up', '2'];
      const running = runLoadTool(['--url', server.url, ...time, ...load]);
      const ended = running.then(() => true, () => true);
      while (!(await Promise.race([ended, new Promise<false>((resolve) => setTimeout(() => resolve(false), WATCH_MS))]))) await meanwhile(server);
      return await running;
    } catch (error) {
      throw server.end === undefined ? error : new Error(`${server.end} under \`${load.join(' ')}\``, { cause: error });
    } finally {
      await server.stop();
    }
  }
}

const WATCH_MS = 250;
