/** A server on one folder and port that can be stopped, killed and started again: within this process, or as one of its own where it is to be killed. */
import { pino } from 'pino';
import { startApp, type App } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { freePort } from '../journeys/test-server.js';
import { JWT_SECRET, ServerProcess } from '../running/server-process.js';

export class RestoredServer {
  readonly url: string;
  readonly #dataDir: string;
  readonly #port: number;
  #app: App | undefined;
  #process: ServerProcess | undefined;

  private constructor(dataDir: string, port: number) {
    this.#dataDir = dataDir;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async on(dataDir: string): Promise<RestoredServer> {
    return new RestoredServer(dataDir, await freePort());
  }

  /** Rejects with the sentence where the start is refused. */
  async start(kind: 'within' | 'to be killed'): Promise<void> {
    const environment = { TOKEN_EXPIRE_MINUTES: '600', LIMITS: 'off' };
    if (kind === 'to be killed') {
      const server = new ServerProcess({ dataDir: this.#dataDir, environment: { ...environment, PORT: String(this.#port) } });
      try {
        await server.ready();
      } catch {
        const { stderr, stdout } = await server.ended;
        throw new Error(stderr || stdout);
      }
      this.#process = server;
      return;
    }
    const config = readConfig({ ...environment, HOST: '127.0.0.1', PORT: String(this.#port), DATA_DIR: this.#dataDir, JWT_SECRET_KEY: JWT_SECRET, LOG_LEVEL: 'silent' });
    this.#app = await startApp(config, pino({ level: 'silent' }), (error) => {
      throw error;
    });
  }

  async end(): Promise<void> {
    await this.#process?.end('SIGKILL');
    await this.#app?.stop();
    this.#app = this.#process = undefined;
  }
}
