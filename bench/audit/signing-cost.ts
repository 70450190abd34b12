/** What the tree and its signatures cost a trigger: one server with them and one without, side by side, which trigger in turn. */
import { join } from 'node:path';
import { runLoadTool } from '../load-process.js';
import type { Row, Sample } from '../measure.js';
import { ServerProcess, type Work } from '../server-process.js';

const WITHOUT = new URL('./without-evidence.js', import.meta.url);

const inFlight = ['--in-flight', '64', '--alarms', '64'];
const openLoop = ['--rate', '1000', '--alarms', '1000'];

export const signingRows: readonly Row[] = [
  {
    name: 'a trigger with the evidence, 64 in flight',
    unit: 'µs',
    baseline: 'without it',
    goal: { of: 'ratio', atMost: 1.03 },
  },
  {
    name: 'a trigger with the evidence, 1,000 a second, p50',
    unit: 'ms',
    baseline: 'without it',
    goal: { of: 'ratio', atMost: 1.03 },
  },
  { name: 'the same, p99', unit: 'ms', baseline: 'without it', goal: undefined },
  { name: 'its processor time, all threads together', unit: 'µs', baseline: 'without it', goal: undefined },
];

/** A round is each load on one server and then on the other; the next round begins with the other one. `seconds`: of each load. */
export async function measureSigning(folder: string, rounds: number, seconds: number): Promise<Sample[][]> {
  const signing = await ServerProcess.real(join(folder, 'with-evidence'));
  const plain = await ServerProcess.real(join(folder, 'without-evidence'), { before: WITHOUT });
  const samples: Sample[][] = signingRows.map(() => []);
  try {
    // The first load compiles the code of both.
    for (const server of [signing, plain]) await run(server, inFlight, Math.min(seconds, 2));
    for (let round = 0; round < rounds; round += 1) {
      const order = round % 2 === 0 ? [signing, plain] : [plain, signing];
      const closed = new Map<ServerProcess, Run>();
      const open = new Map<ServerProcess, Run>();
      for (const server of order) closed.set(server, await run(server, inFlight, seconds));
      for (const server of order) open.set(server, await run(server, openLoop, seconds));
      const both = (runs: Map<ServerProcess, Run>, of: (run: Run) => number): Sample => ({
        server: of(runs.get(signing)!),
        baseline: of(runs.get(plain)!),
      });
      samples[0]!.push(both(closed, ({ perSecond }) => 1e6 / perSecond));
      samples[1]!.push(both(open, ({ p50 }) => p50));
      samples[2]!.push(both(open, ({ p99 }) => p99));
      samples[3]!.push(both(closed, ({ cpuUs }) => cpuUs));
    }
  } finally {
    await Promise.all([signing.stop(), plain.stop()]);
  }
  return samples;
}

interface Run {
  readonly perSecond: number;
  /** In ms. */
  readonly p50: number;
  readonly p99: number;
  /** Of a trigger, all threads of the server together. */
  readonly cpuUs: number;
}

async function run(server: ServerProcess, load: readonly string[], seconds: number): Promise<Run> {
  const samples: (Work & { readonly at: number })[] = [];
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      samples.push({ at: performance.now(), ...(await server.work()) });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  const time = ['--warm-up', '0.5', '--duration', String(seconds), '--drain', '1'];
  const { triggers_per_s, latency } = await runLoadTool([
    ...['--url', server.url, '--viewers', '0', '--users', '1', '--pages', '1', ...time, ...load],
  ]).finally(() => {
    isOver = true;
  });
  await watching;
  const end = samples.findLast(({ events }, at) => events > (samples[at - 1]?.events ?? events));
  const start = end && samples.find(({ at, events }) => at >= end.at - seconds * 1_000 && events < end.events);
  if (!start) throw new Error('the server could not be asked for its work often enough while the load ran');
  return {
    perSecond: triggers_per_s,
    p50: latency.to_publisher.p50_us / 1_000,
    p99: latency.to_publisher.p99_us / 1_000,
    cpuUs: (1e6 * (end.cpuSeconds - start.cpuSeconds)) / (end.events - start.events),
  };
}
