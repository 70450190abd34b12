/** The slow end of an open loop's latencies, in ms. Each counts from when it was due, so that a stall counts for all that it delays. */
export interface Tail {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly longest: number;
}

export function tailOf(latencies: Float64Array): Tail {
  const sorted = latencies.toSorted();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), longest: at(1) };
}
