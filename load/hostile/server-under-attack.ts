/** The server that is attacked: the real one with its default limits, in a process and a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** How long a stop may take, in ms; then it is killed. */
const STOP_MS = 15_000;

const PAGE_BYTES = 4_096;

export class ServerUnderAttack {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #exited: Promise<unknown>;
  #end: string | undefined;
  #isStopping = false;
  #lastLine = '';

  /** `script` is the server's main.js (the one beside this tool by default). Rejects with what it said if it does not start. */
  static async start({
    script = entry,
    descriptors,
    heapMb,
  }: {
    script?: string | undefined;
    descriptors?: number | undefined;
    heapMb?: number | undefined;
  } = {}): Promise<ServerUnderAttack> {
    const folder = mkdtempSync(join(tmpdir(), 'alarm-server-hostile-'));
    const heap = heapMb === undefined ? '' : ` --max-old-space-size=${heapMb}`;
    const command = `${descriptors === undefined ? '' : `ulimit -n ${descriptors}; `}exec "$0" --enable-source-maps${heap} "$1"`;
    const child = spawn('/bin/sh', ['-c', command, process.execPath, script], {
      // Only the necessary settings: its limits are the defaults.
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        HOST: '127.0.0.1',
        PORT: '0',
        DATA_DIR: folder,
        JWT_SECRET_KEY: randomBytes(32).toString('base64url'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-4_000)));
    const lines = createInterface({ input: child.stdout });
    const server = await new Promise<ServerUnderAttack>((resolve, reject) => {
      let started: ServerUnderAttack | undefined;
      lines.on('line', (line) => {
        if (started) {
          if (/^\{"level":[56]0/.test(line)) started.#lastLine = line;
          return;
        }
        const { port } = JSON.parse(line) as { port?: number };
        if (port !== undefined)
          resolve((started = new ServerUnderAttack(`http://127.0.0.1:${port}`, child, folder, () => complaint)));
      });
      child.once('exit', (code, signal) =>
        reject(new Error(`the server ended before it was ready (${signal ?? `exit code ${code}`}): ${complaint}`)),
      );
    });
    return server;
  }

  private constructor(url: string, child: ChildProcess, folder: string, complaint: () => string) {
    this.url = url;
    this.#child = child;
    this.#folder = folder;
    this.#exited = once(child, 'exit').then(([code, signal]) => {
      if (!this.#isStopping)
        this.#end = `it ended (${signal ?? `exit code ${code}`}) ${complaint()}${this.#lastLine}`.trim();
    });
  }

  /** How it ended by itself; undefined while it runs. */
  get end(): string | undefined {
    return this.#end;
  }

  /** The last line of its log at error or fatal; empty without one. */
  get lastError(): string {
    return this.#lastLine;
  }

  /** Its memory now, in bytes; undefined where the system does not report it. */
  rss(): number | undefined {
    try {
      return Number(readFileSync(`/proc/${this.#child.pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
    } catch {
      return undefined;
    }
  }

  /** Bytes in its data folder. */
  diskBytes(): number {
    let bytes = 0;
    for (const name of readdirSync(this.#folder)) {
      try {
        bytes += statSync(join(this.#folder, name)).size;
      } catch {
        // Removed between the two calls: it counts as 0.
      }
    }
    return bytes;
  }

  /** Ends it, and removes its folder. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM');
    await this.#exited;
    clearTimeout(timer);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
