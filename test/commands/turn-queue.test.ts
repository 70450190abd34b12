/** Who is decided when: order, fairness, and those who must be alone. */
import fc from 'fast-check';
import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { TurnQueue } from '../../src/commands/turn-queue.js';

interface Begun {
  readonly stream: string;
  readonly items: readonly string[];
}

/** A queue whose turns go on until the test ends them; those named in `overAtOnce` do not. */
class Watched {
  readonly begun: Begun[] = [];
  readonly overAtOnce = new Set<string>();
  resume: (() => void) | undefined;
  isPaused = false;
  readonly queue: TurnQueue<string>;

  constructor(limit = 512) {
    this.queue = new TurnQueue<string>({
      limit,
      begin: (stream, items) => {
        this.begun.push({ stream, items: [...items] });
        return !this.overAtOnce.has(stream);
      },
      paused: () => (this.isPaused ? (then) => (this.resume = then) : undefined),
    });
  }

  add(stream: string, ...items: string[]): void {
    for (const item of items) this.queue.add(stream, item, false);
  }

  alone(stream: string, item: string): void {
    this.queue.add(stream, item, true);
  }

  /** What has begun since the last call, as `stream: items`, once the queue has had its turns of the event loop. */
  async since(): Promise<string[]> {
    for (let turns = 0; turns < 5; turns += 1) await nextTurn();
    return this.begun.splice(0).map(({ stream, items }) => `${stream}: ${items.join(' ')}`);
  }
}

t.test('CMD-5 what came together is one turn of its stream, in the order it came', async (t) => {
  const watched = new Watched();
  watched.add('a', '1', '2');
  watched.add('b', '1');
  watched.add('a', '3');
  t.same(watched.begun, [], 'nothing begins before this turn of the event loop is over');
  t.same(await watched.since(), ['a: 1 2 3', 'b: 1']);
});

t.test('STORM-7 CMD-5 what waits can be begun before this turn of the event loop is over, once and by the same rules', async (t) => {
  const watched = new Watched();
  watched.queue.beginNow();
  watched.add('a', '1', '2');
  watched.add('b', '1');
  watched.queue.beginNow();
  t.same(watched.begun.splice(0), [{ stream: 'a', items: ['1', '2'] }, { stream: 'b', items: ['1'] }]);
  watched.add('a', '3');
  watched.queue.beginNow();
  t.same(watched.begun, [], 'a stream still has one turn at a time');
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
});

t.test('CMD-5 a stream has one turn at a time; what comes meanwhile is its next one', async (t) => {
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
  t.same(await watched.since(), ['a: 1 2', 'b: 1'], 'one turn of each, however many wait');
  watched.add('b', '2');
  watched.queue.end('b');
  t.same(await watched.since(), ['b: 2']);
  watched.queue.end('a');
  t.same(await watched.since(), ['a: 3 4']);
  watched.queue.end('a');
  t.same(await watched.since(), ['a: 5']);
});

t.test('CMD-5 a turn that has nothing to append is over at once, and the rest goes on', async (t) => {
  const watched = new Watched(1);
  watched.overAtOnce.add('a');
  watched.add('a', '1', '2', '3');
  t.same(await watched.since(), ['a: 1', 'a: 2', 'a: 3']);
});

t.test('PERM-5 who must be alone waits for all before him, and all behind wait for him', async (t) => {
  const watched = new Watched();
  watched.add('a', '1');
  t.same(await watched.since(), ['a: 1']);
  watched.add('a', '2');
  watched.alone('group', 'leave');
  watched.add('a', '3');
  watched.add('b', '1');
  watched.queue.end('a');
  t.same(await watched.since(), ['a: 2'], 'what came before');
  watched.queue.end('a');
  t.same(await watched.since(), ['group: leave'], 'then he');
  watched.add('c', '1');
  t.same(await watched.since(), [], 'and nobody beside him');
  watched.queue.end('group');
  t.same(await watched.since(), ['a: 3', 'b: 1', 'c: 1'], 'then the others, together again');
});

