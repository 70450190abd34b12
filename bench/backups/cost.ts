/** What a backup in each minute costs those who trigger. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runLoadTool } from '../load-process.js';
import { ServerProcess } from '../server-process.js';
import { runTool } from './tools.js';

/** Each of so many minutes is without a backup. */
export const COMPARED = 5;
/** Of a minute: the load tool signs up, connects and says goodbye. In s. */
const SET_UP_S = 5;

export interface CostOptions {
  readonly minutes: number;
  /** Triggers a second. */
  readonly rate: number;
  readonly minuteSeconds: number;
  readonly onMinute: (line: string) => void;
}

export interface Cost {
  readonly minutes: number;
  readonly backups: number;
  readonly lastEvents: number;
  readonly lastSeconds: number;
  /** Medians over the minutes of the p99 from trigger to update, in ms. */
  readonly withBackup: number;
  readonly without: number;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Runs a server in a folder below `folder`, and stops it. */
export async function costOfBackups(
  folder: string,
  { minutes, rate, minuteSeconds, onMinute }: CostOptions,
): Promise<Cost> {
  const dataDir = join(folder, 'cost');
  const server = await ServerProcess.real(dataDir);
  const p99 = { with: [] as number[], without: [] as number[] };
  let last = { events: 0, seconds: 0 };
  try {
    for (let minute = 1; minute <= minutes; minute++) {
      const isCompared = minute % COMPARED === 0;
      const duration = Math.max(1, Math.round(minuteSeconds - SET_UP_S));
      const load = runLoadTool([
        ...['--url', server.url, '--rate', String(rate), '--viewers', '10', '--users', '2'],
        ...['--warm-up', '2', '--duration', String(duration), '--drain', '1'],
      ]);
      if (!isCompared) {
        // Within the measured time.
        await new Promise((resolve) => setTimeout(resolve, (SET_UP_S / 60) * minuteSeconds * 1_000));
        const target = join(folder, `backup-${minute}.db`);
        const startedAt = performance.now();
        const made = await runTool('backup', dataDir, ['--to', target]);
        last = { events: Number(made['events']), seconds: (performance.now() - startedAt) / 1_000 };
        await removeBackup(target);
      }
      const { latency } = await load;
      const milliseconds = latency.to_publisher.p99_us / 1_000;
      p99[isCompared ? 'without' : 'with'].push(milliseconds);
      onMinute(
        `minute ${minute}: p99 ${milliseconds.toFixed(2)} ms, ` +
          (isCompared ? 'no backup' : `a backup of ${last.events} events in ${last.seconds.toFixed(1)} s`),
      );
    }
  } finally {
    await server.stop();
  }
  return {
    minutes,
    backups: p99.with.length,
    lastEvents: last.events,
    lastSeconds: last.seconds,
    withBackup: median(p99.with),
    without: median(p99.without),
  };
}

async function removeBackup(file: string): Promise<void> {
  await Promise.all([file, `${file}.json`].map((path) => rm(path, { force: true })));
}
