/** The Qt example as a process: what it prints, line by line, and what is typed to it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** The longest that a line of the story may be waited for, in milliseconds: so a wrong pattern is named, not only late. */
const LINE_MS = 40_000;

export class ClientProcess {
  /** Every line so far, of stdout and stderr. */
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #hearers: (() => void)[] = [];
  #read = 0;
  #hasEnded = false;

  constructor(program: string, args: readonly string[], environment: Readonly<Record<string, string>>) {
    this.#child = spawn(program, args, { env: { PATH: process.env['PATH'], ...environment } });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        this.#wake();
      });
    }
    this.#ended = once(this.#child, 'close').then(([code]) => {
      this.#hasEnded = true;
      this.#wake();
      return code as number | null;
    });
  }

  /** Resolves to the next line that matches, behind those already taken. Rejects if the process ends without one, or after 40 s. */
  async next(pattern: RegExp): Promise<string> {
    return (await this.until(pattern)).at(-1)!;
  }

  /** As `next`, with the lines before it. */
  async until(pattern: RegExp): Promise<string[]> {
    const lines: string[] = [];
    const deadline = performance.now() + LINE_MS;
    for (;;) {
      while (this.#read < this.lines.length) {
        const line = this.lines[this.#read++]!;
        lines.push(line);
        if (pattern.test(line)) return lines;
      }
      if (this.#hasEnded) throw new Error(`the client ended without a line like ${pattern}`);
      if (performance.now() >= deadline) throw new Error(`no line like ${pattern} within ${LINE_MS} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - performance.now());
        this.#hearers.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** The payload of the next message of this type. */
  async message(type: string): Promise<any> {
    return JSON.parse((await this.next(new RegExp(`^${type} \\{`))).slice(type.length + 1));
  }

  /** The payload of the answer of this type to the command with this id. */
  async answer(id: string, type: string): Promise<any> {
    const start = `answers ${id} ${type} `;
    return JSON.parse((await this.next(new RegExp(`^${start}`))).slice(start.length));
  }

  type(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  /** Resolves to the exit code; null where a signal ended it. */
  get ended(): Promise<number | null> {
    return this.#ended;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Stops the process where it is, until it goes on. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  goOn(): void {
    this.#child.kill('SIGCONT');
  }

  #wake(): void {
    const hearers = this.#hearers;
    this.#hearers = [];
    for (const hear of hearers) hear();
  }
}
