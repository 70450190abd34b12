/** The real process, as `npm start` runs it, with an environment of its own: for what a server inside the test cannot show. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const script = (name: string): string => fileURLToPath(new URL(`../../src/${name}.js`, import.meta.url));

/** Long enough for a machine that compiles at the same time; a server that is not ready by then never will be. In milliseconds. */
const READY_TIMEOUT_MS = 60_000;

/** Of no use to anybody: it signs the tokens of tests. */
export const JWT_SECRET = 'a secret of the tests that is long enough to be taken';

export interface ProcessSettings {
  readonly dataDir: string;
  /** On top of HOST, PORT (any free one), DATA_DIR, JWT_SECRET_KEY and LIMITS=off. Nothing is inherited but PATH and NODE_V8_COVERAGE. */
  readonly environment?: Readonly<Record<string, string>>;
  /** `main` by default. */
  readonly script?: 'main' | 'cli/rebuild' | 'cli/migrate' | 'cli/backup' | 'cli/restore' | 'cli/verify' | 'cli/admin';
  /** Of the command line. */
  readonly args?: readonly string[];
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where `npm run coverage` gathers what each process has run. */
const coverage = (): Record<string, string> => {
  const folder = process.env['NODE_V8_COVERAGE'];
  return folder === undefined ? {} : { NODE_V8_COVERAGE: folder };
};

export class ServerProcess {
  /** Resolves when it has ended and all that it wrote is here. */
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #listening: Promise<void>;
  #stdout = '';
  #stderr = '';
  #port = 0;
  #isTls: boolean;

  /** Starts it, and does not wait. */
  constructor({ dataDir, environment = {}, script: name = 'main', args = [] }: ProcessSettings) {
    this.#isTls = 'TLS_CERT_FILE' in environment;
    this.#child = spawn(process.execPath, ['--enable-source-maps', script(name), ...args], {
      // No .env file of the folder that the tests run in is meant for it.
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      env: {
        PATH: process.env['PATH'],
        ...coverage(),
        HOST: '127.0.0.1',
        PORT: '0',
        DATA_DIR: dataDir,
        JWT_SECRET_KEY: JWT_SECRET,
        LIMITS: 'off',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.#listening = new Promise((resolve) => {
      this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
        this.#stdout += text;
        if (this.#port === 0) this.#port = portIn(this.#stdout);
        if (this.#port !== 0) resolve();
      });
    });
    this.ended = once(this.#child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }));
  }

  /** Resolves when it listens. Rejects with what it said if it ends instead. */
  static async start(settings: ProcessSettings): Promise<ServerProcess> {
    const server = new ServerProcess(settings);
    await server.ready();
    return server;
  }

  /** Runs to its end by itself. */
  static run(settings: ProcessSettings): Promise<Ended> {
    return new ServerProcess(settings).ended;
  }

  async ready(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        this.#child.kill('SIGKILL');
        reject(new Error(`the server was not ready within ${READY_TIMEOUT_MS} ms`));
      }, READY_TIMEOUT_MS);
    });
    const endedFirst = this.ended.then(({ code, signal, stderr, stdout }) => {
      throw new Error(`the server ended (${signal ?? `exit code ${code}`}) before it was ready: ${stderr}${stdout}`);
    });
    try {
      await Promise.race([this.#listening, endedFirst, tooLate]);
    } finally {
      clearTimeout(timer);
      endedFirst.catch(() => undefined);
    }
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http${this.#isTls ? 's' : ''}://127.0.0.1:${this.#port}`;
  }

  /** All that it has written to stdout so far: a line of JSON each. */
  get stdout(): string {
    return this.#stdout;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when what it has written to stdout matches. Rejects if it ends before. */
  async wrote(pattern: RegExp): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => void (pattern.test(this.#stdout) && resolve());
      this.#child.stdout!.on('data', look);
      look();
      void this.ended.then(({ stdout, stderr }) =>
        reject(new Error(`it ended before it wrote ${pattern}: ${stdout}${stderr}`)),
      );
    });
  }

  /** Sends the signal, and waits for nothing. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends the signal, and resolves when the process has ended. */
  end(signal: NodeJS.Signals): Promise<Ended> {
    this.signal(signal);
    return this.ended;
  }
}

/** The line that says it is ready names the port. 0 if it is not there yet. */
function portIn(stdout: string): number {
  const found = /"port":(\d+)[^\n]*is ready"/.exec(stdout);
  return found ? Number(found[1]) : 0;
}
