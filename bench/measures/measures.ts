/** All measures, in the order of the table. A new one is a file beside this and a line in here. */
import type { Measure } from '../measure.js';
import { alone } from './alone.js';
import { eightSockets, sustained } from './durable.js';
import { hundredViewers, slowest, thousandViewers } from './fan-out.js';
import { memory } from './memory.js';
import { rebuilding } from './rebuild.js';
import { scale } from './scale.js';
import { start } from './start.js';

export const measures: readonly Measure[] = [sustained, eightSockets, alone, hundredViewers, thousandViewers, slowest, rebuilding, start, memory, scale];
