/** The operators' tools, each run as a process. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { endWithBench } from '../end-with-bench.js';

/** Runs `npm run backup`, `restore` or `verify` with --json on a data folder. Rejects with what it said if it fails. */
export async function runTool(
  tool: 'backup' | 'restore' | 'verify',
  dataDir: string,
  args: readonly string[],
): Promise<Record<string, unknown>> {
  const script = new URL(`../../src/cli/${tool}.js`, import.meta.url).pathname;
  const child = spawn(process.execPath, [script, ...args, '--json'], {
    env: { ...process.env, DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithBench(child);
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  if (code !== 0) throw new Error(`${tool} ended with ${code}: ${errors.trim()}`);
  return JSON.parse(output) as Record<string, unknown>;
}
