/** The time that is given to what is written. */
import fc from 'fast-check';
import t from 'tap';
import { LogClock } from '../../src/projections/log-clock.js';

const START = Date.parse('2026-01-15T10:30:00.000Z');
const HOUR_MS = 3_600_000;
const iso = (ms: number): string => new Date(ms).toISOString();

/** A clock whose wall is set and whose monotonic time passes as the test says. */
function clockAt(wallMs: number) {
  const time = { wall: wallMs, monotonic: 1_000.5 };
  const clock = new LogClock({ wall: () => time.wall, monotonic: () => time.monotonic });
  const pass = (ms: number): void => {
    time.wall += ms;
    time.monotonic += ms;
  };
  return { clock, time, pass };
}

t.test(
  'LOG-24 it is the machine’s clock, or while that is behind the newest event, that event’s time and what has passed since',
  async (t) => {
    const { clock, time, pass } = clockAt(START);
    t.equal(clock.at(), iso(START));
    pass(1_500);
    t.equal(clock.at(), iso(START + 1_500));
    clock.observe(iso(START + HOUR_MS));
    t.equal(clock.at(), iso(START + HOUR_MS));
    pass(2_000);
    t.equal(clock.at(), iso(START + HOUR_MS + 2_000), 'it goes on');
    time.wall = START + 2 * HOUR_MS;
    t.equal(clock.at(), iso(START + 2 * HOUR_MS), 'the clock was set right');
    time.wall = START;
    time.monotonic += 10_000;
    t.equal(clock.at(), iso(START + 2 * HOUR_MS + 10_000), 'and wrong again');
    clock.observe(iso(START));
    t.equal(clock.at(), iso(START + 2 * HOUR_MS + 10_000), 'an older event says nothing');
  },
);

t.test('LOG-24 in random histories it never goes back, and is never behind what it has seen', async () => {
  const step = fc.oneof(
    fc.record({ set: fc.integer({ min: -30, max: 30 }) }),
    fc.record({ pass: fc.double({ min: 0, max: 5_000, noNaN: true }) }),
    fc.record({ saw: fc.integer({ min: -HOUR_MS, max: 40 * HOUR_MS }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { clock, time, pass } = clockAt(START);
      let before = '';
      return steps.every((one) => {
        if ('set' in one) time.wall += one.set * HOUR_MS;
        else if ('pass' in one) pass(Math.floor(one.pass));
        else clock.observe(iso(START + one.saw));
        const at = clock.at();
        const fits = at >= before && at >= iso(time.wall) && (!('saw' in one) || at >= iso(START + one.saw));
        before = at;
        return fits;
      });
    }),
  );
});

t.test(
  'LOG-24 a node behind the log goes on and says so, once a minute; a start that is 5 minutes behind is refused',
  async (t) => {
    const { clock, pass } = clockAt(START);
    const said: number[] = [];
    clock.onBehind = (behindMs) => said.push(behindMs);
    clock.observe(iso(START + 1_900));
    clock.at();
    t.same(said, [], 'two seconds are nothing');
    clock.observe(iso(START + 60_000));
    for (let at = 0; at < 5; at++) clock.at();
    t.same(said, [60_000]);
    pass(61_000);
    clock.at();
    t.equal(said.length, 2);
    t.equal(clock.whyRefused(), undefined);
    clock.observe(iso(START + HOUR_MS));
    t.match(
      clock.whyRefused(),
      /clock shows 2026-01-15T10:31:01\.000Z, and the newest event in the log is of 2026-01-15T11:30:00\.000Z, 59 minutes later.*--accept-clock/,
    );
  },
);
