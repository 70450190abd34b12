/** What a run found: the JSON that --json writes, and the same as text. */
import { addCounts, anyFault, type FaultCounts, noFaults } from './faults.js';
import type { LatencySummary } from './latency.js';
import { limitMet } from './limit-met.js';
import type { LoadOptions } from './options.js';
import type { WorkerReport } from './worker-protocol.js';

/** What every run says of itself, whatever it measures. */
export interface Findings {
  readonly faults: FaultCounts;
  /** The first faults of each worker, in words. */
  readonly examples: readonly string[];
  /** Share of one processor each worker used; near 1 it may be the tool that was measured. */
  readonly worker_cpu: readonly number[];
}

export interface LoadResult extends Findings {
  readonly options: LoadOptions;
  readonly setup_ms: number;
  /** In the measured time. A trigger counts when its publisher has seen its own update (with ids: its answer). */
  readonly triggers: number;
  readonly triggers_per_s: number;
  /** Updates at viewers, each checked. Publishers' own are not counted. */
  readonly deliveries: number;
  readonly deliveries_per_s: number;
  /** Events at followers of /events and at consumers of subscriptions, each checked; and acknowledgements that were answered. */
  readonly followed: number;
  readonly consumed: number;
  readonly acknowledged: number;
  readonly latency: {
    readonly to_publisher: LatencySummary;
    readonly to_viewer: LatencySummary;
    readonly to_follower: LatencySummary;
    readonly to_consumer: LatencySummary;
  };
  /** Alarms' triggers that viewers have acknowledged (--ack), in the whole run. */
  readonly alarms_acknowledged: number;
  readonly coordinated_omission: string;
  readonly order_checks: string;
}

export function findings(reports: readonly WorkerReport[]): Findings {
  const faults = noFaults();
  for (const report of reports) addCounts(faults, report.faults);
  return {
    faults,
    examples: reports.flatMap(({ examples }) => examples),
    worker_cpu: reports.map(({ cpuShare }) => Math.round(100 * cpuShare) / 100),
  };
}

/** A worker that computes this much of the time has no room to wait: its own slowness may be in the figures. (In the open loop it spins between triggers, and this says nothing.) */
const SATURATED = 0.95;

export function asText(result: LoadResult): string {
  const { options, latency } = result;
  const pace = options.rate === undefined ? `${options.inFlight} in flight` : `${options.rate} a second`;
  const busiest = Math.max(...result.worker_cpu);
  return [
    `${options.viewers} viewers, ${options.publishers} publishers, ${pace}, ${options.duration} s${options.ids ? ', with ids' : ''}`,
    `throughput      ${perSecond(result.triggers_per_s)} triggers/s, ${perSecond(result.deliveries_per_s)} deliveries/s`,
    LATENCY_HEADING,
    latencyLine(options.ids ? 'trigger → answer' : 'trigger → own update', latency.to_publisher),
    latencyLine('trigger → viewer', latency.to_viewer),
    ...(options.followers > 0 ? [latencyLine('trigger → followers', latency.to_follower)] : []),
    ...(options.consumers > 0 ? [latencyLine('trigger → consumers', latency.to_consumer)] : []),
    ...readingLines(result),
    `coordinated omission: ${result.coordinated_omission}`,
    `order checked: ${result.order_checks}`,
    ...(options.ack > 0
      ? [`alarms acknowledged ${result.alarms_acknowledged} times; what became of each was checked`]
      : []),
    ...faultLines(result),
    `set up in ${(result.setup_ms / 1_000).toFixed(1)} s; ${workerLine(result.worker_cpu)}`,
    ...(options.rate === undefined && busiest > SATURATED
      ? [
          "A worker had no time to spare: where the server had, the figures are the tool's. Try more --workers on a larger machine.",
        ]
      : []),
    ...verdictLines(result),
  ].join('\n');
}

function readingLines({ options, followed, consumed, acknowledged }: LoadResult): string[] {
  const { followers, consumers, duration } = options;
  return [
    ...(followers > 0 ? [`${followers} followers of /events: ${perSecond(followed / duration)} events/s`] : []),
    ...(consumers > 0
      ? [
          `${consumers} consumers of subscriptions: ${perSecond(consumed / duration)} events/s, ${perSecond(acknowledged / duration)} acknowledgements/s`,
        ]
      : []),
  ];
}

export const faultLines = ({ faults, examples }: Findings): string[] => [
  `faults: ${Object.entries(faults)
    .map(([kind, count]) => `${kind.replaceAll('_', ' ')} ${count}`)
    .join(', ')}`,
  ...examples.map((example) => `  ${example}`),
];

export const workerLine = (shares: readonly number[]): string =>
  `workers used ${shares.map((share) => `${Math.round(share * 100)} %`).join(', ')} of a processor`;

export function verdictLines({ faults, examples }: Findings): string[] {
  if (!anyFault(faults)) return ['ok', ''];
  const limit = limitMet(examples.join('\n'));
  return [limit === undefined ? 'FAILED: the server did something wrong' : `FAILED: ${limit}`, ''];
}

const perSecond = (rate: number): string => Math.round(rate).toLocaleString('en');

export const LATENCY_HEADING = '                           p50        p99      p99.9        max    samples';

export function latencyLine(name: string, { p50_us, p99_us, p99_9_us, max_us, count }: LatencySummary): string {
  const ms = (us: number): string => `${(us / 1_000).toFixed(2)} ms`.padStart(11);
  const figures = count ? [p50_us, p99_us, p99_9_us, max_us].map(ms).join('') : '        not available'.padEnd(44);
  return `${name.padEnd(20)}${figures} ${String(count).padStart(10)}`;
}
