/** `node dist/test/evidence/main.js [--count N] [--seed S]`: alters logs, and fails where one is not found at its place. */
import { parseArgs } from 'node:util';
import { wholeNumber } from '../runner/given-number.js';
import { alter } from './alterations.js';

const { values } = parseArgs({ options: { count: { type: 'string' }, seed: { type: 'string' } } });
const count = wholeNumber('--count', values.count, 200);
const seed = wholeNumber('--seed', values.seed, 1127, 0);
const { faults } = await alter(count, seed);
for (const fault of faults) process.stdout.write(`${fault}\n`);
process.stdout.write(`${count} alterations, seed ${seed}: ${faults.length} faults\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
