/** The server on EventStoreDB against its client alone, which appends batches of the same size to as many streams. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Bench, Measure, Row } from '../measure.js';
import { measureNodeLag } from '../node-lag.js';

function triggers(inFlight: number, pages: number, goal: Row['goal']): Measure {
  const load = [
    '--viewers',
    '0',
    '--in-flight',
    String(inFlight),
    '--pages',
    String(pages),
    '--alarms',
    String(inFlight),
  ];
  return {
    rows: [
      {
        name: `triggers, ${inFlight} in flight, ${pages === 1 ? 'one page' : `${pages} pages`}`,
        unit: '/s',
        baseline: `client alone, ${inFlight / pages} an append`,
        goal,
      },
    ],
    round: async (bench) => {
      const baseline = await clientAlone(bench, pages, inFlight / pages);
      const server = await bench.server(load);
      return [{ server: server.triggers_per_s, baseline }];
    },
  };
}

export const onePage = triggers(64, 1, { of: 'ratio', atLeast: 0.6 });
export const sixteenPages = triggers(64, 16, { of: 'ratio', atLeast: 0.6 });
export const fourPages = triggers(512, 4, { of: 'ratio', atLeast: 0.5 });

export const lag: Measure = {
  rows: [
    {
      name: 'answer on one node to push on the other, p50',
      unit: 'ms',
      baseline: undefined,
      goal: { of: 'server', atMost: 2 },
    },
    { name: 'the same, p99', unit: 'ms', baseline: undefined, goal: { of: 'server', atMost: 20 } },
  ],
  round: async (bench) => {
    const { p50, p99 } = await measureNodeLag(bench.folder, bench.environment(), bench.quick ? 50 : 1_000);
    return [{ server: p50 }, { server: p99 }];
  },
};

async function clientAlone({ eventStore, quick }: Bench, streams: number, batch: number): Promise<number> {
  const script = new URL('../baselines/store-client.js', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [
    script,
    eventStore!,
    String(streams),
    String(batch),
    quick ? '1' : '8',
  ]);
  return Number(stdout);
}
