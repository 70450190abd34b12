/** One trigger at a time: the time until it is durable and answered, in commits of this disk. */
import { measureCommit } from '../commit.js';
import type { Measure } from '../measure.js';

export const alone: Measure = {
  rows: [{ name: 'one at a time, p50', unit: 'ms', baseline: 'one commit', goal: { of: 'ratio', atMost: 1.3 } }],
  round: async (bench) => {
    const commit = measureCommit(bench.folder);
    const server = await bench.server(['--viewers', '0', '--in-flight', '1']);
    return [{ server: server.latency.to_publisher.p50_us / 1_000, baseline: commit.p50 }];
  },
};
