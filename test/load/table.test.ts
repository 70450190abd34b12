/** The bench's table: medians, and verdicts on what the goal is about. */
import tap from 'tap';
import type { Row } from '../../bench/measure.js';
import { asTable, figure, median } from '../../bench/table.js';

tap.test('median', async (t) => {
  t.equal(median([3, 1, 2]), 2);
  t.equal(median([4, 1, 3, 2]), 2.5);
});

tap.test('a ratio is the median of the rounds’ own ratios', async (t) => {
  const row: Row = { name: 'deliveries', unit: '/s', baseline: 'ceiling', goal: { of: 'ratio', atLeast: 0.8 } };
  const one = figure(row, [
    { server: 90, baseline: 100 },
    { server: 30, baseline: 40 },
    { server: 180, baseline: 200 },
  ]);
  t.match(one, { server: 90, baseline: 100, ratio: 0.9, range: [0.75, 0.9], met: true });
  t.match(
    asTable([one], true),
    /\| 90 \/s +\| 100 \/s \(ceiling\) +\| 0\.90 +\| 0\.75 to 0\.90 +\| ≥ 0\.8 × ceiling +\| met/,
  );
});

tap.test('a goal missed says by how much', async (t) => {
  const least: Row = { name: 'triggers', unit: '/s', baseline: undefined, goal: { of: 'server', atLeast: 40_000 } };
  t.match(asTable([figure(least, [{ server: 30_000 }])], true), /missed by 25 %/);
  const most: Row = { name: 'lag', unit: 's', baseline: undefined, goal: { of: 'server', atMost: 1 } };
  t.match(asTable([figure(most, [{ server: 1.5 }])], true), /missed by 50 %/);
  t.notMatch(asTable([figure(most, [{ server: 1.5 }])], false), /missed|met/);
});

tap.test('a figure without a goal gets no verdict', async (t) => {
  const one = figure({ name: 'start', unit: 's', baseline: 'short log', goal: undefined }, [
    { server: 3, baseline: 2 },
  ]);
  t.match(one, { ratio: 1.5, range: [1.5, 1.5], met: undefined });
  t.match(asTable([one], true), /\| 1\.50 to 1\.50 +\| – +\| – +\|/);
});
