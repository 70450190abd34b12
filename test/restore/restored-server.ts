/** A server on one port that can be stopped, killed and started again: within this process, or as one of its own where it is to be killed. */
import { pino } from 'pino';
import { type App, startApp } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { freePort } from '../e2e/test-server.js';
import { JWT_SECRET, ServerProcess } from '../process/server-process.js';

export class RestoredServer {
  readonly url: string;
  readonly #port: number;
  readonly #environment: Readonly<Record<string, string>>;
  #app: App | undefined;
  #process: ServerProcess | undefined;

  private constructor(port: number, environment: Readonly<Record<string, string>>) {
    this.#port = port;
    this.#environment = { TOKEN_EXPIRE_MINUTES: '600', LIMITS: 'off', ...environment };
    this.url = `http://127.0.0.1:${port}`;
  }

  static async withEnvironment(environment: Readonly<Record<string, string>> = {}): Promise<RestoredServer> {
    return new RestoredServer(await freePort(), environment);
  }

  /** Rejects with the sentence where the start is refused. */
  async start(dataDir: string, kind: 'within' | 'to be killed'): Promise<void> {
    const environment = this.#environment;
    if (kind === 'to be killed') {
      const server = new ServerProcess({ dataDir, environment: { ...environment, PORT: String(this.#port) } });
      try {
        await server.ready();
      } catch {
        const { stderr, stdout } = await server.ended;
        throw new Error(stderr || stdout);
      }
      this.#process = server;
      return;
    }
    const config = readConfig({
      ...environment,
      HOST: '127.0.0.1',
      PORT: String(this.#port),
      DATA_DIR: dataDir,
      JWT_SECRET_KEY: JWT_SECRET,
      LOG_LEVEL: 'silent',
    });
    this.#app = await startApp(config, pino({ level: 'silent' }), (error) => {
      throw error;
    });
  }

  /** What the process said, if it ends by itself within so many milliseconds. */
  async endedItself(withinMs: number): Promise<string | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, withinMs, undefined)));
    const ended = await Promise.race([this.#process!.ended, tooLate]).finally(() => clearTimeout(timer));
    if (!ended) return undefined;
    this.#process = undefined;
    return ended.stderr + ended.stdout;
  }

  async end(): Promise<void> {
    await this.#process?.end('SIGKILL');
    await this.#app?.stop();
    this.#app = this.#process = undefined;
  }
}
