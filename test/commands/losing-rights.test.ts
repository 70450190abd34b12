/** Removals from groups against commands on pages: which waits for which. */
import fc from 'fast-check';
import t from 'tap';
import { LosingRights } from '../../src/commands/handling/losing-rights.js';
import { givenNumber } from '../runner/given-number.js';

t.test('CMD-7 a removal waits for what came before it, and what comes after it waits for the removal', async (t) => {
  const losing = new LosingRights<string>();
  losing.came('vera'); // 1
  losing.came('olga'); // 2
  losing.add('remove vera', ['vera'], 3);
  losing.came('vera'); // 4
  t.same(
    [losing.holds('vera', 1), losing.holds('olga', 2), losing.holds('vera', 4), losing.isWaiting('remove vera')],
    [false, false, true, true],
  );
  losing.settled('olga', 2);
  t.equal(losing.isWaiting('remove vera'), true, 'others are not waited for');
  losing.settled('vera', 1);
  t.same([losing.holds('vera', 4), losing.isWaiting('remove vera')], [true, false]);
  t.equal(losing.remove('remove vera'), true);
  t.same([losing.holds('vera', 4), losing.isEmpty, losing.remove('remove vera')], [false, true, false]);
});

t.test('CMD-9 a removal of several waits for all of them, and all of them for it', async (t) => {
  const losing = new LosingRights<string>();
  losing.comes('add mary', 'mary', 'desk');
  losing.comes('add olga', 'olga', 'desk');
  losing.hasCome('add olga', 'desk');
  losing.hasCome('something else', 'desk');
  t.same([...losing.comingInto('desk')], ['mary']);
  t.same([...losing.comingInto('another')], []);
  losing.came('vera'); // 1
  losing.came('mary'); // 2
  losing.add('delete', ['vera', 'mary', 'vera'], 3);
  losing.settled('vera', 1);
  t.same([losing.isWaiting('delete'), losing.holds('vera', 4), losing.holds('mary', 4)], [true, true, true]);
  losing.settled('mary', 2);
  t.equal(losing.isWaiting('delete'), false);
  losing.remove('delete');
  t.same([losing.holds('vera', 4), losing.holds('mary', 4), losing.isEmpty], [false, false, true]);
});

t.test('CMD-7 whatever waits for whatever, all of it is settled in the end', async (t) => {
  const seed = givenNumber('SEED', Date.now() % 1_000_000, 0);
  t.comment(`seed ${seed}`);
  const user = fc.constantFrom('olga', 'vera', 'mary');
  const arrival = fc.oneof(
    fc.record({ kind: fc.constant('page' as const), user, stream: fc.constantFrom('p', 'q') }),
    fc.record({ kind: fc.constant('removal' as const), user, stream: fc.constantFrom('g', 'h') }),
  );
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 60 }), (arrivals) => {
      const losing = new LosingRights<number>();
      const waiting = arrivals.map((one, no) => ({ ...one, no }));
      for (const { kind, user: who, no } of waiting) {
        if (kind === 'page') losing.came(who);
        else losing.add(no, [who], no);
      }
      const settled: number[] = [];
      for (let progress = true; progress; ) {
        progress = false;
        for (const one of waiting.filter(({ no }) => !settled.includes(no))) {
          // In a group's stream only the first goes on.
          const first = waiting.find(({ stream, no }) => stream === one.stream && !settled.includes(no))!;
          const isFree =
            one.kind === 'page' ? !losing.holds(one.user, one.no) : first === one && !losing.isWaiting(one.no);
          if (!isFree) continue;
          if (one.kind === 'page') losing.settled(one.user, one.no);
          else losing.remove(one.no);
          settled.push(one.no);
          progress = true;
        }
      }
      const before = (a: number, b: number): boolean => settled.indexOf(a) < settled.indexOf(b);
      const ordered = waiting.every(
        (removal) =>
          removal.kind === 'page' ||
          waiting.every(
            (one) =>
              one.kind !== 'page' || one.user !== removal.user || before(one.no, removal.no) === one.no < removal.no,
          ),
      );
      return settled.length === arrivals.length && ordered && losing.isEmpty;
    }),
    { seed, numRuns: 500 },
  );
});
