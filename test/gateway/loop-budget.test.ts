/** When an iteration is long: with a clock and a loop that the test controls. */
import t from 'tap';
import { LoopBudget } from '../../src/gateway/loop-budget.js';

const LONG_MS = 4;

class Loop {
  now = 1_000;
  /** When what has come was decided in the middle of an iteration. */
  readonly broken: number[] = [];
  readonly #next: (() => void)[] = [];
  readonly iterations = new LoopBudget({
    longMs: LONG_MS,
    now: () => this.now,
    nextIteration: (then) => this.#next.push(then),
    onLong: () => this.broken.push(this.now),
  });

  /** Pieces of work in one iteration, each so long, in milliseconds. */
  work(...lengths: number[]): void {
    for (const length of lengths) {
      this.iterations.step();
      this.now += length;
    }
  }

  /** The iteration is over, and nothing happens for so long. */
  rest(milliseconds = 0): void {
    for (const then of this.#next.splice(0)) then();
    this.now += milliseconds;
  }

  get due(): number {
    return this.#next.length;
  }
}

t.test(
  'STORM-7 short iterations are never broken, however many follow one another and however long nothing happens',
  async (t) => {
    const loop = new Loop();
    for (let iteration = 0; iteration < 100; iteration += 1) {
      loop.work(1, 1, 1, 0.9);
      t.notOk(loop.iterations.isBroken);
      loop.rest(iteration % 2 === 0 ? 0 : 1_000);
    }
    t.same(loop.broken, []);
  },
);

t.test(
  'STORM-7 a long iteration is broken each time that it has gone on for so long, before the next piece of work',
  async (t) => {
    const loop = new Loop();
    loop.work(...Array<number>(12).fill(1));
    t.same(loop.broken, [1_004, 1_009]);
    loop.work(20, 1);
    t.same(loop.broken, [1_004, 1_009, 1_032], 'a long piece counts once');
  },
);

t.test(
  'STORM-7 what goes out is urgent until work goes on or the iteration is over, and takes nothing of the time',
  async (t) => {
    const loop = new Loop();
    loop.work(5, 0);
    t.ok(loop.iterations.isBroken);
    loop.now += 100;
    loop.work(3);
    t.notOk(loop.iterations.isBroken, 'the pushes took long, the work since has not');
    loop.work(3, 1);
    t.same(loop.broken, [1_005, 1_111]);
    t.ok(loop.iterations.isBroken);
    loop.work(4, 0);
    t.ok(loop.iterations.isBroken);
    loop.rest();
    t.notOk(loop.iterations.isBroken);
    loop.work(3, 0);
    t.notOk(loop.iterations.isBroken, 'the time of the next iteration counts from its own beginning');
  },
);

t.test('STORM-7 one callback is asked for an iteration, and none where nothing happens', async (t) => {
  const loop = new Loop();
  t.equal(loop.due, 0);
  loop.work(1, 1, 10, 1);
  t.equal(loop.due, 1);
  loop.rest();
  t.equal(loop.due, 0);
});
