/** `npm run rebuild`, as an operator runs it on a data folder whose server is stopped. */
import { runProcess } from './run-process.js';

/** Builds the read model of `folder` anew. Resolves to what it says of itself: events a second. Rejects where it was not built. */
export async function rebuild(folder: string): Promise<number> {
  const { code, output, errors } = await runProcess('src/cli/rebuild.js', [], { DATA_DIR: folder });
  const rate = /rebuilt: \d+ events, (\d+) events\/s/.exec(output)?.[1];
  if (code !== 0 || rate === undefined)
    throw new Error(`a read model was not rebuilt (exit code ${code}): ${errors.trim() || output.trim()}`);
  return Number(rate);
}
