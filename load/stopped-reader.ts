/** Some viewers stop reading while load goes on: when they are cut, what the others notice of it, and what it costs the server's memory. */
import { nowUs } from './clock.js';
import { mergeLatencies } from './latency.js';
import { type MemorySample, memoryTrend } from './memory-trend.js';
import type { LoadOptions, StoppedReaderOptions } from './options.js';
import { planStoppedReader } from './plan.js';
import { findings } from './result.js';
import { readServerMetrics } from './server-metrics.js';
import { setUp } from './setup.js';
import type { CutFound, StoppedReaderResult } from './stopped-reader-result.js';
import { type Watch, WorkerPool } from './worker-pool.js';
import type { StoppedReport } from './worker-protocol.js';

const SAMPLE_MS = 1_000;

/** Rejects where the run could not be made; what the server did wrong is in the result. */
export async function runStoppedReader(
  options: LoadOptions,
  stoppedReader: StoppedReaderOptions,
  watch: Watch,
): Promise<StoppedReaderResult> {
  const { stopFor, seconds, stopped } = stoppedReader;
  const stage = await setUp(options);
  return WorkerPool.lead(planStoppedReader(options, stoppedReader, stage), async (pool) => {
    if (!pool.sequenced)
      throw new Error('the server numbers no events, so nobody can resume: --stopped-reader is for servers that do');
    watch.progress(
      `${options.viewers} viewers, of whom ${stopped} will stop reading, ${stage.alarms.length} alarms on ${stage.pages.length} pages`,
    );
    const started = pool.start(options.warmUp, stopFor);
    const sampling = new Sampling(options.url, started.startUs);
    const endProgress = pool.tellProgress(started, watch);
    try {
      await pool.until(started.toUs);
      const stopUs = nowUs();
      pool.window(stopUs, stopUs + stopFor * 1e6);
      const { report } = await pool.workers.at(-1)!.ask({ kind: 'stop reading', forMs: stopFor * 1_000 }, 'read on');
      pool.window(nowUs());
      await pool.until(started.startUs + (options.warmUp + seconds) * 1e6);
      endProgress();
      await sampling.end();
      const reports = await pool.finish(options.drain);
      const others = (window: number) => mergeLatencies(reports.map(({ windows }) => windows[window]!.toViewer));
      const latency = { without: others(0), with: others(1), afterwards: others(2) };
      return {
        options: { ...options, ...stoppedReader },
        cut: cutFound(report, stopped, stopUs, sampling.tooSlowUs),
        others: { ...latency, ratio: latency.with.p99_us / latency.without.p99_us },
        triggers_per_s: reports.reduce((sum, { windows }) => sum + windows[0]!.triggers, 0) / stopFor,
        memory: { rss: memoryTrend(sampling.samples, 'rss'), heap: memoryTrend(sampling.samples, 'heap') },
        samples: sampling.samples,
        states_checked: reports.reduce((sum, { statesChecked }) => sum + statesChecked, 0),
        ...findings(reports),
      };
    } finally {
      endProgress();
      await sampling.end();
    }
  });
}

/** The server's metrics, each second. */
class Sampling {
  readonly samples: MemorySample[] = [];
  /** When the server had counted a socket more as too slow, µs; one entry a socket. */
  readonly tooSlowUs: number[] = [];
  readonly #url: string;
  readonly #startUs: number;
  #tooSlow: number | undefined;
  #timer: NodeJS.Timeout;
  #reading: Promise<void> = Promise.resolve();

  constructor(url: string, startUs: number) {
    this.#url = url;
    this.#startUs = startUs;
    this.#timer = setInterval(() => (this.#reading = this.#sample()), SAMPLE_MS);
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#reading;
  }

  async #sample(): Promise<void> {
    const metrics = await readServerMetrics(this.#url).catch(() => undefined);
    if (!metrics) return;
    const now = nowUs();
    this.samples.push({
      s: (now - this.#startUs) / 1e6,
      rss: metrics.get('process_resident_memory_bytes')!,
      heap: metrics.get('nodejs_heap_size_used_bytes')!,
    });
    const tooSlow = metrics.get('alarm_server_sockets_too_slow_total') ?? 0;
    for (let more = tooSlow - (this.#tooSlow ?? tooSlow); more > 0; more--) this.tooSlowUs.push(now);
    this.#tooSlow = tooSlow;
  }
}

function cutFound(
  { ends, bytesLeft, sent }: StoppedReport,
  stopped: number,
  stopUs: number,
  tooSlowUs: readonly number[],
): CutFound {
  const firstUs = tooSlowUs.find((us) => us >= stopUs);
  return {
    sockets: tooSlowUs.filter((us) => us >= stopUs).length,
    after_s: firstUs === undefined ? undefined : (firstUs - stopUs) / 1e6,
    bytes_sent_until_then: firstUs === undefined ? undefined : sent.findLast(([us]) => us <= firstUs)?.[1],
    bytes_read_afterwards: bytesLeft / stopped,
    ends: [...new Set(ends)],
  };
}
