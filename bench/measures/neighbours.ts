/** The same work done by others on the same disk: SQLite alone with batches like the log's, and Redis where it is installed. */
import { Redis } from '../baselines/redis.js';
import { redisDeliveriesPerSecond, redisEntriesPerSecond } from '../baselines/redis-load.js';
import { sqliteRowsPerSecond } from '../baselines/sqlite-load.js';
import type { Bench, Measure, Row } from '../measure.js';

/** Triggers of a commit with 64 in flight: they come in about two groups. */
const BATCH = 34;

const secondsOf = ({ quick }: Bench): number => (quick ? 1 : 8);

export async function withRedis<T>({ folder }: Bench, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = await Redis.start(folder);
  try {
    return await use(redis);
  } finally {
    await redis.stop();
  }
}

function beside(
  row: Pick<Row, 'name' | 'baseline' | 'goal'>,
  load: readonly string[],
  other: (bench: Bench) => Promise<number>,
): Measure {
  const isFanOut = !load.includes('0');
  return {
    rows: [{ ...row, unit: '/s' }],
    round: async (bench) => {
      const baseline = await other(bench);
      const server = await bench.server(load);
      return [{ server: isFanOut ? server.deliveries_per_s : server.triggers_per_s, baseline }];
    },
  };
}

export const besideSqlite = beside(
  {
    name: 'durable triggers, 64 in flight',
    baseline: `SQLite alone, ${BATCH} a commit`,
    goal: { of: 'ratio', atLeast: 0.6 },
  },
  ['--viewers', '0', '--in-flight', '64'],
  async (bench) => sqliteRowsPerSecond(bench.folder, BATCH, secondsOf(bench)),
);

export const besideRedis = beside(
  { name: 'durable triggers, 64 in flight', baseline: 'Redis, XADD', goal: { of: 'ratio', atLeast: 0.6 } },
  ['--viewers', '0', '--in-flight', '64'],
  (bench) =>
    withRedis(bench, (redis) => redisEntriesPerSecond(redis, { inFlight: 64, sockets: 1, seconds: secondsOf(bench) })),
);

export const hundredBesideRedis = beside(
  {
    name: 'deliveries, 100 viewers, 16 in flight',
    baseline: 'Redis, XADD and PUBLISH',
    goal: { of: 'ratio', atLeast: 1 },
  },
  ['--viewers', '100', '--in-flight', '16'],
  (bench) =>
    withRedis(bench, (redis) =>
      redisDeliveriesPerSecond(redis, { inFlight: 16, subscribers: 100, seconds: secondsOf(bench) }),
    ),
);
