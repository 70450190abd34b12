/** One run from setting the stage to the result: starts the workers, leads them through it, adds up what they report. */
import { nowUs } from './clock.js';
import { addCounts, noFaults } from './faults.js';
import { mergeLatencies } from './latency.js';
import type { LoadOptions } from './options.js';
import { planWorkers } from './plan.js';
import type { LoadResult } from './result.js';
import { setUp } from './setup.js';
import { WorkerProcess } from './worker-process.js';
import type { WorkerReport } from './worker-protocol.js';

/** Between the word to start and the start, so that all workers have it. */
const HEAD_START_MS = 50;

export interface Watch {
  /** A sentence about what is going on, at most one a second. */
  progress(line: string): void;
}

/** Rejects where the run could not be made; what the server did wrong is in the result. */
export async function runLoad(options: LoadOptions, { progress }: Watch): Promise<LoadResult> {
  const began = nowUs();
  const stage = await setUp(options);
  const workers = planWorkers(options, stage).map((plan) => ({ plan, process: new WorkerProcess() }));
  const processes = workers.map(({ process }) => process);
  try {
    const connected = await Promise.all(workers.map(({ plan, process }) => process.ask({ kind: 'plan', plan }, 'connected')));
    const sequenced = connected.every((worker) => worker.sequenced);
    const setupMs = Math.round((nowUs() - began) / 1_000);
    progress(`set up in ${(setupMs / 1_000).toFixed(1)} s: ${options.viewers} viewers, ${options.publishers} publishers, ${stage.alarms.length} alarms on ${stage.pages.length} pages`);

    await measure(options, processes, progress);

    const drainMs = options.drain * 1_000;
    const idle = await Promise.all(processes.map((worker) => worker.ask({ kind: 'stop', drainMs }, 'idle')));
    // What each viewer must have come to: what anybody has seen or, without numbers, as many updates as triggers were done.
    const revisions = stage.pages.map((_page, page) =>
      sequenced ? Math.max(...idle.map((worker) => worker.revisions[page]!)) : idle.reduce((sum, worker) => sum + worker.done[page]!, 0),
    );
    const answers = await Promise.all(processes.map((worker) => worker.ask({ kind: 'settle', revisions, drainMs }, 'report')));
    return result(options, setupMs, sequenced, answers.map(({ report }) => report));
  } finally {
    for (const worker of processes) worker.end();
  }
}

async function measure({ warmUp, duration }: LoadOptions, workers: readonly WorkerProcess[], progress: Watch['progress']): Promise<void> {
  const startUs = nowUs() + HEAD_START_MS * 1_000;
  const fromUs = startUs + warmUp * 1e6;
  const toUs = fromUs + duration * 1e6;
  for (const worker of workers) worker.tell({ kind: 'run', startUs, fromUs, toUs });
  let last = { triggers: 0, deliveries: 0, us: startUs };
  const timer = setInterval(() => {
    const us = nowUs();
    const triggers = workers.reduce((sum, worker) => sum + worker.triggers, 0);
    const deliveries = workers.reduce((sum, worker) => sum + worker.deliveries, 0);
    const rate = (count: number): string => Math.round((count * 1e6) / (us - last.us)).toLocaleString('en');
    const second = Math.round((us - startUs) / 1e6);
    progress(`${second} s${us < fromUs ? ' (warm-up)' : ''}: ${rate(triggers - last.triggers)} triggers/s, ${rate(deliveries - last.deliveries)} deliveries/s`);
    last = { triggers, deliveries, us };
  }, 1_000);
  try {
    const end = new Promise((resolve) => setTimeout(resolve, (toUs - nowUs()) / 1_000));
    await Promise.race([end, ...workers.map((worker) => worker.next('report'))]);
  } finally {
    clearInterval(timer);
  }
}

function result(options: LoadOptions, setupMs: number, sequenced: boolean, reports: readonly WorkerReport[]): LoadResult {
  const faults = noFaults();
  for (const report of reports) addCounts(faults, report.faults);
  const sum = (pick: (report: WorkerReport) => number): number => reports.reduce((total, report) => total + pick(report), 0);
  const triggers = sum((report) => report.triggers);
  const deliveries = sum((report) => report.deliveries);
  return {
    options,
    setup_ms: setupMs,
    triggers,
    triggers_per_s: triggers / options.duration,
    deliveries,
    deliveries_per_s: deliveries / options.duration,
    latency: {
      to_publisher: mergeLatencies(reports.map((report) => report.toPublisher)),
      to_viewer: mergeLatencies(reports.map((report) => report.toViewer)),
    },
    coordinated_omission: options.rate === undefined ? 'not applicable: a closed loop' : 'corrected: latency counts from when a trigger was due',
    order_checks: sequenced ? 'by seq' : 'not available: the server sends no seq; each viewer had to get as many updates as triggers were done',
    faults,
    examples: reports.flatMap((report) => report.examples),
    worker_cpu: reports.map((report) => Math.round(100 * report.cpuShare) / 100),
  };
}
