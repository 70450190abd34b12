/** `npm run rebuild`, as an operator runs it on a data folder whose server is stopped. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { endWithBench } from './end-with-bench.js';

/** Builds the read model of `folder` anew. Resolves to what it says of itself: events a second. Rejects where it was not built. */
export async function rebuild(folder: string): Promise<number> {
  const child = spawn(process.execPath, [new URL('../src/cli/rebuild.js', import.meta.url).pathname], {
    env: { ...process.env, DATA_DIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithBench(child);
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  const rate = /rebuilt: \d+ events, (\d+) events\/s/.exec(output)?.[1];
  if (code !== 0 || rate === undefined)
    throw new Error(`a read model was not rebuilt (exit code ${code}): ${errors.trim() || output.trim()}`);
  return Number(rate);
}
