/** Triggers a second, each durable before it is answered, without viewers. */
import type { Measure } from '../measure.js';

const inFlight64 = ['--viewers', '0', '--in-flight', '64'];
const inFlight512 = ['--viewers', '0', '--in-flight', '512', '--publishers', '8', '--pages', '8'];

/** A minute of it, so that checkpoints, the read models and memory have their say. */
export const sustained: Measure = {
  rows: [
    {
      name: 'durable triggers, 64 in flight, for a minute',
      unit: '/s',
      baseline: 'ceiling',
      goal: { of: 'server', atLeast: 40_000 },
    },
    {
      name: 'read models behind meanwhile, at most',
      unit: 's',
      baseline: undefined,
      goal: { of: 'server', atMost: 1 },
    },
  ],
  round: async (bench) => {
    const ceiling = await bench.ceiling(inFlight64);
    let lagMs = 0;
    const server = await bench.server(
      [...inFlight64, ...(bench.quick ? [] : ['--duration', '60'])],
      async (process) => {
        lagMs = Math.max(lagMs, await process.lagMs());
      },
    );
    return [{ server: server.triggers_per_s, baseline: ceiling.triggers_per_s }, { server: lagMs / 1_000 }];
  },
};

export const eightSockets: Measure = {
  rows: [
    {
      name: 'durable triggers, 512 in flight over 8 sockets and pages',
      unit: '/s',
      baseline: 'ceiling',
      goal: { of: 'ratio', atLeast: 0.9 },
    },
  ],
  round: async (bench) => {
    const ceiling = await bench.ceiling(inFlight512);
    const server = await bench.server(inFlight512);
    return [{ server: server.triggers_per_s, baseline: ceiling.triggers_per_s }];
  },
};
