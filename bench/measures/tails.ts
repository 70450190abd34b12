/** The slow end of an open loop for a minute: the server beside SQLite alone, and Redis where it is installed. */
import { redisTail } from '../baselines/redis-load.js';
import { sqliteTail } from '../baselines/sqlite-load.js';
import type { Tail } from '../baselines/tail.js';
import type { Measure, Row, Sample } from '../measure.js';
import { withRedis } from './neighbours.js';

const figures = ['p50', 'p99', 'p999', 'longest'] as const satisfies readonly (keyof Tail)[];
const names: Readonly<Record<keyof Tail, string>> = { p50: 'p50', p99: 'p99', p999: 'p99.9', longest: 'longest' };

/** The goals are about 5,000 a second. */
const goals: Partial<Record<keyof Tail, Row['goal']>> = {
  p999: { of: 'ratio', atMost: 2 },
  longest: { of: 'server', atMost: 30 },
};

const rowsOf = (rate: number, baseline: string, withGoals: boolean): Row[] =>
  figures.map((figure) => ({
    name: `${rate.toLocaleString('en')} a second for a minute, ${names[figure]}`,
    unit: 'ms',
    baseline,
    goal: withGoals ? goals[figure] : undefined,
  }));

const samples = (server: Tail, baseline: Tail): Sample[] =>
  figures.map((figure) => ({ server: server[figure], baseline: baseline[figure] }));

export const tails = (rate: number, hasRedis: boolean): Measure => ({
  rows: [...rowsOf(rate, 'SQLite alone', rate === 5_000), ...(hasRedis ? rowsOf(rate, 'Redis, XADD', false) : [])],
  round: async (bench) => {
    const seconds = bench.quick ? 1 : 60;
    const sqlite = sqliteTail(bench.folder, rate, seconds);
    const redis = hasRedis ? await withRedis(bench, (one) => redisTail(one, rate, seconds)) : undefined;
    const { latency } = await bench.server(['--viewers', '0', '--rate', String(rate), '--duration', String(seconds)]);
    const { p50_us, p99_us, p99_9_us, max_us } = latency.to_publisher;
    const server: Tail = { p50: p50_us / 1e3, p99: p99_us / 1e3, p999: p99_9_us / 1e3, longest: max_us / 1e3 };
    return [...samples(server, sqlite), ...(redis ? samples(server, redis) : [])];
  },
});
