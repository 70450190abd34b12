/** The Qt example as a process: what it prints, line by line, and what is typed to it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

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

  /** Resolves to the next line that matches, behind those already taken. Rejects if the process ends without one. */
  async next(pattern: RegExp): Promise<string> {
    for (;;) {
      while (this.#read < this.lines.length) {
        const line = this.lines[this.#read++]!;
        if (pattern.test(line)) return line;
      }
      if (this.#hasEnded) throw new Error(`the client ended without a line like ${pattern}`);
      await new Promise<void>((resolve) => this.#hearers.push(resolve));
    }
  }

  /** The payload of the next message of this type. */
  async message(type: string): Promise<any> {
    return JSON.parse((await this.next(new RegExp(`^${type} \\{`))).slice(type.length + 1));
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

  #wake(): void {
    const hearers = this.#hearers;
    this.#hearers = [];
    for (const hear of hearers) hear();
  }
}
