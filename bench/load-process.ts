/** The load tool, run as a process, and its result. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { LoadResult } from '../load/result.js';
import { endWithBench } from './end-with-bench.js';

/** `args` as on its command line. Rejects where the run could not be made, or the server did something wrong: no figure is worth that. */
export async function runLoadTool(args: readonly string[]): Promise<LoadResult> {
  const child = spawn(
    process.execPath,
    [new URL('../load/main.js', import.meta.url).pathname, '--json', '-', ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  endWithBench(child);
  const [output, progress, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  if (code !== 0 && code !== 1)
    throw new Error(`the load tool ended with ${code}: ${progress.trim().split('\n').at(-1)}`);
  const result = JSON.parse(output) as LoadResult;
  if (code === 1)
    throw new Error(
      `a server did something wrong under \`${args.join(' ')}\`: ${[JSON.stringify(result.faults), ...result.examples].join('\n  ')}`,
    );
  return result;
}
