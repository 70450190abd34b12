/** The order of decisions: fairness, and items that are held. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import t from 'tap';
import { BatchQueue } from '../../src/commands/handling/batch-queue.js';
import { givenNumber } from '../runner/given-number.js';

interface Begun {
  readonly stream: string;
  readonly items: readonly string[];
}

/** A queue whose batches go on until the test ends them; those named in `overAtOnce` do not. */
class Watched {
  readonly begun: Begun[] = [];
  readonly overAtOnce = new Set<string>();
  /** Items that have to wait. */
  readonly held = new Set<string>();
  /** Of a stream that has a maximum of items an iteration. */
  readonly atOnce = new Map<string, number>();
  resume: (() => void) | undefined;
  isPaused = false;
  readonly queue: BatchQueue<string>;

  constructor(limit = 512, budget = 512) {
    this.queue = new BatchQueue<string>({
      limit,
      budget,
      atOnce: (stream) => this.atOnce.get(stream) ?? Infinity,
      // An item is its user, a hyphen and a number; or a number.
      userOf: (item) => item.split('-')[0]!,
      free: (items) => (this.held.size === 0 ? items : items.filter((item) => !this.held.has(item))),
      begin: (stream, items) => {
        this.begun.push({ stream, items: [...items] });
        return !this.overAtOnce.has(stream);
      },
      paused: () => (this.isPaused ? (then) => (this.resume = then) : undefined),
    });
  }

  add(stream: string, ...items: string[]): void {
    for (const item of items) this.queue.add(stream, item);
  }

  /** What has begun since the last call, as `stream: items`, once the queue has had its iterations of the event loop. */
  async since(): Promise<string[]> {
    for (let round = 0; round < 5; round += 1) await nextTurn();
    return this.begun.splice(0).map(({ stream, items }) => `${stream}: ${items.join(' ')}`);
  }
}

t.test('CMD-5 what came together is one batch of its stream, in the order it came', async (t) => {
  const watched = new Watched();
  watched.add('a', '1', '2');
  watched.add('b', '1');
  watched.add('a', '3');
  t.same(watched.begun, [], 'nothing begins before this iteration of the event loop is over');
  t.same(await watched.since(), ['a: 1 2 3', 'b: 1']);
});

t.test(
  'STORM-7 CMD-5 what waits can be begun before this iteration of the event loop is over, once and by the same rules',
  async (t) => {
    const watched = new Watched();
    watched.queue.beginNow();
    watched.add('a', '1', '2');
    watched.add('b', '1');
    watched.queue.beginNow();
    t.same(watched.begun.splice(0), [
      { stream: 'a', items: ['1', '2'] },
      { stream: 'b', items: ['1'] },
    ]);
    watched.add('a', '3');
    watched.queue.beginNow();
    t.same(watched.begun, [], 'a stream still has one batch at a time');
    t.same(await watched.since(), [], 'and nothing is begun twice');
    watched.queue.end('a');
    t.same(await watched.since(), ['a: 3']);
    watched.isPaused = true;
    watched.add('c', '1');
    watched.queue.beginNow();
    t.same(watched.begun, [], 'nor does it begin while it is held up');
    watched.isPaused = false;
    watched.resume!();
    t.same(await watched.since(), ['c: 1']);
  },
);

t.test('CMD-5 a stream has one batch at a time; what comes meanwhile is its next one', async (t) => {
  const watched = new Watched();
  watched.add('a', '1');
  t.same(await watched.since(), ['a: 1']);
  watched.add('a', '2');
  watched.add('a', '3');
  t.same(await watched.since(), []);
  watched.queue.end('a');
  t.same(await watched.since(), ['a: 2 3']);
});

t.test('CMD-5 a busy stream does not hold up another', async (t) => {
  const watched = new Watched(2);
  watched.add('a', '1', '2', '3', '4', '5');
  watched.add('b', '1');
  t.same(await watched.since(), ['a: 1 2', 'b: 1'], 'one batch of each, however many wait');
  watched.add('b', '2');
  watched.queue.end('b');
  t.same(await watched.since(), ['b: 2']);
  watched.queue.end('a');
  t.same(await watched.since(), ['a: 3 4']);
  watched.queue.end('a');
  t.same(await watched.since(), ['a: 5']);
});

t.test('STORM-11 streams with a maximum share it in an iteration, in turn; the others have none', async (t) => {
  const watched = new Watched();
  for (const stream of ['a', 'b']) watched.atOnce.set(stream, 3);
  watched.overAtOnce.add('a').add('b').add('c');
  watched.add('a', '1', '2', '3', '4', '5');
  watched.add('b', '1', '2');
  watched.add('c', '1', '2', '3', '4');
  await nextTurn();
  t.same(await watched.since(), ['a: 1 2 3', 'c: 1 2 3 4', 'b: 1 2', 'a: 4', 'a: 5']);
  watched.held.add('1');
  watched.add('a', '1', '2', '3', '4', '5');
  t.same(await watched.since(), ['a: 2 3 4', 'a: 5'], 'beside an item that waits');
  t.equal(watched.queue.waiting('a'), 1);
});

t.test('CMD-5 a batch that has nothing to append is over at once, and the rest goes on', async (t) => {
  const watched = new Watched(1);
  watched.overAtOnce.add('a');
  watched.add('a', '1', '2', '3');
  t.same(await watched.since(), ['a: 1', 'a: 2', 'a: 3']);
});

