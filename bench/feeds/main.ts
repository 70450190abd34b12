/**
 * `npm run bench:feeds -- [--events 1000000] [--rounds 3] [--seconds 8] [--folder DIR]`: what programs that read events get, and what they cost.
 * Followers and sockets are measured in turn, so that both have the same machine; a ratio is that of the medians.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { acknowledgementRates } from './acknowledgements.js';
import { memoryOfFollower, type TriggerCost, triggerCost } from './followers.js';
import { readRates } from './read-rate.js';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
    folder: { type: 'string', default: tmpdir() },
  },
});

const number = (name: 'events' | 'rounds' | 'seconds'): number => {
  const value = Number(values[name]);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not '${values[name]}'`);
  return value;
};

/** Followers, and triggers a second that the tool can check at that many. */
const FOLLOWERS = [
  [100, 300],
  [1_000, 30],
] as const;

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
const rounded = (value: number): string => Math.round(value).toLocaleString('en');
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const [events, rounds, seconds] = [number('events'), number('rounds'), number('seconds')];
const folder = mkdtempSync(join(values.folder, 'alarm-server-bench-'));
try {
  say(
    `load average at the start: ${loadavg()
      .map((load) => load.toFixed(1))
      .join(', ')}`,
  );
  const rates = await readRates(folder, events, rounds);
  say(
    `read from the start of ${rounded(events)} events: ${rates.map(({ perSecond }) => rounded(perSecond)).join(', ')} events/s (${rounded(rates[0]?.events ?? 0)} read, ${rounded(median(rates.map(({ megabytesPerSecond }) => megabytesPerSecond)))} MB/s)`,
  );
  for (const [count, rate] of FOLLOWERS) {
    const costs: Record<'viewers' | 'followers', TriggerCost[]> = { viewers: [], followers: [] };
    for (let round = 0; round < rounds; round += 1)
      for (const by of ['viewers', 'followers'] as const)
        costs[by].push(await triggerCost(folder, by, count, rate, seconds));
    const of = (by: 'viewers' | 'followers', pick: (cost: TriggerCost) => number): number =>
      median(costs[by].map(pick));
    const line = (by: 'viewers' | 'followers'): string =>
      `${rounded(of(by, ({ cpuUs }) => cpuUs))} µs of processor time a trigger, own update ${of(by, ({ ownMs }) => ownMs).toFixed(2)} ms p50, ${of(by, ({ watcherMs }) => watcherMs[0]).toFixed(2)} and ${of(by, ({ watcherMs }) => watcherMs[1]).toFixed(2)} ms p50 and p99 to them`;
    say(`${count} sockets, ${rate} triggers/s: ${line('viewers')}`);
    say(`${count} followers: ${line('followers')}`);
    say(
      `  ratio of the processor time: ${(of('followers', ({ cpuUs }) => cpuUs) / of('viewers', ({ cpuUs }) => cpuUs)).toFixed(2)}`,
    );
  }
  const memory = await memoryOfFollower(folder, 1_000);
  say(
    `an event stream that has caught up: ${(memory.heap / 1_000).toFixed(1)} KB of heap, ${(memory.rss / 1_000).toFixed(1)} KB resident`,
  );
  const acks = await acknowledgementRates(folder, 2_000);
  say(
    `acknowledgements one after the other: ${rounded(acks.acknowledgements)}/s; of 64 subscriptions at once: ${rounded(acks.acknowledgementsAtOnce)}/s`,
  );
  say(`claims and releases one after the other: ${rounded(acks.claims)} of both a second`);
  say(
    `load average at the end: ${loadavg()
      .map((load) => load.toFixed(1))
      .join(', ')}`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
