/** One page, many viewers: deliveries compared with bare uWebSockets.js, and the time of the slowest. */
import type { LoadResult } from '../../load/result.js';
import type { Measure, Row } from '../measure.js';

function fanOut(
  viewers: number,
  inFlight: number,
  row: Omit<Row, 'baseline'>,
  figure: (result: LoadResult) => number,
): Measure {
  const load = ['--viewers', String(viewers), '--in-flight', String(inFlight)];
  return {
    rows: [{ ...row, baseline: 'ceiling' }],
    round: async (bench) => {
      const ceiling = await bench.ceiling(load);
      const server = await bench.server(load);
      return [{ server: figure(server), baseline: figure(ceiling) }];
    },
  };
}

export const hundredViewers = fanOut(
  100,
  16,
  { name: 'deliveries, 100 viewers, 16 in flight', unit: '/s', goal: { of: 'ratio', atLeast: 0.7 } },
  (result) => result.deliveries_per_s,
);

export const thousandViewers = fanOut(
  1_000,
  128,
  { name: 'deliveries, 1,000 viewers, 128 in flight', unit: '/s', goal: { of: 'ratio', atLeast: 0.95 } },
  (result) => result.deliveries_per_s,
);

export const slowest = fanOut(
  1_000,
  16,
  { name: 'trigger to viewer, p99, 1,000 viewers, 16 in flight', unit: 'ms', goal: { of: 'ratio', atMost: 1.2 } },
  (result) => result.latency.to_viewer.p99_us / 1_000,
);
