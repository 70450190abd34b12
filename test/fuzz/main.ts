/** The fuzzer's entry: node dist/test/fuzz/main.js --help */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FuzzRun, noFigures } from './fuzz-run.js';
import { type FuzzOptions, help, readOptions } from './options.js';

/** After that many mutations a new log is begun: what is on it by then makes each further one slower. */
const MUTATIONS_A_FOLDER = 10_000;

const FAULTS_SHOWN = 20;

async function run({ mutations, seed }: FuzzOptions): Promise<number> {
  const startedAt = performance.now();
  const seconds = (): string => `${((performance.now() - startedAt) / 1_000).toFixed(0)} s`;
  const figures = noFigures();
  console.log(`fuzz: ${mutations} mutations, seed ${seed}`);
  for (let folder = 0; figures.mutations < mutations; folder++) {
    const dataDir = mkdtempSync(join(tmpdir(), 'alarm-server-fuzz-'));
    const faults = await FuzzRun.run(
      dataDir,
      Math.min(MUTATIONS_A_FOLDER, mutations - figures.mutations),
      (seed + folder) >>> 0,
      figures,
    );
    if (faults.length > 0) {
      console.log(
        `seed ${seed + folder}: ${faults.length} faults after ${figures.mutations} mutations; the data folder, with last-cases.json, is ${dataDir}`,
      );
      for (const fault of faults.slice(0, FAULTS_SHOWN)) console.log(`  ${fault}`);
      return 1;
    }
    rmSync(dataDir, { recursive: true, force: true });
    const statuses = [...figures.statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${count} × ${status}`);
    console.log(
      `${figures.mutations} mutations, ${figures.kills} kills, ${figures.storms} storms, ${figures.sockets} sockets, HTTP: ${statuses.join(', ')} (${seconds()})`,
    );
  }
  console.log(
    'no exit but ours, no status 500, no error in the log, every message fits its schema, and the read models equal rebuilt ones',
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
