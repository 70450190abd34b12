/** `node dist/test/power-cut/main.js [--cuts 1000] [--events 3000] [--seed N]`: exit code 1 if a cut has lost what was told. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { wholeNumber } from '../runner/given-number.js';
import { cutPower } from './power-cuts.js';

const { values } = parseArgs({
  options: {
    cuts: { type: 'string' },
    events: { type: 'string' },
    seed: { type: 'string' },
  },
});
const cuts = wholeNumber('--cuts', values.cuts, 1_000);
const events = wholeNumber('--events', values.events, 3_000);
const seed = wholeNumber('--seed', values.seed, Math.floor(Math.random() * 2 ** 32), 0);
console.log(`power cuts: ${cuts}, seed ${seed}`);
const folder = mkdtempSync(join(tmpdir(), 'alarm-server-power-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const { faults, ...found } = await cutPower(folder, { cuts, events, seed });
for (const fault of faults) console.log(fault);
console.log(
  `${found.events} events in ${found.records} records with ${found.syncs} syncs, the WAL copied ${found.copies} times: ${cuts} power cuts, ${faults.length} faults`,
);
if (faults.length > 0) process.exitCode = 1;
