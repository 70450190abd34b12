/** All measures, in the order of the table. A new one is a file beside this and a line in here. */
import { hasRedis } from '../baselines/redis.js';
import type { Measure } from '../measure.js';
import { alone } from './alone.js';
import { eightSockets, sustained } from './durable.js';
import { fourPages, lag, onePage, sixteenPages } from './event-store.js';
import { hundredViewers, slowest, thousandViewers } from './fan-out.js';
import { memory } from './memory.js';
import { besideRedis, besideSqlite, hundredBesideRedis } from './neighbours.js';
import { rebuilding } from './rebuild.js';
import { scale } from './scale.js';
import { start } from './start.js';
import { tails } from './tails.js';

/** Where there is none, its rows are left out. */
const isRedisHere = hasRedis();

export const embeddedMeasures: readonly Measure[] = [
  sustained,
  besideSqlite,
  ...(isRedisHere ? [besideRedis] : []),
  eightSockets,
  alone,
  tails(2_000, isRedisHere),
  tails(5_000, isRedisHere),
  hundredViewers,
  ...(isRedisHere ? [hundredBesideRedis] : []),
  thousandViewers,
  slowest,
  rebuilding,
  start,
  memory,
  scale,
];

/** Those of `--event-store`. */
export const storeMeasures: readonly Measure[] = [onePage, sixteenPages, fourPages, lag];
