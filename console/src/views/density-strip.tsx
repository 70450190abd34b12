/** When how much happened: a bar for each part of the time from the first to the last event that was read. */
import type { HistoryEvent } from '@alarm-server/client';
import { Moment } from '../parts/time.js';
import { count, plural } from '../state/format.js';
import { density } from '../state/past.js';

const PARTS = 96;
const HEIGHT = 32;

interface DensityProps {
  /** Those that were read. */
  readonly events: readonly HistoryEvent[];
  /** How many there are. */
  readonly total: number;
}

export function DensityStrip({ events, total }: DensityProps) {
  const counts = density(events, PARTS);
  const most = Math.max(1, ...counts);
  const bars = counts.map((count, at) => {
    // What is not nothing is seen.
    const height = count === 0 ? 0 : Math.max(2, Math.round((count / most) * HEIGHT));
    return `M${at} ${HEIGHT}v-${height}h.8v${height}z`;
  });
  const [first, last] = [events[0]!, events.at(-1)!];
  return (
    <figure class="density">
      <svg
        viewBox={`0 0 ${PARTS} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${plural(events.length, 'event')}, at most ${most} in one part of the time`}
      >
        <path d={bars.join('')} />
      </svg>
      <figcaption>
        <Moment at={first.at} />
        <span>
          {events.length < total
            ? `the last ${count(events.length)} of ${plural(total, 'event')}`
            : plural(total, 'event')}
        </span>
        <Moment at={last.at} />
      </figcaption>
    </figure>
  );
}
