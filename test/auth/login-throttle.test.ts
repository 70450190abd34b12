import t from 'tap';
import { type Attempt, createLoginThrottle } from '../../src/auth/login-throttle.js';

type Going = Extract<Attempt, { kind: 'go' }>;
const HOME = '192.0.2.1';
const OFFICE = '192.0.2.2';
const bot = (index: number): string => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;

/** A throttle, and a clock that goes when it is told to. */
function throttled() {
  let now = 1_000_000;
  const throttle = createLoginThrottle({ now: () => now });
  /** How long the attempt was told to wait, in milliseconds; undefined if it may go, and is under way. */
  const wait = (name: string, address: string): number | undefined => {
    const attempt = throttle.attempt(name, address);
    return attempt.kind === 'slowed' ? attempt.retryAfterMs : undefined;
  };
  const go = (name: string, address: string): Going => {
    const attempt = throttle.attempt(name, address);
    if (attempt.kind === 'slowed') throw new Error(`slowed for ${attempt.retryAfterMs} ms`);
    return attempt;
  };
  const fail = (name: string, address: string, times = 1): void => {
    for (let i = 0; i < times; i += 1) go(name, address).fail();
  };
  const pass = (milliseconds: number): void => void (now += milliseconds);
  return { throttle, wait, go, fail, pass };
}

t.test('AUTH-11 five failures of a name from an address are free; then the waits double up to 30 s', async (t) => {
  const { wait, pass, fail } = throttled();
  fail('john', HOME, 5);
  for (const seconds of [1, 2, 4, 8, 16, 30, 30, 30]) {
    t.equal(wait('john', HOME), seconds * 1_000);
    pass(seconds * 1_000 - 1);
    t.equal(wait('john', HOME), 1, 'asking while waiting does not make it longer');
    pass(1);
    fail('john', HOME);
  }
  t.equal(wait('john', OFFICE), undefined, 'another address is not concerned');
  t.equal(wait('mary', HOME), undefined, 'nor is another name');
});

t.test('AUTH-11 the wait begins with the answer, not with the question', async (t) => {
  const { wait, go, pass, fail } = throttled();
  fail('john', HOME, 4);
  const slow = go('john', HOME);
  pass(700);
  slow.fail();
  t.equal(wait('john', HOME), 1_000);
});

t.test('AUTH-11 a success clears the failures', async (t) => {
  const { wait, go, pass, fail } = throttled();
  fail('john', HOME, 5);
  pass(1_000);
  go('john', HOME).succeed();
  fail('john', HOME, 5);
  t.equal(wait('john', HOME), 1_000);
});

t.test('AUTH-11 failures are forgotten after a quarter of an hour', async (t) => {
  const { wait, pass, fail } = throttled();
  fail('john', HOME, 5);
  pass(15 * 60_000);
  fail('john', HOME, 5);
  t.equal(wait('john', HOME), 1_000);
});

t.test('AUTH-12 of a thousand guesses at once five are looked at', async (t) => {
  const { wait } = throttled();
  t.equal(Array.from({ length: 1_000 }, () => wait('john', HOME)).filter((slowed) => slowed === undefined).length, 5);
});

t.test('AUTH-12 an attempt that was not looked at leaves no trace', async (t) => {
  const { throttle, wait, go, pass, fail } = throttled();
  for (let i = 0; i < 200; i += 1) go('john', HOME).abandon();
  t.equal(throttle.size, 0);
  fail('john', HOME, 5);
  pass(1_000);
  go('john', HOME).abandon();
  t.equal(wait('john', HOME), undefined, 'it may be tried again at once');
});

t.test('AUTH-12 what was told first counts', async (t) => {
  const { throttle, go } = throttled();
  const attempt = go('john', HOME);
  attempt.abandon();
  attempt.fail();
  attempt.succeed();
  t.equal(throttle.size, 0);
});

