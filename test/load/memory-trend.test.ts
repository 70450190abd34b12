/** The line through a server's memory. */
import tap from 'tap';
import { memoryTrend } from '../../load/memory-trend.js';

const MB = 1024 * 1024;
const samples = (seconds: number, rss: (s: number) => number) =>
  Array.from({ length: seconds + 1 }, (_, s) => ({ s, rss: rss(s) * MB, heap: 10 * MB }));

tap.test('the slope is in MB a minute, from the end of the first minute on', async (t) => {
  const trend = memoryTrend(
    samples(600, (s) => (s < 60 ? s : 100 + s / 60)),
    'rss',
  )!;
  t.match(trend, { from_s: 60, to_s: 600 });
  t.ok(Math.abs(trend.slope_mb_per_min - 1) < 1e-9, `${trend.slope_mb_per_min}`);
  t.ok(
    Math.abs(trend.begin_mb - 101) < 0.2 && Math.abs(trend.end_mb - 110) < 0.2 && Math.abs(trend.max_mb - 110) < 1e-9,
    JSON.stringify(trend),
  );
});

tap.test('a short run is looked at as a whole; memory that stays has no slope, however it swings', async (t) => {
  const trend = memoryTrend(
    samples(100, (s) => 50 + (s % 2)),
    'rss',
  )!;
  t.equal(trend.from_s, 0);
  t.ok(Math.abs(trend.slope_mb_per_min) < 0.02, `${trend.slope_mb_per_min}`);
  t.equal(
    memoryTrend(
      samples(100, () => 50),
      'heap',
    )!.slope_mb_per_min,
    0,
  );
});

tap.test('of less than two samples there is none', async (t) => {
  t.equal(
    memoryTrend(
      samples(0, () => 50),
      'rss',
    ),
    undefined,
  );
});