t.test('CMD-7 an item that is held waits, in its order, and nothing else does', async (t) => {
  const watched = new Watched();
  watched.held.add('2').add('4');
  watched.add('a', '1', '2', '3', '4', '5');
  watched.add('b', '1');
  t.same(await watched.since(), ['a: 1 3 5', 'b: 1']);
  watched.queue.end('a');
  t.same(await watched.since(), [], 'it goes on waiting when the batch is over');
  watched.add('a', '6');
  watched.held.clear();
  watched.queue.wake();
  t.same(await watched.since(), ['a: 2 4 6'], 'and is then before what came later');
});

t.test(
  'CMD-8 where more waits than may be taken at once, the streams of different users are served in rotation',
  async (t) => {
    const watched = new Watched(512, 4);
    for (let at = 0; at < 10; at += 1) watched.add(`of olga ${at}`, `olga-${at}`);
    watched.add('of vera', 'vera-1');
    watched.add('of mary', 'mary-1');
    watched.queue.beginNow();
    t.same(
      watched.begun.splice(0).map(({ stream }) => stream),
      ['of olga 0', 'of vera', 'of mary', 'of olga 1'],
      'one of each before the second of one',
    );
    const rest = await watched.since();
    t.same(
      rest,
      [2, 3, 4, 5, 6, 7, 8, 9].map((at) => `of olga ${at}: olga-${at}`),
      'the rest follows in the next iterations',
    );
  },
);

t.test('CMD-5 what is put back is decided again before all that came later', async (t) => {
  const watched = new Watched();
  watched.add('a', '1', '2');
  t.same(await watched.since(), ['a: 1 2']);
  watched.add('a', '3');
  watched.queue.putBack('a', ['1', '2']);
  t.same(await watched.since(), ['a: 1 2 3']);
});

t.test('nothing begins while the read model is too far behind', async (t) => {
  const watched = new Watched();
  watched.isPaused = true;
  watched.add('a', '1');
  t.same(await watched.since(), []);
  watched.add('a', '2');
  watched.isPaused = false;
  watched.resume!();
  t.same(await watched.since(), ['a: 1 2']);
});

t.test(
  'CMD-5 CMD-7 whatever comes in whatever order: each is decided once, in the order of its user and stream',
  async (t) => {
    const seed = givenNumber('SEED', Date.now() % 1_000_000, 0);
    t.comment(`seed ${seed}`);
    const stream = fc.constantFrom('a', 'b', 'c', 'd');
    const user = fc.constantFrom('olga', 'vera');
    const move = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('add' as const), stream, user }) },
      { weight: 1, arbitrary: user.map((name) => ({ kind: 'hold' as const, user: name })) },
      { weight: 1, arbitrary: fc.constant({ kind: 'let go' as const }) },
      { weight: 3, arbitrary: fc.nat(9).map((which) => ({ kind: 'end' as const, which })) },
      { weight: 1, arbitrary: fc.nat(9).map((which) => ({ kind: 'put back' as const, which })) },
      { weight: 3, arbitrary: fc.constant({ kind: 'iteration' as const }) },
    );
    interface Item {
      readonly stream: string;
      readonly user: string;
      readonly no: number;
    }
    await fc.assert(
      fc.asyncProperty(
        fc.array(move, { maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 5 }),
        async (moves, limit, budget, most) => {
          const underWay = new Map<string, readonly Item[]>();
          const decided: Item[] = [];
          const came: Item[] = [];
          let held: string | undefined;
          const isBounded = (name: string): boolean => name < 'c';
          let bounded = 0;
          const queue = new BatchQueue<Item>({
            limit,
            budget,
            atOnce: (name) => (isBounded(name) ? most : Infinity),
            userOf: (item) => item.user,
            free: (items) => items.filter((item) => item.user !== held),
            begin: (name, items) => {
              if (underWay.has(name)) throw new Error(`two batches of ${name}`);
              if (items.length === 0 || items.length > limit) throw new Error(`${items.length} items in a batch`);
              if (items.some((item) => item.user === held)) throw new Error('an item that is held was begun');
              underWay.set(name, [...items]);
              if (isBounded(name)) {
                if (bounded === 0) queueMicrotask(() => (bounded = 0));
                bounded += items.length;
                if (bounded > most) throw new Error(`${bounded} items at once where ${most} may be`);
              }
              return true;
            },
            paused: () => undefined,
          });
          const finish = (name: string): void => {
            decided.push(...underWay.get(name)!);
            underWay.delete(name);
            queue.end(name);
          };
          for (const one of moves) {
            const running = [...underWay.keys()];
            if (one.kind === 'iteration') await nextTurn();
            else if (one.kind === 'hold') held = one.user;
            else if (one.kind === 'let go') {
              held = undefined;
              queue.wake();
            } else if (one.kind === 'add') {
              const item = { stream: one.stream, user: one.user, no: came.length };
              came.push(item);
              queue.add(item.stream, item);
            } else if (running.length > 0) {
              const name = running[one.which % running.length]!;
              if (one.kind === 'end') finish(name);
              else {
                const items = underWay.get(name)!;
                underWay.delete(name);
                queue.putBack(name, items);
              }
            }
          }
          held = undefined;
          queue.wake();
          for (let idle = 0; idle < 3; ) {
            await nextTurn();
            idle = underWay.size === 0 ? idle + 1 : 0;
            for (const name of [...underWay.keys()]) finish(name);
          }
          const of = (all: readonly Item[], name: string, who: string): number[] =>
            all.filter((one) => one.stream === name && one.user === who).map(({ no }) => no);
          for (const name of ['a', 'b', 'c', 'd'])
            for (const who of ['olga', 'vera'])
              t.strictSame(of(decided, name, who), of(came, name, who), `the order of ${who} in ${name}`);
          t.equal(decided.length, came.length, 'each once');
          return t.passing();
        },
      ),
      { seed, numRuns: 200 },
    );
  },
);
