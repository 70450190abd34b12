/** A line of values from 0 to the largest of them, the newest at the right. A gap where nothing was measured. */
interface SparklineProps {
  readonly values: readonly (number | undefined)[];
  /** What a screen reader says; the values are in a table beside it. */
  readonly label: string;
  /** How many values fit. */
  readonly slots: number;
}

const HEIGHT = 40;

export function Sparkline({ values, label, slots }: SparklineProps) {
  const most = Math.max(0, ...values.filter((value) => value !== undefined));
  const y = (value: number): number => HEIGHT - 1 - (most === 0 ? 0 : (value / most) * (HEIGHT - 2));
  const first = slots - values.length;
  const parts = values.map((value, at) => {
    if (value === undefined) return '';
    const isBegun = values[at - 1] !== undefined;
    // A value between two gaps is a short line.
    return `${isBegun ? 'L' : 'M'}${first + at} ${y(value).toFixed(1)}${isBegun ? '' : 'h.5'}`;
  });
  return (
    <svg class="sparkline" viewBox={`0 0 ${slots} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <path d={parts.join('')} />
    </svg>
  );
}
