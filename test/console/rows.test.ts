/** The rows of the console's table: filter, sorting, and an order that holds. */
import type { Alarm } from '@alarm-server/client';
import fc from 'fast-check';
import t from 'tap';
import { consoleModule } from './console-module.js';

const { filterOf, heldOrder, readSorting, sorted, writeSorting } = await consoleModule('state/rows.js');

const alarm = (id: string, given: Partial<Alarm> = {}): Alarm => ({
  id,
  page_id: 'p',
  ticker: 'EUR/USD',
  option: 'spot',
  condition: 'above 1',
  active: true,
  last_triggered: null,
  ...given,
});
const ids = (alarms: readonly Alarm[]): string => alarms.map(({ id }) => id).join('');
const nameOf = (id: string): string => id;

t.test('CON-6 every word of the filter has to occur, in any field and in any case', async (t) => {
  const eur = alarm('a');
  const dax = alarm('b', { ticker: 'DAX', option: 'Dec 26', active: false });
  for (const [text, found] of [
    ['', 'ab'],
    ['  ', 'ab'],
    ['eur', 'a'],
    ['ABOVE dax', 'b'],
    ['off', 'b'],
    ['watching', 'a'],
    ['eur dax', ''],
  ] as const)
    t.equal(ids([eur, dax].filter(filterOf(text))), found, text);
});

t.test('CON-6 a sorting is one order, whatever the order before; what is undefined comes last', async (t) => {
  const alarms = [
    alarm('a', { ticker: 'b', last_triggered: '2026-01-01T00:00:00.000Z' }),
    alarm('b', { ticker: 'A' }),
    alarm('c', { ticker: 'b', last_triggered: '2026-01-02T00:00:00.000Z' }),
  ];
  const by = (text: string): string => ids(sorted(alarms, readSorting(text), nameOf));
  t.equal(by('ticker'), 'bac');
  t.equal(by('-ticker'), 'acb');
  t.equal(by('triggered'), 'cab', 'the newest first, never last');
  t.equal(by('no such column'), by('state'));
  for (const text of ['ticker', '-triggered', 'state'])
    t.equal(writeSorting(readSorting(text)) ?? 'state', text, 'read and written');
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(alarms, { minLength: 3 }), async (shuffled) => {
      t.equal(ids(sorted(shuffled, readSorting('-state'), nameOf)), by('-state'));
    }),
    { numRuns: 20 },
  );
});

t.test(
  'CON-6 sorting anew what was sorted before, with some replaced, added and gone, is sorting it from the beginning',
  async () => {
    const some = fc.record({
      id: fc.stringMatching(/^[a-f]$/),
      ticker: fc.constantFrom('DAX', 'dax', 'EUR/USD'),
      active: fc.boolean(),
      last_triggered: fc.constantFrom(null, '2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'),
    });
    const lists = fc.array(fc.uniqueArray(some, { selector: ({ id }) => id }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(lists, fc.constantFrom('state', '-state', 'triggered', '-triggered', 'ticker'), (steps, text) => {
        const held = new Map<string, Alarm>();
        for (const step of steps) {
          const before = new Map(held);
          held.clear();
          // Those with an odd place stay the same objects.
          for (const [at, given] of step.entries())
            held.set(given.id, (at % 2 === 1 && before.get(given.id)) || alarm(given.id, given));
          const again = ids(sorted([...held.values()], readSorting(text), nameOf));
          sorted([], readSorting(text === 'ticker' ? 'state' : 'ticker'), nameOf);
          const anew = ids(sorted([...held.values()], readSorting(text), nameOf));
          if (again !== anew) throw new Error(`${again} is not ${anew}`);
          if (new Set(again).size !== held.size) throw new Error(`${again} is not ${[...held.keys()]}`);
        }
      }),
    );
  },
);

t.test('CON-6 an order that holds keeps its rows in their places, adds new ones at the end, and counts', async (t) => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => alarm(id)) as [Alarm, Alarm, Alarm, Alarm];
  for (const [order, held, rows, moved] of [
    [[a, b, c], 'abc', 'abc', 0],
    [[c, a, b], 'abc', 'abc', 1],
    [[a, d, b, c], 'abc', 'abcd', 1],
    [[a, c], 'abc', 'ac', 0],
    [[], 'abc', '', 0],
  ] as const) {
    const result = heldOrder(order, [...held]);
    t.equal(ids(result.rows), rows, `${ids(order)} held as ${held}`);
    t.ok(moved === 0 ? result.moved === 0 : result.moved >= moved, `${result.moved} moved`);
  }
});
