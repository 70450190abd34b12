/**
 * `npm run mutate [-- domain commands auth]`: changes the code of a folder of src in small ways, one at a time, and runs the folder's tests on
 * each: a change that no test notices is a gap in the tests. docs/testing.md has the figures.
 *
 * StrykerJS is fetched by npx and is no dependency: nobody needs it for a build or a test (docs/decisions/0018). Its report of each folder
 * is dist/mutation/<folder>.html. Exit code 1 if a run failed; a low score is no failure.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../architecture/sources.js';

/** The last major version that runs on Node 20, which this project still supports. */
const STRYKER = '@stryker-mutator/core@9.6.1';

/** Folders of src, each with the compiled tests that are about it. */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  domain: ['dist/test/domain'],
  commands: ['dist/test/commands'],
  auth: ['dist/test/auth'],
};

/** What is built in Stryker's copy of the project: without a check of types, since the changed code may have other ones. */
const BUILD = 'esbuild src/**/*.ts test/**/*.ts load/**/*.ts --outdir=dist --outbase=. --log-level=error';

function configOf(folder: string, tests: readonly string[]): unknown {
  return {
    testRunner: 'command',
    commandRunner: { command: `node dist/test/mutation/one-process.js ${tests.join(' ')}` },
    buildCommand: BUILD,
    mutate: [`src/${folder}/**/*.ts`],
    ignorePatterns: ['dist', 'client/dist', 'bench', 'demo', 'deploy', 'examples', 'data'],
    // It would look for a compiler of its own to rewrite the project's.
    tsconfigFile: 'none',
    disableTypeChecks: false,
    checkers: [],
    plugins: [],
    concurrency: 1,
    // A run that is late counts as noticed: only an endless loop may be, not a busy machine.
    timeoutMS: 120_000,
    reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
    htmlReporter: { fileName: `dist/mutation/${folder}.html` },
    jsonReporter: { fileName: `dist/mutation/${folder}.json` },
    tempDirName: 'dist/mutation/sandbox',
    allowConsoleColors: false,
  };
}

async function mutate(folder: string): Promise<void> {
  const tests = FOLDERS[folder];
  if (!tests) throw new Error(`no mutation tests of ${folder}: choose among ${Object.keys(FOLDERS).join(', ')}`);
  const config = join(root, `dist/mutation/${folder}.config.json`);
  mkdirSync(join(root, 'dist/mutation'), { recursive: true });
  writeFileSync(config, JSON.stringify(configOf(folder, tests), undefined, 2));
  const child = spawn('npx', ['--yes', '--package', STRYKER, 'stryker', 'run', config], {
    cwd: root,
    stdio: 'inherit',
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (code !== 0) process.exitCode = 1;
}

const chosen = process.argv.slice(2);
for (const folder of chosen.length > 0 ? chosen : Object.keys(FOLDERS)) await mutate(folder);
