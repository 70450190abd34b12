/** A server under measurement, in a process of its own: the real one on a data folder, or the ceiling. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { endWithBench } from './end-with-bench.js';
import { freePort } from './free-port.js';
import type { Memory } from './memory-probe.js';

const READY_TIMEOUT_MS = 120_000;
const READY_POLL_MS = 10;

/** What a server has done since its start, and the processor time it took, all threads together. */
export interface Work {
  readonly events: number;
  readonly cpuSeconds: number;
}

export interface ServerOptions {
  readonly probed?: boolean;
  readonly environment?: Record<string, string>;
  /** A module that is loaded before the server's own. */
  readonly before?: URL;
}

export class ServerProcess {
  readonly url: string;
  /** From the start of the process to the first answer that it is ready, in ms; asked for every 10 ms. */
  readonly readyMs: number;
  readonly #child: ChildProcess;

  private constructor(url: string, readyMs: number, child: ChildProcess) {
    this.url = url;
    this.readyMs = readyMs;
    this.#child = child;
  }

  static ceiling(): Promise<ServerProcess> {
    return ServerProcess.#start('./baselines/ceiling.js', {}, []);
  }

  /** With LIMITS=off: what is measured is the server, not its limits. `folder` is its data folder, and remains. Only a `probed` server can tell its memory. */
  static real(
    folder: string,
    { probed = false, environment = {}, before }: ServerOptions = {},
  ): Promise<ServerProcess> {
    const probe = probed ? ['--expose-gc', '--import', new URL('./memory-probe.js', import.meta.url).href] : [];
    return ServerProcess.#start(
      '../src/main.js',
      { HOST: '127.0.0.1', DATA_DIR: folder, LOG_LEVEL: 'warn', LIMITS: 'off', ...environment },
      before === undefined ? probe : [...probe, '--import', before.href],
    );
  }

  static async #start(script: string, env: NodeJS.ProcessEnv, nodeOptions: readonly string[]): Promise<ServerProcess> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const began = performance.now();
    const child = spawn(process.execPath, [...nodeOptions, new URL(script, import.meta.url).pathname], {
      env: { ...process.env, ...env, PORT: String(port) },
      stdio: ['ignore', 'ignore', 'inherit', ...(nodeOptions.length > 0 ? ['ipc' as const] : [])],
    });
    endWithBench(child);
    try {
      await ready(url, child);
      return new ServerProcess(url, performance.now() - began, child);
    } catch (error) {
      await ended(child);
      throw error;
    }
  }

  /** How far its read models are behind, in ms. Only the real server says. */
  async lagMs(): Promise<number> {
    const answer = await fetch(`${this.url}/ready`);
    return ((await answer.json()) as { lag_ms: number }).lag_ms;
  }

  /** Only the real server says. */
  async work(): Promise<Work> {
    const metrics = await (await fetch(`${this.url}/metrics`)).text();
    const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)![1]);
    return { events: value('alarm_server_events_total'), cpuSeconds: value('process_cpu_seconds_total') };
  }

  /** Of a probed server. */
  async memory(): Promise<Memory> {
    const answer = once(this.#child, 'message') as Promise<[Memory]>;
    this.#child.send('memory');
    return (await answer)[0];
  }

  /** How it ended, in words; undefined while it runs. */
  get end(): string | undefined {
    return endOf(this.#child);
  }

  stop(): Promise<void> {
    return ended(this.#child);
  }
}

function endOf({ exitCode, signalCode }: ChildProcess): string | undefined {
  if (signalCode !== null) return `the server was ended by ${signalCode}`;
  return exitCode === null ? undefined : `the server ended with exit code ${exitCode}`;
}

async function ended(child: ChildProcess): Promise<void> {
  if (endOf(child) !== undefined) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const end = endOf(child);
    if (end !== undefined) throw new Error(`${end} before it was ready`);
    const isReady = await fetch(`${url}/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
  throw new Error(`a server was not ready within ${READY_TIMEOUT_MS / 1_000} s`);
}
