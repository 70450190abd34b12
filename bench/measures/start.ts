/** From the start of the process to the first answer that it is ready; the files are in the system's cache, as after a restart. */
import type { Measure } from '../measure.js';
import { ServerProcess } from '../server-process.js';

export const start: Measure = {
  rows: [
    { name: 'start, a million events in the log', unit: 's', baseline: 'short log', goal: { of: 'server', atMost: 1 } },
    { name: 'the same without its read model', unit: 's', baseline: undefined, goal: undefined },
  ],
  round: async ({ histories }) => {
    const long = await histories.long();
    const baseline = await secondsToReady(await histories.short());
    const standing = await secondsToReady(long);
    const bare = await histories.copied(long, false, secondsToReady);
    return [{ server: standing, baseline }, { server: bare }];
  },
};

async function secondsToReady(folder: string): Promise<number> {
  const server = await ServerProcess.real(folder);
  await server.stop();
  return server.readyMs / 1_000;
}
