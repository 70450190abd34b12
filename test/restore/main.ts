/** `npm run build`, then `node dist/test/restore/main.js --rounds 200 --seed 1`: restores in all ways, with clients ahead, behind and offline. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { noFigures, RestoreRounds } from './restore-rounds.js';

/** Between two lines of progress, in rounds. */
const PROGRESS = 10;

/** After that many rounds a new log is begun. */
const ROUNDS_A_FOLDER = 50;

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '200' }, seed: { type: 'string', default: String(1 + Math.floor(Math.random() * 1_000_000)) } } });
const wanted = Number(values.rounds);
const seed = Number(values.seed);
const figures = noFigures();
const startedAt = performance.now();
let faults = 0;
console.log(`restores: ${wanted} rounds, seed ${seed}`);
for (let folders = 0; figures.rounds < wanted; folders++) {
  const folder = mkdtempSync(join(tmpdir(), 'alarm-server-restore-'));
  const rounds = await RestoreRounds.start(folder, seed + folders, figures);
  const end = Math.min(figures.rounds + ROUNDS_A_FOLDER, wanted);
  while (figures.rounds < end) {
    for (const fault of await rounds.round()) {
      faults += 1;
      console.error(fault);
    }
    if (figures.rounds % PROGRESS === 0) console.log(`${figures.rounds} rounds, ${faults} faults, ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
  }
  await rounds.end();
  rmSync(folder, { recursive: true });
}
const { byWay, ...all } = figures;
console.log(JSON.stringify(all));
console.table(byWay);
process.exitCode = faults === 0 ? 0 : 1;
