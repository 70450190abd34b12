/** The crash loop's entry: node dist/test/crash/main.js --help */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CrashLoop, type Figures, noFigures } from './crash-loop.js';
import { type CrashOptions, help, readOptions } from './options.js';
import { Random } from './random.js';

/** Between two lines of progress, in rounds. */
const PROGRESS = 10;

/** After that many rounds a new log is begun, so that reading and rebuilding it does not take most of the time. */
const ROUNDS_A_FOLDER = 100;

const FAULTS_SHOWN = 20;

const seconds = (since: number): string => `${((performance.now() - since) / 1_000).toFixed(1)} s`;

const summary = (figures: Figures): string => {
  const n = (value: number): string => value.toLocaleString('en');
  return `  kills under load           ${n(figures.rounds)}
  kills while it started     ${n(figures.killsAtStart)}
  commands sent              ${n(figures.sent)}
  answered                   ${n(figures.answered)}
  refused                    ${n(figures.refused)}
  unanswered at the kill     ${n(figures.unanswered)}
  of these with an id, so
    sent again               ${n(figures.resent)}
    already done             ${n(figures.alreadyDone)}
  answered, and sent again   ${n(figures.repeated)}
  events shown to somebody   ${n(figures.seen)}
  events in the logs         ${n(figures.events)}
  read models compared       ${n(figures.comparisons)}
`;
};

async function run({ rounds, seed }: CrashOptions): Promise<number> {
  const startedAt = performance.now();
  const random = new Random(seed);
  const figures = noFigures();
  console.log(`crash loop: ${rounds} rounds, seed ${seed}`);
  while (figures.rounds < rounds) {
    const dataDir = mkdtempSync(join(tmpdir(), 'alarm-server-crash-'));
    const loop = await CrashLoop.start(dataDir, random, figures);
    try {
      const end = Math.min(figures.rounds + ROUNDS_A_FOLDER, rounds);
      while (figures.rounds < end) {
        const faults = await loop.round(figures.rounds + 1 === end);
        if (faults.length > 0) {
          console.log(
            `round ${figures.rounds} of seed ${seed} has ${faults.length} faults; the data folder is ${dataDir}`,
          );
          for (const fault of faults.slice(0, FAULTS_SHOWN)) console.log(`  ${fault}`);
          return 1;
        }
        if (figures.rounds % PROGRESS === 0)
          console.log(
            `round ${figures.rounds} of ${rounds}: ${figures.answered} answered, ${figures.events} events, ${seconds(startedAt)}`,
          );
      }
    } finally {
      await loop.stop();
    }
    rmSync(dataDir, { recursive: true, force: true });
  }
  console.log(
    `nothing acknowledged is missing, nothing is doubled, and the streamed read models equal the rebuilt ones (${seconds(startedAt)})\n${summary(figures)}`,
  );
  return 0;
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(help);
  else process.exitCode = await run(options);
} catch (error) {
  console.error(error instanceof Error ? error.stack : error);
  process.exitCode = 2;
}
