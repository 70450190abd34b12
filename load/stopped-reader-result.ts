/** The effect of a stopped reader on a server: the JSON that --json writes, and the same as text. */
import type { LatencySummary } from './latency.js';
import type { MemorySample, MemoryTrend } from './memory-trend.js';
import type { LoadOptions, StoppedReaderOptions } from './options.js';
import { type Findings, faultLines, LATENCY_HEADING, latencyLine, verdictLines, workerLine } from './result.js';

export interface StoppedReaderResult extends Findings {
  readonly options: LoadOptions & StoppedReaderOptions;
  readonly cut: CutFound;
  /** Trigger to viewer, of the reading viewers: before, while the others did not read, and after. `ratio`: p99 with divided by p99 without. */
  readonly others: {
    readonly without: LatencySummary;
    readonly with: LatencySummary;
    readonly afterwards: LatencySummary;
    readonly ratio: number;
  };
  readonly triggers_per_s: number;
  /** The server's; undefined where it does not report it. */
  readonly memory: { readonly rss: MemoryTrend | undefined; readonly heap: MemoryTrend | undefined };
  readonly samples: readonly MemorySample[];
  readonly states_checked: number;
}

export interface CutFound {
  /** That the server has counted as too slow. */
  readonly sockets: number;
  /** From when they stopped reading until the server had closed the first of them, to a second or two. */
  readonly after_s: number | undefined;
  /** What a reading viewer had received since then: this much was sent to each. */
  readonly bytes_sent_until_then: number | undefined;
  /** What was still in the system's buffers for each. */
  readonly bytes_read_afterwards: number;
  /** How it ended for the viewer that reads again, in words. */
  readonly ends: readonly string[];
}

/** Goal for the others' p99, as a multiple of what it is without a stopped reader. */
const RATIO = 1.2;

const mb = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`;

export function stoppedReaderAsText(result: StoppedReaderResult): string {
  const { options, cut, others, memory } = result;
  return [
    `${options.viewers} viewers, of whom ${options.stopped} read nothing for ${options.stopFor} s; ${options.rate} triggers a second, ${options.burst} at a time; ${options.seconds} s in all`,
    cut.after_s === undefined
      ? 'the server says of no socket that it was too slow'
      : `cut: ${cut.sockets} of ${options.stopped}, the first ${cut.after_s.toFixed(1)} s after it had stopped reading, when ${mb(cut.bytes_sent_until_then ?? 0)} had been sent to it`,
    `read on afterwards: ${mb(cut.bytes_read_afterwards)} each, then: ${cut.ends.join('; ')}`,
    LATENCY_HEADING,
    latencyLine('others, without', others.without),
    latencyLine('others, with', others.with),
    latencyLine('others, afterwards', others.afterwards),
    `p99 of the others: ${others.ratio.toFixed(2)} times that without (goal: at most ${RATIO}: ${others.ratio <= RATIO ? 'met' : 'missed'})`,
    trendLine('RSS', memory.rss),
    trendLine('heap used', memory.heap),
    `content checked when they were back: ${result.states_checked} different states; order checked: by seq`,
    ...faultLines(result),
    workerLine(result.worker_cpu),
    ...verdictLines(result),
  ].join('\n');
}

function trendLine(name: string, trend: MemoryTrend | undefined): string {
  if (!trend) return `${name} of the server: not available`;
  const { from_s, to_s, begin_mb, end_mb, max_mb, slope_mb_per_min } = trend;
  return `${name} of the server, from ${Math.round(from_s)} s to ${Math.round(to_s)} s: ${begin_mb.toFixed(1)} MB, then ${end_mb.toFixed(1)} MB, at most ${max_mb.toFixed(1)} MB; ${slope_mb_per_min.toFixed(2)} MB/min by least squares`;
}
