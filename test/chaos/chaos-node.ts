/** One server of a run, behind a hostile proxy of its own: it is killed from time to time and restarted on the same data folder. */
import { rmSync } from 'node:fs';
import { readModelFile } from '../../src/config.js';
import { ServerProcess } from '../process/server-process.js';
import { HostileProxy } from './hostile-proxy.js';

export interface ChaosNodeSettings {
  readonly dataDir: string;
  readonly environment: Readonly<Record<string, string>>;
}

export class ChaosNode {
  readonly proxy: HostileProxy;
  readonly #settings: ChaosNodeSettings;
  #server: ServerProcess;

  static async start(settings: ChaosNodeSettings): Promise<ChaosNode> {
    const server = await ServerProcess.start(settings);
    return new ChaosNode(settings, server, await HostileProxy.start(server.port));
  }

  private constructor(settings: ChaosNodeSettings, server: ServerProcess, proxy: HostileProxy) {
    this.#settings = settings;
    this.#server = server;
    this.proxy = proxy;
  }

  /** Of the server itself. */
  get url(): string {
    return this.#server.url;
  }

  /** Through the proxy: the same as long as it lives. */
  get through(): string {
    return `http://127.0.0.1:${this.proxy.port}`;
  }

  /** kill -9, and a new start; `forgets`: without the read model. Resolves when it serves again. */
  async kill(forgets: boolean): Promise<void> {
    await this.#server.end('SIGKILL');
    const file = readModelFile(this.#settings.dataDir);
    if (forgets) for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
    this.#server = await ServerProcess.start(this.#settings);
    this.proxy.leadTo(this.#server.port);
  }

  /** Resolves when it has told its sockets of everything up to the position. */
  async reached(position: number, token: string): Promise<void> {
    for (;;) {
      const { status } = await fetch(`${this.url}/pages?min_position=${position}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      if (status === 200) return;
      // It waits for two seconds by itself.
      if (status !== 503) throw new Error(`GET /pages?min_position=${position} was answered with ${status}`);
    }
  }

  async stop(): Promise<void> {
    await this.proxy.stop();
    await this.#server.end('SIGTERM');
  }
}
