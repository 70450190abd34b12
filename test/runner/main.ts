/**
 * Runs tests. `node dist/test/runner/main.js [--jobs N] [file or folder …]`, without any: every test. Ends with the line of counts, and
 * with 1 if anything failed.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runFiles } from './run-files.js';

const tests = fileURLToPath(new URL('../', import.meta.url));

/** Compiled test files named by paths: a folder stands for all that are in it. */
function filesIn(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.js'))
      .sort()
      .map((name) => join(path, name));
  });
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { jobs: { type: 'string' } } });
const areGood = await runFiles(filesIn(positionals.length > 0 ? positionals : [tests]), {
  jobs: values.jobs === undefined ? undefined : Number(values.jobs),
});
process.exitCode = areGood ? 0 : 1;