t.test('PERM-5 two who must be alone are so one after the other', async (t) => {
  const watched = new Watched();
  watched.alone('group', 'join');
  watched.alone('group', 'leave');
  watched.add('a', '1');
  t.same(await watched.since(), ['group: join']);
  watched.queue.end('group');
  t.same(await watched.since(), ['group: leave']);
  watched.queue.end('group');
  t.same(await watched.since(), ['a: 1']);
});

t.test('PERM-5 one alone who has nothing to append lets the others pass', async (t) => {
  const watched = new Watched();
  watched.overAtOnce.add('group');
  watched.alone('group', '1');
  watched.alone('group', '2');
  watched.add('a', '1');
  t.same(await watched.since(), ['group: 1', 'group: 2', 'a: 1']);
});

t.test('CMD-5 what is put back is decided again before all that came later', async (t) => {
  const watched = new Watched();
  watched.add('a', '1', '2');
  t.same(await watched.since(), ['a: 1 2']);
  watched.add('a', '3');
  watched.queue.putBack('a', ['1', '2']);
  t.same(await watched.since(), ['a: 1 2 3']);
  watched.queue.end('a');
  watched.alone('group', 'leave');
  t.same(await watched.since(), ['group: leave']);
  watched.add('a', '4');
  watched.queue.putBack('group', ['leave']);
  t.same(await watched.since(), ['group: leave'], 'alone again, and still before the others');
  watched.queue.end('group');
  t.same(await watched.since(), ['a: 4']);
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

t.test('CMD-5 whatever comes in whatever order: each is decided once, in order, and those who must be alone are', async (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  t.comment(`seed ${seed}`);
  const stream = fc.constantFrom('a', 'b', 'c');
  const move = fc.oneof(
    { weight: 6, arbitrary: stream.map((name) => ({ kind: 'add' as const, stream: name })) },
    { weight: 1, arbitrary: fc.constantFrom('g', 'h').map((name) => ({ kind: 'alone' as const, stream: name })) },
    { weight: 3, arbitrary: fc.nat(9).map((which) => ({ kind: 'end' as const, which })) },
    { weight: 1, arbitrary: fc.nat(9).map((which) => ({ kind: 'put back' as const, which })) },
    { weight: 3, arbitrary: fc.constant({ kind: 'turn' as const }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(move, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), async (moves, limit) => {
      const underWay = new Map<string, readonly number[]>();
      const decided: { stream: string; item: number }[] = [];
      const isAlone = (name: string): boolean => name === 'g' || name === 'h';
      const came: { stream: string; item: number }[] = [];
      const queue = new TurnQueue<number>({
        limit,
        begin: (name, items) => {
          if (underWay.has(name)) throw new Error(`two turns of ${name}`);
          if (items.length === 0 || items.length > limit) throw new Error(`${items.length} items in a turn`);
          if ([...underWay.keys(), name].some(isAlone) && underWay.size > 0) throw new Error(`${name} begins beside ${[...underWay.keys()].join()}`);
          underWay.set(name, items);
          return true;
        },
        paused: () => undefined,
      });
      const finish = (name: string): void => {
        decided.push(...underWay.get(name)!.map((item) => ({ stream: name, item })));
        underWay.delete(name);
        queue.end(name);
      };
      for (const one of moves) {
        const running = [...underWay.keys()];
        if (one.kind === 'turn') await nextTurn();
        else if (one.kind === 'add' || one.kind === 'alone') {
          came.push({ stream: one.stream, item: came.length });
          queue.add(one.stream, came.length - 1, one.kind === 'alone');
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
      for (let idle = 0; idle < 3; ) {
        await nextTurn();
        idle = underWay.size === 0 ? idle + 1 : 0;
        for (const name of [...underWay.keys()]) finish(name);
      }
      const of = (all: typeof came, name: string): number[] => all.filter((one) => one.stream === name).map(({ item }) => item);
      for (const name of ['a', 'b', 'c', 'g', 'h']) t.strictSame(of(decided, name), of(came, name), `the order of ${name}`);
      for (const { item } of came.filter((one) => isAlone(one.stream))) {
        const place = decided.findIndex((one) => one.item === item);
        t.ok(decided.slice(0, place).every((one) => one.item < item) && decided.slice(place + 1).every((one) => one.item > item), 'alone: all before it came before, all behind it after');
      }
      return t.passing();
    }),
    { seed, numRuns: 200 },
  );
});
