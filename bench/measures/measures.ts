/** All measures, in the order of the table. A new one is a file beside this and a line in here. */
import type { Measure } from '../measure.js';
import { alone } from './alone.js';
import { eightSockets, sustained } from './durable.js';
import { fourPages, lag, onePage, sixteenPages } from './event-store.js';
import { hundredViewers, slowest, thousandViewers } from './fan-out.js';
import { memory } from './memory.js';
import { rebuilding } from './rebuild.js';
import { scale } from './scale.js';
import { start } from './start.js';

export const embeddedMeasures: readonly Measure[] = [
  sustained,
  eightSockets,
  alone,
  hundredViewers,
  thousandViewers,
  slowest,
  rebuilding,
  start,
  memory,
  scale,
];

/** Those of `--event-store`. */
export const storeMeasures: readonly Measure[] = [onePage, sixteenPages, fourPages, lag];
