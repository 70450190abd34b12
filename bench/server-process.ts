/** A server under measurement, in a process of its own: the real one on a fresh data folder, or the ceiling. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

const READY_TIMEOUT_MS = 30_000;
const READY_POLL_MS = 20;

export class ServerProcess {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #folder: string | undefined;

  private constructor(url: string, child: ChildProcess, folder: string | undefined) {
    this.url = url;
    this.#child = child;
    this.#folder = folder;
  }

  static ceiling(): Promise<ServerProcess> {
    return ServerProcess.#start('./ceiling.js', {}, undefined);
  }

  /** `parent` is the folder that the data folder is made in; it goes when the server stops. */
  static async real(parent: string): Promise<ServerProcess> {
    const folder = await mkdtemp(join(parent, 'data-'));
    return ServerProcess.#start('../src/main.js', { HOST: '127.0.0.1', DATA_DIR: folder, LOG_LEVEL: 'warn' }, folder);
  }

  static async #start(script: string, env: NodeJS.ProcessEnv, folder: string | undefined): Promise<ServerProcess> {
    const port = await freePort();
    const child = spawn(process.execPath, [new URL(script, import.meta.url).pathname], {
      env: { ...process.env, ...env, PORT: String(port) },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const server = new ServerProcess(`http://127.0.0.1:${port}`, child, folder);
    try {
      await server.#ready();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** How far its read models are behind, in ms. Only the real server says. */
  async lagMs(): Promise<number> {
    const answer = await fetch(`${this.url}/ready`);
    return ((await answer.json()) as { lag_ms: number }).lag_ms;
  }

  /** How it ended, in words; undefined while it runs. */
  get end(): string | undefined {
    const { exitCode, signalCode } = this.#child;
    if (signalCode !== null) return `the server was ended by ${signalCode}`;
    return exitCode === null ? undefined : `the server ended with exit code ${exitCode}`;
  }

  async stop(): Promise<void> {
    if (this.end === undefined) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await ended;
    }
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (Date.now() < deadline) {
      if (this.end !== undefined) throw new Error(`${this.end} before it was ready`);
      const isReady = await fetch(`${this.url}/ready`).then(({ ok }) => ok, () => false);
      if (isReady) return;
      await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
    }
    throw new Error(`a server was not ready within ${READY_TIMEOUT_MS / 1_000} s`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
