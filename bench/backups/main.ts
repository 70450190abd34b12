/**
 * `npm run bench:backups -- [--minutes 60] [--rate 200] [--folder DIR]`: what backups are worth, and what they cost, on this machine.
 *
 * First a backup is made while as many triggers as possible arrive (`--in-flight 512`), restored elsewhere, verified and started. Then an open
 * loop runs for `--minutes`, with a backup in every minute but each fifth, which is there to be compared with: the ratio of the
 * medians of p99. `npm run backup` runs as operators run it, in a process of its own. Exit code 1 if the restored log is not what it was.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { COMPARED, costOfBackups } from './cost.js';
import { backupUnderLoad } from './under-load.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '200' },
    /** Of a minute, in s: a shorter one shows that everything runs. */
    minute: { type: 'string', default: '60' },
    folder: { type: 'string', default: tmpdir() },
  },
});

const number = (name: 'minutes' | 'rate' | 'minute'): number => {
  const value = Number(values[name]);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not '${values[name]}'`);
  return value;
};

if (number('minutes') < COMPARED)
  throw new Error(`--minutes must be at least ${COMPARED}: each ${COMPARED}th is without a backup`);

const folder = mkdtempSync(join(values.folder, 'alarm-server-backups-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const under = await backupUnderLoad(folder);
console.log(
  `a backup of ${under.events} events in ${under.seconds.toFixed(1)} s, while ${under.triggersPerSecond.toFixed(0)} triggers a second arrived: ` +
    (under.faults.length === 0
      ? 'restored, verified and started, it is the log as of its last event, with a new id'
      : `NOT WHAT IT WAS:\n  ${under.faults.join('\n  ')}`),
);
if (under.faults.length > 0) process.exitCode = 1;

const cost = await costOfBackups(folder, {
  minutes: number('minutes'),
  rate: number('rate'),
  minuteSeconds: number('minute'),
  onMinute: (line) => console.log(line),
});
console.log(
  `${cost.backups} backups in ${cost.minutes} minutes at ${values.rate} triggers a second, the last of ${cost.lastEvents} events in ${cost.lastSeconds.toFixed(1)} s. ` +
    `p99 of a minute, median: ${cost.withBackup.toFixed(2)} ms with a backup, ${cost.without.toFixed(2)} ms without: ${(cost.withBackup / cost.without).toFixed(2)} times`,
);
