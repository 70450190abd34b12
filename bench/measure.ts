/** What a measure is: how one round of it is run, and the rows of the table it fills. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoadResult } from '../load/result.js';
import { Histories } from './histories.js';
import { runLoadTool } from './load-process.js';
import { ServerProcess } from './server-process.js';

/** One line of the table. A figure is the median of its rounds. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  /** What the server's figure is divided by. */
  readonly baseline: string | undefined;
  /** What the goal is about: the server's own figure, or its ratio to the baseline. Without one the figure is only told. */
  readonly goal:
    | ({ readonly of: 'server' | 'ratio' } & ({ readonly atLeast: number } | { readonly atMost: number }))
    | undefined;
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

/** Called again and again while a load runs. */
export type Watch = (server: ServerProcess) => Promise<void>;

/** What a round works with. */
export class Bench {
  /** Where data folders and the commit's file are made: the disk that is measured. */
  readonly folder: string;
  readonly quick: boolean;
  readonly histories: Histories;

  /** The EventStoreDB that servers use; undefined: the embedded log. */
  readonly eventStore: string | undefined;

  constructor(folder: string, quick: boolean, eventStore?: string) {
    this.eventStore = eventStore;
    this.folder = folder;
    this.quick = quick;
    this.histories = new Histories(folder, quick);
  }

  /** Runs `load` against the ceiling. */
  ceiling(load: readonly string[]): Promise<LoadResult> {
    return this.#under(ServerProcess.ceiling(), load, undefined);
  }

  /** Runs `load` against the real server on a data folder of its own, empty at first. */
  async server(load: readonly string[], watch?: Watch): Promise<LoadResult> {
    const data = await mkdtemp(join(this.folder, 'data-'));
    try {
      return await this.serverOn(data, load, watch);
    } finally {
      await rm(data, { recursive: true, force: true });
    }
  }

  /** Runs `load` against the real server on the data folder `data`, which remains. */
  serverOn(data: string, load: readonly string[], watch?: Watch): Promise<LoadResult> {
    return this.#under(ServerProcess.real(data, { environment: this.environment() }), load, watch);
  }

  /** Of a server on a log of its own. */
  environment(): Record<string, string> {
    if (this.eventStore === undefined) return {};
    return {
      EVENT_STORE: this.eventStore,
      EVENT_STORE_PREFIX: `bench${randomBytes(6).toString('hex')}-`,
      JWT_SECRET_KEY: 'a secret of the benchmark that is of no use to anybody',
    };
  }

  async #under(
    starting: Promise<ServerProcess>,
    load: readonly string[],
    watch: Watch | undefined,
  ): Promise<LoadResult> {
    const server = await starting;
    try {
      // Later arguments win: a measure may ask for a longer time of its own.
      const time = this.quick ? ['--duration', '1', '--warm-up', '0.5'] : ['--duration', '8', '--warm-up', '2'];
      const running = runLoadTool(['--url', server.url, ...time, ...load]);
      const ended = running.then(
        () => true,
        () => true,
      );
      while (
        !(await Promise.race([ended, new Promise<false>((resolve) => setTimeout(() => resolve(false), WATCH_MS))]))
      )
        await watch?.(server);
      return await running;
    } catch (error) {
      throw server.end === undefined ? error : new Error(`${server.end} under \`${load.join(' ')}\``, { cause: error });
    } finally {
      await server.stop();
    }
  }
}

const WATCH_MS = 250;
