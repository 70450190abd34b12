/** A storm: thousands are cut at one moment and all reconnect, while some stay connected and measure. */
import { nowUs } from './clock.js';
import { mergeLatencies } from './latency.js';
import type { LoadOptions, StormOptions } from './options.js';
import { planStorm } from './plan.js';
import { findings } from './result.js';
import { readServerMetrics } from './server-metrics.js';
import { type Stage, setUp } from './setup.js';
import type { PageStatesMade, StormResult } from './storm-result.js';
import { type Watch, WorkerPool } from './worker-pool.js';

/** Until the cut, for the oracles to join. */
const NOTICE_MS = 1_000;

/** How long it is measured when all are back, in s. */
const AFTERWARDS = 5;

type Metrics = Awaited<ReturnType<typeof readServerMetrics>>;

/** Rejects where the run could not be made; what the server did wrong is in the result. */
export async function runStorm(options: LoadOptions, storm: StormOptions, watch: Watch): Promise<StormResult> {
  const stage = await setUp(options);
  return WorkerPool.lead(planStorm(options, storm, stage), async (pool) => {
    if (!pool.sequenced)
      throw new Error('the server numbers no events, so nobody can resume: --storm is for servers that do');
    watch.progress(
      `${options.viewers} viewers will be cut, ${storm.stay} stay connected, ${stage.alarms.length} alarms on ${stage.pages.length} pages`,
    );
    const started = pool.start(options.warmUp, options.duration);
    const endProgress = pool.tellProgress(started, watch);
    try {
      await pool.until(started.toUs);
      const before = await readServerMetrics(options.url);
      const cutUs = nowUs() + NOTICE_MS * 1_000;
      pool.window(cutUs);
      const returns = await Promise.all(
        pool.workers
          .slice(1)
          .map((worker) => worker.ask({ kind: 'storm', atUs: cutUs, spreadUs: storm.spread * 1e6 }, 'returned')),
      );
      const allBackUs = Math.max(...returns.map(({ report }) => report.allBackUs));
      const after = await readServerMetrics(options.url);
      pool.window(nowUs());
      await pool.until(nowUs() + Math.min(AFTERWARDS, options.duration) * 1e6);
      endProgress();
      const [calm, ...others] = await pool.finish(options.drain);
      const stayed = (window: number) => mergeLatencies([calm!.windows[window]!.toViewer]);
      const refused: Record<string, number> = {};
      for (const { report } of returns)
        for (const [why, count] of Object.entries(report.refused)) refused[why] = (refused[why] ?? 0) + count;
      const latency = { calm: stayed(0), storm: stayed(1), afterwards: stayed(2) };
      return {
        options: { ...options, ...storm },
        all_back_s: (allBackUs - cutUs) / 1e6,
        time_to_state: {
          resumed: mergeLatencies(returns.map(({ report }) => report.resumed)),
          whole: mergeLatencies(returns.map(({ report }) => report.fresh)),
        },
        refused,
        stayed: { ...latency, ratio: latency.storm.p99_us / latency.calm.p99_us },
        triggers_per_s: calm!.windows[0]!.triggers / options.duration,
        page_states: before && after && pageStates(before, after, stage),
        states_checked: others.reduce((sum, report) => sum + report.statesChecked, 0),
        sockets_per_user: Math.ceil(options.viewers / options.users),
        ...findings([calm!, ...others]),
      };
    } finally {
      endProgress();
    }
  });
}

function pageStates(
  before: NonNullable<Metrics>,
  after: NonNullable<Metrics>,
  { alarms, pages }: Stage,
): PageStatesMade {
  const grown = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  const made = grown('alarm_server_page_state_alarms_total');
  return {
    pages: pages.length,
    sent: grown('alarm_server_page_states_sent_total'),
    built: grown('alarm_server_page_states_built_total'),
    alarms_made: made,
    times_each_page: made / alarms.length,
    triggers: grown('alarm_server_events_total'),
    cpu_s: grown('process_cpu_seconds_total'),
  };
}
