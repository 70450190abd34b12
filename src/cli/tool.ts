/** Shared parts of the command line tools for operators. */
import { constants, setPriority } from 'node:os';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type Config, environment, readConfig } from '../config.js';

/** Messages for people go to stderr if stdout is for a script. */
export function say(text: string): void {
  clearProgress();
  process.stdout.write(`${text}\n`);
}

/** The command line's values, all by name; undefined if help is requested. Throws with a sentence if they are wrong. */
export function readArguments<T extends NonNullable<ParseArgsConfig['options']>>(
  options: T,
): { readonly [name: string]: string | boolean | undefined } | undefined {
  const { values } = parseArgs({ args: process.argv.slice(2), options: { ...options, help: { type: 'boolean' } } });
  return (values as { help?: boolean }).help ? undefined : (values as { [name: string]: string | boolean | undefined });
}

/** The server's configuration. Settings that a tool does not use do not have to be set. */
export function toolConfig(dataDir: string | undefined): Config {
  const found = environment();
  return readConfig({
    DATA_DIR: dataDir ?? found['DATA_DIR'],
    EVENT_STORE: found['EVENT_STORE'],
    EVENT_STORE_PREFIX: found['EVENT_STORE_PREFIX'],
    DEBUG: found['DEBUG'],
  });
}

/** Lowers the priority of this process below that of a server on the same machine: a tool that reads a whole log delays nobody. */
export const yieldToServer = (): void => setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

/** How often the progress is drawn, in milliseconds, and how wide its bar is. */
const DRAWN_MS = 200;
const BAR_WIDTH = 24;

const CLEAR_LINE = '\u001b[K';

/** Whether a bar stands in the terminal's last line. */
let isDrawn = false;

function clearProgress(): void {
  if (isDrawn) process.stderr.write(CLEAR_LINE);
  isDrawn = false;
}

/** Called with the number of events so far and, if it is known, of how many. On a terminal it draws a bar. `done`: like "checked". */
export function progressOf(done: string): (events: number, total?: number) => void {
  const startedAt = performance.now();
  let drawnAt = startedAt;
  return (events, total) => {
    const now = performance.now();
    if (!process.stderr.isTTY || now - drawnAt < DRAWN_MS) return;
    drawnAt = now;
    isDrawn = true;
    const rate = Math.round((events / (now - startedAt)) * 1_000);
    process.stderr.write(`${progressLine(events, total, rate, done)}${CLEAR_LINE}\r`);
  };
}

/** `rate`: events a second. */
export function progressLine(events: number, total: number | undefined, rate: number, done: string): string {
  const figures = `${events} events ${done}, ${rate} events/s`;
  if (total === undefined || total === 0) return figures;
  const part = Math.min(1, events / total);
  const filled = Math.floor(part * BAR_WIDTH);
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}] ${String(Math.floor(part * 100)).padStart(3)} % of ${total}: ${figures}`;
}

/** The same for what is checked. */
export const progress = (): ((events: number, total?: number) => void) => progressOf('checked');

/** Runs the tool. If it throws, prints `failed` and the error, and ends the process with `code`. */
export function run(tool: () => Promise<number>, failed: string, code: number): void {
  process.umask(0o077);
  tool().then(
    (exit) => (process.exitCode = exit),
    (error: unknown) => {
      clearProgress();
      process.stderr.write(`${failed}\n${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(code);
    },
  );
}
