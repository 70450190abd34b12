/** How fast the read model is rebuilt from the log. */
import type { Measure } from '../measure.js';
import { rebuild } from '../rebuild-process.js';

export const rebuilding: Measure = {
  rows: [
    {
      name: 'rebuild, a million events',
      unit: 'events/s',
      baseline: undefined,
      goal: { of: 'server', atLeast: 200_000 },
    },
  ],
  round: async ({ histories }) => [{ server: await rebuild(await histories.long()) }],
};
