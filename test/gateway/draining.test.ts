import t from 'tap';
import { batchOf, retryAfterMs } from '../../src/gateway/draining.js';

t.test(
  'STORM-5 each of many sockets gets a time of its own, none too soon, none over half a minute and a bit',
  async (t) => {
    for (const count of [1, 2, 50, 5_000, 30_000]) {
      const times = Array.from({ length: count }, (_, place) => retryAfterMs(place, count));
      t.equal(new Set(times).size, count, `${count}: all different`);
      t.same(
        times,
        [...times].sort((a, b) => a - b),
        'the first closed reconnects first',
      );
      t.ok(times.every((time) => Number.isInteger(time) && time >= 500 && time <= 30_500));
    }
    t.ok(retryAfterMs(99_999, 100_000) <= 30_500, 'very many share them');
  },
);

t.test('STORM-5 however many there are, they are closed within 4 s', async (t) => {
  for (const count of [1, 50, 4_000, 5_000, 60_000]) t.ok(Math.ceil(count / batchOf(count)) * 50 <= 4_000, `${count}`);
  t.equal(batchOf(1_000), 50, 'a thousand a second, if that is enough');
});
