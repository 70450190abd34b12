import t from 'tap';
import { CommandRate } from '../../src/commands/handling/command-rate.js';

t.test(
  'LIM-1 a second holds so many, whether they come at once or one by one, and each user has his own',
  async (t) => {
    let now = 5_000;
    const rate = new CommandRate(10, 10, () => now);
    const taken = (user: string, attempts: number): number =>
      Array.from({ length: attempts }, () => rate.take(user)).filter((waitMs) => waitMs === 0).length;
    t.equal(taken('olga', 50), 10, 'all at once');
    t.equal(taken('vera', 50), 10, "another user's are his own");
    t.equal(rate.take('olga'), 100, 'the next is free in a tenth of a second');
    now += 99;
    t.equal(rate.take('olga'), 1, 'asking early costs nothing');
    now += 1;
    t.equal(rate.take('olga'), 0);
    t.equal(rate.take('olga'), 100);
    now += 500;
    t.equal(taken('olga', 50), 5);
    now += 60_000;
    t.equal(taken('olga', 50), 10, 'what was not used is not saved up');
    for (let at = 0; at < 40; at += 1) {
      now += 100;
      t.equal(taken('olga', 3), 1, 'steadily');
    }
  },
);

t.test('LIM-1 rates that do not divide a second: what one is told to wait is enough', async (t) => {
  for (const perSecond of [1, 3, 7, 30, 999]) {
    let now = 0;
    const rate = new CommandRate(perSecond, perSecond, () => now);
    for (let round = 0; round < 100; round += 1) {
      let waitMs = 0;
      while ((waitMs = rate.take('olga')) === 0);
      t.ok(Number.isInteger(waitMs) && waitMs >= 1 && waitMs <= 1_000, `${perSecond} a second: ${waitMs} ms`);
      now += waitMs;
      t.equal(rate.take('olga'), 0);
    }
  }
});

t.test('LIM-1 a burst is sent at once, and comes back at the steady rate', async (t) => {
  let now = 0;
  const rate = new CommandRate(10, 50, () => now);
  const taken = (): number =>
    Array.from({ length: 100 }, () => rate.take('olga')).filter((waitMs) => waitMs === 0).length;
  t.equal(taken(), 50);
  now += 1_000;
  t.equal(taken(), 10);
  now += 60_000;
  t.equal(taken(), 50);
});

t.test('LIM-5 without a limit nothing is counted', async (t) => {
  const rate = new CommandRate(Infinity, Infinity, () => t.fail('the clock is not read') as never);
  for (let at = 0; at < 100_000; at += 1) if (rate.take('olga') !== 0) t.fail('it was refused');
});
