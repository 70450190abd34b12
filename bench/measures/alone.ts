/** One trigger at a time: the time until it is durable and answered, beside a round trip to the ceiling and a commit of this disk. */
import { measureCommit } from '../baselines/commit.js';
import type { Measure } from '../measure.js';

const load = ['--viewers', '0', '--in-flight', '1'];

export const alone: Measure = {
  rows: [
    {
      name: 'one at a time, p50',
      unit: 'ms',
      baseline: 'round trip and one commit',
      goal: { of: 'ratio', atMost: 1.15 },
    },
  ],
  round: async (bench) => {
    const commit = measureCommit(bench.folder);
    const ceiling = await bench.ceiling(load);
    const server = await bench.server(load);
    const p50 = ({ latency }: typeof server): number => latency.to_publisher.p50_us / 1_000;
    return [{ server: p50(server), baseline: p50(ceiling) + commit.p50 }];
  },
};
