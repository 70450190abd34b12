/** Runs test files, two at a time, and says a line for each; what failed in full, and again as a list at the end. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Counts, countsIn, failuresIn } from './tap-output.js';

/** For a file, in s: on a machine that does much else. It is tap's own bound for each test too. */
const TIMEOUT_S = 240;
const JOBS = 2;

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** How long each file took the last time, in ms: the longest go first, so that none delays the end. */
const timesFile = join(root, 'dist/.test-times.json');

/** What a file is run in, and is ended when it has run. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  end(): Promise<void>;
}

interface RunOptions {
  /** Files at a time. */
  readonly jobs?: number | undefined;
  /** Made for each file anew; without it a file has the environment of this process. */
  readonly surround?: () => Promise<Surroundings>;
}

interface Ran extends Counts {
  readonly file: string;
  readonly ms: number;
  readonly isGood: boolean;
}

function run(file: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  const name = relative(root, file);
  const began = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--enable-source-maps', file], {
      cwd: root,
      env: { ...env, TAP: '1', TAP_TIMEOUT: String(TIMEOUT_S) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, TIMEOUT_S * 1_000);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const ms = performance.now() - began;
      const said = countsIn(output) ?? { total: 0, pass: 0, fail: 0, skip: 0 };
      const isGood = code === 0 && said.fail === 0 && said.total > 0;
      // A file that ends early has failed, whatever it had passed by then.
      const counts = isGood || said.fail > 0 ? said : { ...said, total: said.total + 1, fail: 1 };
      console.log(
        `${isGood ? 'ok    ' : 'NOT OK'} ${(ms / 1_000).toFixed(1).padStart(6)} s ${String(counts.total).padStart(5)}  ${name}`,
      );
      if (!isGood) {
        for (const { name, diagnostics } of failuresIn(output)) console.log(`\n  ✗ ${name}\n${diagnostics}`);
        const why = isLate
          ? `it was killed after ${TIMEOUT_S} s`
          : said.total > 0 && (code === 0 || (code === 1 && said.fail > 0))
            ? undefined
            : `it ended with ${signal ?? `exit code ${code}`}${said.total === 0 ? ' without a summary' : ''}`;
        if (why !== undefined || errors !== '')
          console.log(`\n  ${[why, errors.slice(-4_000)].filter((text) => text).join(':\n')}`);
        console.log('');
      }
      resolve({ file: name, ms, isGood, ...counts });
    });
  });
}

function timesBefore(): Record<string, number> {
  try {
    return JSON.parse(readFileSync(timesFile, 'utf8')) as Record<string, number>;
  } catch {
    return {};
  }
}

/** Runs compiled test files; true if all passed. The last two lines it says are the counts and the time. */
export async function runFiles(files: readonly string[], { jobs = JOBS, surround }: RunOptions = {}): Promise<boolean> {
  const times = timesBefore();
  const waiting = [...files].sort(
    (a, b) => (times[relative(root, b)] ?? Infinity) - (times[relative(root, a)] ?? Infinity),
  );
  const began = performance.now();
  const ran: Ran[] = [];
  await Promise.all(
    Array.from({ length: jobs }, async () => {
      for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
        const surroundings = await surround?.();
        ran.push(await run(file, surroundings?.env ?? process.env));
        await surroundings?.end();
      }
    }),
  );

  const sum = (count: keyof Counts): number => ran.reduce((total, one) => total + one[count], 0);
  const failed = ran.filter(({ isGood }) => !isGood);
  try {
    writeFileSync(
      timesFile,
      JSON.stringify({ ...times, ...Object.fromEntries(ran.map(({ file, ms }) => [file, Math.round(ms)])) }),
    );
  } catch {
    // A tree that cannot be written to: the order of the next run is another one, that is all.
  }
  if (failed.length > 0) {
    console.log(`\n${failed.length} of ${ran.length} files failed:`);
    for (const { file, fail } of failed) console.log(`  ${file} (${fail})`);
    console.log(`One file alone, with all that it says: npm run build && node --enable-source-maps ${failed[0]!.file}`);
  } else console.log(`\nall ${ran.length} files passed`);
  console.log(`# { total: ${sum('total')}, pass: ${sum('pass')}, fail: ${sum('fail')}, skip: ${sum('skip')} }`);
  console.log(`# time=${((performance.now() - began) / 1_000).toFixed(0)} s`);
  return failed.length === 0;
}
