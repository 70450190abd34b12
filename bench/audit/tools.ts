/** The auditors' tools, each run as a process: how long it takes, and how much memory. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProcess } from '../run-process.js';
import { PEAK_MEMORY_FILE } from './peak-memory.js';

export interface ToolRun {
  readonly output: string;
  readonly seconds: number;
  /** Most memory that it had, resident; bytes. */
  readonly peak: number;
}

/** `folder`: for a file of the measuring. Rejects with what the tool said if it fails. */
export async function measureTool(
  folder: string,
  script: 'verify' | 'export',
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<ToolRun> {
  const file = join(folder, `peak-memory-${script}`);
  const startedAt = performance.now();
  const { code, output, errors } = await runProcess(
    `src/cli/${script}.js`,
    args,
    { ...environment, [PEAK_MEMORY_FILE]: file },
    { nodeOptions: [...heapOf(script), '--import', new URL('./peak-memory.js', import.meta.url).href] },
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${errors.trim() || output.trim()}`);
  return { output, seconds, peak: Number(readFileSync(file, 'utf8')) };
}

/** As in package.json. */
export const heapOf = (script: 'verify' | 'export'): string[] =>
  script === 'export' ? ['--max-old-space-size=128'] : [];
