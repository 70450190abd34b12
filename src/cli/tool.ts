/** Shared parts of the command line tools for operators. */
import { constants, setPriority } from 'node:os';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type Config, environment, readConfig } from '../config.js';

/** Messages for people go to stderr if stdout is for a script. */
export const say = (text: string): void => void process.stdout.write(`${text}\n`);

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

/** Called with the number of events read so far; prints it once a second on a terminal. */
export function progress(): (events: number) => void {
  const startedAt = performance.now();
  let saidAt = startedAt;
  return (events) => {
    const now = performance.now();
    if (!process.stderr.isTTY || now - saidAt < 1_000) return;
    saidAt = now;
    process.stderr.write(
      `${events} events are checked, ${Math.round((events / (now - startedAt)) * 1_000)} events/s\n`,
    );
  };
}

/** Runs the tool. If it throws, prints `failed` and the error, and ends the process with `code`. */
export function run(tool: () => Promise<number>, failed: string, code: number): void {
  process.umask(0o077);
  tool().then(
    (exit) => (process.exitCode = exit),
    (error: unknown) => {
      process.stderr.write(`${failed}\n${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(code);
    },
  );
}
