/** What a user may read: with a clock and a loop that the test controls. */
import t from 'tap';
import { ReadBudget } from '../../src/net/read-budget.js';

class Turned {
  now = 0;
  readonly budget: ReadBudget;
  #next: (() => void)[] = [];

  constructor(readsPerSecond = 10, readBytesPerSecond = 1_000) {
    this.budget = new ReadBudget(
      { readsPerSecond, readBytesPerSecond },
      () => this.now,
      (then) => this.#next.push(then),
    );
  }

  /** The next iteration of the event loop, and what promises bring in it. */
  async iteration(): Promise<void> {
    for (const then of this.#next.splice(0)) then();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

t.test(
  'LIM-7 five seconds of reads can be had at once, then as many as the rate says; another user has their own',
  async (t) => {
    const clocked = new Turned();
    let reads = 0;
    while (clocked.budget.wait('olga') === 0) {
      clocked.budget.spend('olga', 0, 0);
      reads += 1;
    }
    t.equal(reads, 51, 'the last one is on credit');
    t.equal(clocked.budget.wait('olga'), 100);
    t.equal(clocked.budget.wait('vera'), 0);
    clocked.now += 100;
    t.equal(clocked.budget.wait('olga'), 0);
    clocked.budget.spend('olga', 0, 0);
    t.equal(clocked.budget.wait('olga'), 100);
    clocked.now += 60_000;
    for (reads = 0; clocked.budget.wait('olga') === 0; reads += 1) clocked.budget.spend('olga', 0, 0);
    t.equal(reads, 51, 'and not more after a long pause');
  },
);

t.test('LIM-7 a read that takes long counts as several, to a bound', async (t) => {
  const clocked = new Turned();
  clocked.budget.spend('olga', 40, 0);
  let reads = 0;
  for (; clocked.budget.wait('olga') === 0; reads += 1) clocked.budget.spend('olga', 2, 0);
  t.equal(reads, 51 - 20);
  clocked.budget.spend('vera', 60_000, 0);
  t.ok(clocked.budget.wait('vera') <= 10_000, 'a pause of the process does not shut a user out');
});

t.test('LIM-7 bytes are charged when they are known, and the next read waits until they are paid', async (t) => {
  const clocked = new Turned();
  clocked.budget.spend('olga', 0, 5_000);
  t.equal(clocked.budget.wait('olga'), 0);
  clocked.budget.spend('olga', 0, 20_000);
  t.equal(clocked.budget.wait('olga'), 20_000);
  clocked.now += 20_000;
  t.equal(clocked.budget.wait('olga'), 0);
});

t.test('LIM-7 LIM-5 without limits nothing is counted', async (t) => {
  const clocked = new Turned(Infinity, Infinity);
  for (let read = 0; read < 1_000; read += 1) clocked.budget.spend('olga', 100, 1e9);
  t.equal(clocked.budget.wait('olga'), 0);
  const bytesOnly = new Turned(Infinity, 1_000);
  bytesOnly.budget.spend('olga', 100, 10_000);
  t.equal(bytesOnly.budget.wait('olga'), 5_000);
});

t.test('LIM-10 reads take their time of an iteration, then wait for the next one, in order', async (t) => {
  const clocked = new Turned();
  const done: string[] = [];
  const read = async (name: string, milliseconds: number): Promise<void> => {
    await clocked.budget.whenAllowed();
    done.push(name);
    clocked.budget.took(milliseconds);
  };
  for (const [name, milliseconds] of [
    ['a', 1],
    ['b', 3],
    ['c', 10],
    ['d', 1],
    ['e', 1],
    ['f', 3],
    ['g', 0],
  ] as const)
    void read(name, milliseconds);
  await Promise.resolve();
  // Those that are asked for before the first one was done are not known to be long.
  t.equal(done[0], 'a');
  while (done.length < 7) await clocked.iteration();
  t.same(done, ['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  await clocked.iteration();
  t.equal(clocked.budget.whenAllowed(), undefined, 'and nobody waits where nothing is read');
});

t.test(
  'HTTP-24 a stream pauses until half of the byte budget is free, and reads are not refused meanwhile',
  async (t) => {
    const clocked = new Turned();
    t.equal(clocked.budget.streamed('olga', 2_500), 0);
    t.equal(clocked.budget.streamed('olga', 100), 100);
    t.equal(clocked.budget.wait('olga'), 0);
    clocked.now += 100;
    t.equal(clocked.budget.streamed('olga', 1_000), 1_000);
    clocked.now += 60_000;
    t.equal(clocked.budget.streamed('olga', 2_500), 0);
    t.equal(new Turned(10, Infinity).budget.streamed('olga', 1e12), 0, 'without a limit there is no pause');
  },
);
