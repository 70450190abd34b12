/** The operators' tools, each run as a process. */
import { runProcess } from '../run-process.js';

/** Runs `npm run backup`, `restore` or `verify` with --json on a data folder. Rejects with what it said if it fails. */
export async function runTool(
  tool: 'backup' | 'restore' | 'verify',
  dataDir: string,
  args: readonly string[],
): Promise<Record<string, unknown>> {
  const { code, output, errors } = await runProcess(`src/cli/${tool}.js`, [...args, '--json'], { DATA_DIR: dataDir });
  if (code !== 0) throw new Error(`${tool} ended with ${code}: ${errors.trim()}`);
  return JSON.parse(output) as Record<string, unknown>;
}
