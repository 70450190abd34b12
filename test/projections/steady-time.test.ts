/** How much time has passed in a log for certain. */
import fc from 'fast-check';
import t from 'tap';
import { LEAP_MS, SteadyTime } from '../../src/projections/steady-time.js';

const START = Date.parse('2026-01-15T10:30:00.000Z');
const at = (ms: number): string => new Date(START + ms).toISOString();

function passed(...times: readonly number[]): number {
  const time = new SteadyTime();
  for (const ms of times) time.advance(at(ms));
  return time.passedMs;
}

t.test('LOG-25 time between events counts, a leap as five minutes, and nothing counts backwards', async (t) => {
  t.equal(passed(0), 0);
  t.equal(passed(0, 1_000, 61_000), 61_000);
  t.equal(passed(0, 30 * 3_600_000, 1_000, 2_000), LEAP_MS, 'forward and back');
  t.equal(passed(0, 1_000, 500, 1_500), 1_500);
});

t.test(
  'LOG-25 in random histories it is never more than has passed, never falls, and goes on from where it was',
  async () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -40 * 3_600_000, max: 40 * 3_600_000 }), { minLength: 1, maxLength: 50 }),
        (steps) => {
          let now = 0;
          let before = 0;
          let time = new SteadyTime();
          return steps.every((step) => {
            now += step;
            time.advance(at(now));
            const fits =
              time.passedMs >= before &&
              time.passedMs <= Date.parse(time.newestAt) - START + 40 * 3_600_000 * steps.length &&
              time.passedMs - before <= LEAP_MS;
            before = time.passedMs;
            time = new SteadyTime(time);
            return fits;
          });
        },
      ),
    );
  },
);
