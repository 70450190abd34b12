/**
 * Latencies, millions a second of them: an array of counts a µs for the usual ones, an HDR histogram for the rest, and one
 * HDR histogram of both in the end.
 */
import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';

/** Up to 131 ms are counted by index; hardly anything is slower, and one record of HDR costs ten such increments. */
const LINEAR_US = 1 << 17;

const histogram = (): Histogram =>
  build({
    bitBucketSize: 32,
    autoResize: true,
    lowestDiscernibleValue: 1,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });

export interface LatencySummary {
  readonly count: number;
  readonly p50_us: number;
  readonly p99_us: number;
  readonly p99_9_us: number;
  readonly max_us: number;
}

export class LatencyRecorder {
  readonly #counts = new Uint32Array(LINEAR_US);
  readonly #slow = histogram();

  /** `us` in µs, with a fraction; what is below 0 (clocks are read to about 1 µs) counts as 0. */
  record(us: number): void {
    const index = us > 0 ? us | 0 : 0;
    if (us < LINEAR_US) this.#counts[index]!++;
    else this.#slow.recordValue(Math.round(us));
  }

  /** All that was recorded, as text that `mergeLatencies` takes in another process. */
  encode(): string {
    const all = histogram();
    all.add(this.#slow);
    this.#counts.forEach((count, us) => {
      if (count) all.recordValueWithCount(us, count);
    });
    return encodeIntoCompressedBase64(all);
  }
}

/** The latencies of several recorders, together. */
export function mergeLatencies(encoded: readonly string[]): LatencySummary {
  const all = histogram();
  for (const one of encoded) all.add(decodeFromCompressedBase64(one, 32, false));
  const at = (percentile: number): number => (all.totalCount ? all.getValueAtPercentile(percentile) : 0);
  return {
    count: all.totalCount,
    p50_us: at(50),
    p99_us: at(99),
    p99_9_us: at(99.9),
    max_us: all.totalCount ? all.maxValue : 0,
  };
}
