/** A program of this project, run as a process of its own until it ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { endWithBench } from './end-with-bench.js';

export interface Ran {
  /** Exit code; null if a signal ended it. */
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** `script`: a path below dist/, without a slash before it. `environment` is added to this process's own. An aborted `signal` ends it. */
export async function runProcess(
  script: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  { nodeOptions = [], signal }: { readonly nodeOptions?: readonly string[]; readonly signal?: AbortSignal } = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [...nodeOptions, new URL(`../${script}`, import.meta.url).pathname, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithBench(child);
  signal?.addEventListener('abort', () => child.kill('SIGKILL'));
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { code, output, errors };
}
