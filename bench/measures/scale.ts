/**
 * What a trigger costs where a hundred times as much exists and a million events have happened, against an empty server. The
 * load makes its pages and alarms on top of those of the history. Compared twice, like with like, always 64 in flight:
 * on one page of 64 alarms with both, so that batches and commits are of the same size, and only the rest of the state differs; and
 * over many pages with both, where the small server has one alarm in flight on each of 64 pages, and the large one goes
 * round 6,400 alarms on 100 pages. What spreading itself costs, against one page, is told beside it.
 */
import type { LoadResult } from '../../load/result.js';
import type { Bench, Measure, Watch } from '../measure.js';
import type { Work } from '../server-process.js';

const inFlight = ['--viewers', '0', '--users', '1', '--in-flight', '64'];
const onePage = [...inFlight, '--pages', '1', '--alarms', '64'];
const fewPages = [...inFlight, '--pages', '64', '--alarms', '64'];
const manyPages = [...inFlight, '--pages', '100', '--alarms', '6400'];

/** Of a trigger, in µs: of time, and of processor time of all the server's threads. */
interface Cost {
  readonly time: number;
  readonly cpu: number;
}

export const scale: Measure = {
  rows: [
    {
      name: 'a trigger at 100 times the size, one page of it in use',
      unit: 'µs',
      baseline: 'empty server',
      goal: { of: 'ratio', atMost: 1.2 },
    },
    { name: 'its processor time', unit: 'µs', baseline: 'empty server', goal: undefined },
    {
      name: 'a trigger at 100 times the size, all pages in use',
      unit: 'µs',
      baseline: '64 pages',
      goal: { of: 'ratio', atMost: 1.2 },
    },
    { name: 'its processor time, all pages in use', unit: 'µs', baseline: '64 pages', goal: undefined },
    {
      name: 'the same against one page',
      unit: 'µs',
      baseline: 'one page',
      goal: { of: 'ratio', atMost: 1.2 },
    },
  ],
  round: async (bench) => {
    const small = await cost(bench, undefined, onePage);
    const large = await cost(bench, await bench.histories.long(), onePage);
    const smallSpread = await cost(bench, undefined, fewPages);
    const largeSpread = await cost(bench, await bench.histories.long(), manyPages);
    return [
      { server: large.time, baseline: small.time },
      { server: large.cpu, baseline: small.cpu },
      { server: largeSpread.time, baseline: smallSpread.time },
      { server: largeSpread.cpu, baseline: smallSpread.cpu },
      { server: largeSpread.time, baseline: small.time },
    ];
  },
};

async function cost(bench: Bench, history: string | undefined, load: readonly string[]): Promise<Cost> {
  const samples: (Work & { readonly at: number })[] = [];
  const watch: Watch = async (server) => void samples.push({ at: performance.now(), ...(await server.work()) });
  const run = (data: string): Promise<LoadResult> => bench.serverOn(data, load, watch);
  const { options, triggers_per_s } =
    history === undefined ? await bench.server(load, watch) : await bench.histories.copied(history, true, run);
  const last = samples.at(-1);
  // The load's setting up and warming up lie before its measured time.
  const first = last && samples.find(({ at }) => at >= last.at - options.duration * 1_000);
  if (!first || first.events === last.events)
    throw new Error('the server could not be asked for its work often enough while the load ran');
  return {
    time: 1e6 / triggers_per_s,
    cpu: (1e6 * (last.cpuSeconds - first.cpuSeconds)) / (last.events - first.events),
  };
}
