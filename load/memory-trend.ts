/** A server's memory over time: after a minute and at the end, and the linear trend between. */

export interface MemorySample {
  /** Since the start of the load, in s. */
  readonly s: number;
  readonly rss: number;
  readonly heap: number;
}

export interface MemoryTrend {
  /** From this second on, to the last: what comes before is the server's growing into its work. */
  readonly from_s: number;
  readonly to_s: number;
  /** Medians of the first and the last ten samples between, and the largest of all. */
  readonly begin_mb: number;
  readonly end_mb: number;
  readonly max_mb: number;
  /** Slope by least squares. */
  readonly slope_mb_per_min: number;
}

/** With fewer than this, in s, all is looked at from the beginning. */
const SETTLING_S = 60;
const ENDS = 10;
const MB = 1024 * 1024;

/** Undefined where there are fewer than two samples. */
export function memoryTrend(samples: readonly MemorySample[], of: 'rss' | 'heap'): MemoryTrend | undefined {
  const last = samples.at(-1)?.s ?? 0;
  const from = last > 2 * SETTLING_S ? SETTLING_S : 0;
  const points = samples.filter(({ s }) => s >= from).map((sample) => ({ x: sample.s / 60, y: sample[of] / MB }));
  if (points.length < 2) return undefined;
  const mean = (pick: (point: { x: number; y: number }) => number): number =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [x, y] = [mean((point) => point.x), mean((point) => point.y)];
  const slope = mean((point) => (point.x - x) * (point.y - y)) / mean((point) => (point.x - x) ** 2);
  const median = (some: readonly { y: number }[]): number =>
    some.map((point) => point.y).sort((a, b) => a - b)[Math.floor(some.length / 2)]!;
  return {
    from_s: from,
    to_s: last,
    begin_mb: median(points.slice(0, ENDS)),
    end_mb: median(points.slice(-ENDS)),
    max_mb: Math.max(...points.map((point) => point.y)),
    slope_mb_per_min: slope,
  };
}
