/** The rate limiter: with a clock that the test controls. */
import fc from 'fast-check';
import t from 'tap';
import { RecentMap } from '../../src/auth/recent-map.js';
import { TokenBucket, TokenBuckets } from '../../src/net/token-bucket.js';

const bucketsOf = (perSecond: number, capacity: number, now: () => number): TokenBuckets =>
  new TokenBuckets({ refillMs: 1_000 / perSecond, capacity, now });

t.test(
  'LIM-1 a second holds so many, whether they come at once or one by one, and each user has their own',
  async (t) => {
    let now = 5_000;
    const rate = bucketsOf(10, 10, () => now);
    const taken = (user: string, attempts: number): number =>
      Array.from({ length: attempts }, () => rate.take(user)).filter((waitMs) => waitMs === 0).length;
    t.equal(taken('olga', 50), 10, 'all at once');
    t.equal(taken('vera', 50), 10, "another user's are their own");
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
    const rate = bucketsOf(perSecond, perSecond, () => now);
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
  const rate = bucketsOf(10, 50, () => now);
  const taken = (): number =>
    Array.from({ length: 100 }, () => rate.take('olga')).filter((waitMs) => waitMs === 0).length;
  t.equal(taken(), 50);
  now += 1_000;
  t.equal(taken(), 10);
  now += 60_000;
  t.equal(taken(), 50);
});

t.test('LIM-5 without a limit nothing is counted', async (t) => {
  const rate = bucketsOf(Infinity, Infinity, () => t.fail('the clock is not read') as never);
  for (let at = 0; at < 100_000; at += 1) if (rate.take('olga') !== 0) t.fail('it was refused');
});

t.test('LIM-1 a bucket holds one unit at least, however small its capacity', async (t) => {
  const rate = bucketsOf(10, 0, () => 0);
  t.equal(rate.take('olga'), 0);
  t.equal(rate.take('olga'), 100);
});

t.test('AUTH-18 what is given back can be taken again, and never fills a bucket beyond full', async (t) => {
  let now = 1_000;
  const rate = bucketsOf(1, 3, () => now);
  for (let at = 0; at < 3; at += 1) t.equal(rate.take('olga'), 0);
  t.equal(rate.wait('olga'), 1_000);
  rate.giveBack('olga');
  t.equal(rate.wait('olga'), 0);
  t.equal(rate.take('olga'), 0);
  for (let at = 0; at < 10; at += 1) rate.giveBack('olga');
  t.equal(rate.size, 0, 'a full bucket is not kept');
  for (let at = 0; at < 3; at += 1) t.equal(rate.take('olga'), 0);
  t.equal(rate.take('olga'), 1_000);
  rate.giveBack('vera');
  t.equal(rate.size, 1, 'nothing was taken of it');
  rate.spend('olga');
  t.equal(rate.wait('olga'), 2_000, 'spent on credit');
  now += 2_000;
  t.equal(rate.take('olga'), 0);
});

t.test('AUTH-18 a store of a fixed size: a key that it forgets has a full bucket', async (t) => {
  const rate = new TokenBuckets({ refillMs: 1_000, capacity: 1, store: new RecentMap(2), now: () => 0 });
  for (const key of ['a', 'b', 'c']) t.equal(rate.take(key), 0);
  t.equal(rate.size, 2);
  t.equal(rate.wait('a'), 0);
  t.equal(rate.wait('b'), 1_000);
});

t.test('LIM-7 a debt has to be paid before the next unit, and no more than that', async (t) => {
  const bucket = new TokenBucket({ refillMs: 10, capacity: 5 });
  const fullAt = bucket.taken(undefined, 0, 25);
  t.equal(bucket.wait(fullAt, 0, 0), 200);
  t.equal(bucket.wait(fullAt, 200, 0), 0);
  t.equal(bucket.wait(fullAt, 200), 10);
  t.equal(bucket.wait(fullAt, 10_000, 5), 0);
  t.equal(bucket.wait(fullAt, 10_000, 6), 10, 'never more than full');
});

t.test('LIM-1 it takes and refuses as a bucket does that is filled up tick by tick', async () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.nat({ max: 400 }), { maxLength: 200 }),
      (refillMs, capacity, pauses) => {
        let now = 0;
        const rate = new TokenBuckets({ refillMs, capacity, now: () => now });
        // In milliseconds of refill, so that the model has no fractions either.
        let level = capacity * refillMs;
        for (const pause of pauses) {
          now += pause;
          level = Math.min(capacity * refillMs, level + pause);
          const expected = Math.max(0, refillMs - level);
          if (expected === 0) level -= refillMs;
          if (rate.take('olga') !== expected) return false;
        }
        return true;
      },
    ),
  );
});
