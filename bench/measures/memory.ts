/** Memory right after a start: does it depend on what exists, or on the history? The same users, pages and alarms with both histories. */
import type { Measure } from '../measure.js';
import type { Memory } from '../memory-probe.js';
import { ServerProcess } from '../server-process.js';

const MB = 1e6;

export const memory: Measure = {
  rows: [
    {
      name: 'memory, a million events in the log',
      unit: 'MB',
      baseline: 'short log',
      goal: { of: 'ratio', atMost: 1.2 },
    },
    {
      name: 'its heap alone, after a collection',
      unit: 'MB',
      baseline: 'short log',
      goal: { of: 'ratio', atMost: 1.2 },
    },
  ],
  round: async ({ histories }) => {
    const short = await memoryAfterStart(await histories.short());
    const long = await memoryAfterStart(await histories.long());
    return [
      { server: long.rss / MB, baseline: short.rss / MB },
      { server: long.heap / MB, baseline: short.heap / MB },
    ];
  },
};

async function memoryAfterStart(folder: string): Promise<Memory> {
  const server = await ServerProcess.real(folder, { probed: true });
  try {
    return await server.memory();
  } finally {
    await server.stop();
  }
}
