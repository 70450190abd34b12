/** `node dist/test/power-cut/main.js [--cuts 1000] [--events 3000] [--seed N]`: exit code 1 if a cut has lost what was told. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cutPower } from './power-cuts.js';

const { values } = parseArgs({
  options: {
    cuts: { type: 'string', default: '1000' },
    events: { type: 'string', default: '3000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
  },
});
const [cuts, events, seed] = [values.cuts, values.events, values.seed].map(Number) as [number, number, number];
console.log(`power cuts: ${cuts}, seed ${seed}`);
const folder = mkdtempSync(join(tmpdir(), 'alarm-server-power-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const { faults, ...found } = await cutPower(folder, { cuts, events, seed });
for (const fault of faults) console.log(fault);
console.log(
  `${found.events} events in ${found.records} records with ${found.syncs} syncs, the WAL copied ${found.copies} times: ${cuts} power cuts, ${faults.length} faults`,
);
if (faults.length > 0) process.exitCode = 1;
