/** One run: creates accounts, pages and alarms, lets the workers measure, and adds up their reports. */
import { nowUs } from './clock.js';
import { mergeLatencies } from './latency.js';
import type { LoadOptions } from './options.js';
import { planWorkers } from './plan.js';
import { findings, type LoadResult } from './result.js';
import { setUp } from './setup.js';
import { type Watch, WorkerPool } from './worker-pool.js';
import type { WindowReport, WorkerReport } from './worker-protocol.js';

/** Rejects where the run could not be made; what the server did wrong is in the result. */
export async function runLoad(options: LoadOptions, watch: Watch): Promise<LoadResult> {
  const began = nowUs();
  const stage = await setUp(options);
  return WorkerPool.lead(planWorkers(options, stage), async (pool) => {
    const setupMs = Math.round((nowUs() - began) / 1_000);
    watch.progress(
      `set up in ${(setupMs / 1_000).toFixed(1)} s: ${options.viewers} viewers, ${options.publishers} publishers, ${stage.alarms.length} alarms on ${stage.pages.length} pages`,
    );
    const started = pool.start(options.warmUp, options.duration);
    const endProgress = pool.tellProgress(started, watch);
    try {
      await pool.until(started.toUs);
    } finally {
      endProgress();
    }
    return result(options, setupMs, pool.sequenced, await pool.finish(options.drain));
  });
}

function result(
  options: LoadOptions,
  setupMs: number,
  sequenced: boolean,
  reports: readonly WorkerReport[],
): LoadResult {
  const windows = reports.map((report) => report.windows[0]!);
  const sum = (pick: (window: WindowReport) => number): number =>
    windows.reduce((total, window) => total + pick(window), 0);
  const triggers = sum(({ triggers }) => triggers);
  const deliveries = sum(({ deliveries }) => deliveries);
  return {
    options,
    setup_ms: setupMs,
    triggers,
    triggers_per_s: triggers / options.duration,
    deliveries,
    deliveries_per_s: deliveries / options.duration,
    followed: sum(({ followed }) => followed),
    consumed: sum(({ consumed }) => consumed),
    acknowledged: sum(({ acknowledged }) => acknowledged),
    alarms_acknowledged: reports.reduce((total, report) => total + report.alarmsAcknowledged, 0),
    latency: {
      to_publisher: mergeLatencies(windows.map(({ toPublisher }) => toPublisher)),
      to_viewer: mergeLatencies(windows.map(({ toViewer }) => toViewer)),
      to_follower: mergeLatencies(windows.map(({ toFollower }) => toFollower)),
      to_consumer: mergeLatencies(windows.map(({ toConsumer }) => toConsumer)),
    },
    coordinated_omission:
      options.rate === undefined
        ? 'not applicable: a closed loop'
        : 'corrected: latency counts from when a trigger was due',
    order_checks: sequenced
      ? 'by seq'
      : 'not available: the server sends no seq; each viewer had to get as many updates as triggers were done',
    ...findings(reports),
  };
}