t.test('AUTH-12 an attempt that never tells is a failure', async (t) => {
  const { wait, go } = throttled();
  for (let i = 0; i < 5; i += 1) go('john', HOME);
  t.equal(wait('john', HOME), 1_000);
});

t.test('AUTH-13 an address has 200 failures over all names, and one more each second', async (t) => {
  const { wait, pass, fail } = throttled();
  for (let i = 0; i < 200; i += 1) fail(`user-${i}`, HOME);
  t.equal(wait('another', HOME), 1_000);
  t.equal(wait('another', OFFICE), undefined);
  pass(1_000);
  fail('another', HOME);
  t.equal(wait('one more', HOME), 1_000);
  pass(300_000);
  for (let i = 0; i < 200; i += 1) fail(`later-${i}`, HOME);
  t.equal(wait('another', HOME), 1_000, 'what comes back is never more than 200');
});

t.test('AUTH-13 successes cost an address nothing, and do not give back what failures cost', async (t) => {
  const { wait, go, fail } = throttled();
  for (let i = 0; i < 200; i += 1) go(`desk-${i}`, HOME).succeed();
  for (let i = 0; i < 200; i += 1) {
    fail(`user-${i}`, HOME);
    go('own account', HOME).succeed();
  }
  t.equal(wait('another', HOME), 1_000);
});

t.test('AUTH-13 the addresses of one IPv6 network are one', async (t) => {
  const { wait, fail } = throttled();
  for (let i = 0; i < 5; i += 1) fail('john', `2001:db8::${i}`);
  t.equal(wait('john', '2001:db8::99'), 1_000);
});

t.test(
  'AUTH-14 a name that many addresses guess at: the first attempt of each is free, the next ones wait 30 s',
  async (t) => {
    const { wait, go, pass, fail } = throttled();
    for (let i = 0; i < 20; i += 1) fail('john', bot(i));
    fail('john', bot(1_000));
    t.equal(wait('john', bot(1_000)), 30_000);
    t.equal(wait('john', bot(0)), 30_000, 'an address that failed before that too');
    t.equal(wait('mary', bot(0)), undefined, 'other names are not concerned');
    go('john', OFFICE).succeed();
    fail('john', OFFICE, 5);
    t.equal(wait('john', OFFICE), 1_000, 'the owner logged in from a new address, and has five attempts from there');
    pass(20 * 60_000);
    fail('john', bot(2_000), 5);
    t.equal(wait('john', bot(2_000)), 1_000, 'when the attack is over it is as before');
  },
);

t.test('AUTH-14 an address that has logged in as a name is never slowed by what others do', async (t) => {
  const { wait, go, fail } = throttled();
  go('john', HOME).succeed();
  for (let i = 0; i < 500; i += 1) fail('john', bot(i));
  for (let i = 0; i < 200; i += 1) fail(`user-${i}`, HOME);
  t.equal(wait('mary', HOME), 1_000, 'the address is slowed for others');
  fail('john', HOME, 5);
  t.equal(wait('john', HOME), 1_000, 'but has its five as john');
});

t.test(
  'AUTH-15 what is remembered has a bound, and an attack on many names does not push out addresses that have logged in',
  async (t) => {
    const { throttle, wait, go, fail } = throttled();
    go('john', HOME).succeed();
    for (let i = 0; i < 25_000; i += 1) fail(`user-${i}`, bot(i));
    t.equal(throttle.size, 3 * 20_000 + 1);
    for (let i = 0; i < 20; i += 1) fail('john', bot(i));
    fail('john', HOME);
    t.equal(wait('john', HOME), undefined);
  },
);

t.test('AUTH-15 a name of any length is one entry of fixed size', async (t) => {
  const { wait, fail } = throttled();
  const long = 'x'.repeat(100_000);
  fail(long, HOME, 5);
  t.equal(wait(long, HOME), 1_000);
  t.equal(wait(`${long}y`, HOME), undefined);
});
