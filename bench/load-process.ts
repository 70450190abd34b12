/** The load tool, run as a process, and its result. */
import type { LoadResult } from '../load/result.js';
import { runProcess } from './run-process.js';

/** `args` as on its command line. Rejects where the run could not be made, or the server did something wrong: no figure is worth that. */
export async function runLoadTool(args: readonly string[]): Promise<LoadResult> {
  const { code, output, errors } = await runProcess('load/main.js', ['--json', '-', ...args]);
  if (code !== 0 && code !== 1)
    throw new Error(`the load tool ended with ${code}: ${errors.trim().split('\n').at(-1)}`);
  const result = JSON.parse(output) as LoadResult;
  if (code === 1)
    throw new Error(
      `a server did something wrong under \`${args.join(' ')}\`: ${[JSON.stringify(result.faults), ...result.examples].join('\n  ')}`,
    );
  return result;
}
