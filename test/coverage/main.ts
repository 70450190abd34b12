/**
 * `npm run coverage [-- FILE-OR-FOLDER …]`: runs the tests as `npm test` does and says, for each folder of src and for the client, which share of
 * lines, branches and functions they have run. dist/coverage/index.html has it line by line, dist/coverage/lcov.info for other tools.
 * Exit code: that of the tests. Processes that a test kills leave no figures.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from '../architecture/sources.js';

const reports = join(root, 'dist/coverage');

interface Share {
  readonly total: number;
  readonly covered: number;
}
type Summary = Readonly<Record<'lines' | 'branches' | 'functions', Share>>;

const MEASURES = ['lines', 'branches', 'functions'] as const;

/** `src/commands/alarms/create-alarm.ts` is of `src/commands`; a file right in src is of `src`. */
function folderOf(path: string): string {
  const [top, second, ...rest] = relative(root, path).split('/');
  return rest.length > 0 ? `${top}/${second}` : `${top}`;
}

function printTable(files: Readonly<Record<string, Summary>>): void {
  const folders = new Map<string, Summary[]>();
  for (const [path, summary] of Object.entries(files)) {
    if (path === 'total') continue;
    const folder = folderOf(path);
    folders.set(folder, [...(folders.get(folder) ?? []), summary]);
  }
  const percent = (summaries: readonly Summary[], measure: (typeof MEASURES)[number]): string => {
    const sum = (of: keyof Share): number => summaries.reduce((all, summary) => all + summary[measure][of], 0);
    return `${((100 * sum('covered')) / Math.max(1, sum('total'))).toFixed(1)} %`.padStart(10);
  };
  const row = (name: string, summaries: readonly Summary[]): string =>
    `${name.padEnd(18)}${String(summaries.length).padStart(6)}${MEASURES.map((measure) => percent(summaries, measure)).join('')}`;
  console.log(`\n${'folder'.padEnd(18)}${'files'.padStart(6)}${MEASURES.map((name) => name.padStart(10)).join('')}`);
  for (const [folder, summaries] of [...folders].sort(([a], [b]) => (a < b ? -1 : 1)))
    console.log(row(folder, summaries));
  console.log(row('all', [...folders.values()].flat()));
  console.log(`\nLine by line: ${relative(root, join(reports, 'index.html'))}`);
}

rmSync(reports, { recursive: true, force: true });
const c8 = spawn(
  process.execPath,
  [
    join(root, 'node_modules/c8/bin/c8.js'),
    ...['--temp-directory', join(reports, 'raw'), '--reports-dir', reports],
    ...['--reporter', 'html', '--reporter', 'lcovonly', '--reporter', 'json-summary'],
    ...['--include', 'src/**', '--include', 'client/src/**', '--exclude-after-remap'],
    ...[process.execPath, join(root, 'dist/test/runner/main.js'), ...process.argv.slice(2)],
  ],
  { cwd: root, stdio: 'inherit' },
);
process.exitCode = (await new Promise<number | null>((resolve) => c8.on('close', resolve))) ?? 1;
printTable(JSON.parse(readFileSync(join(reports, 'coverage-summary.json'), 'utf8')) as Record<string, Summary>);
rmSync(join(reports, 'raw'), { recursive: true, force: true });
