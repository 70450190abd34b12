/** What the fields of commands and events take, at their bounds. */
import t from 'tap';
import { AlarmId, Condition, Option, PageName, Price, Ticker } from '../../src/domain/fields.js';

const taken = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown): boolean =>
  schema.safeParse(value).success;

t.test('WIRE-2 text has a length and no control characters', async (t) => {
  for (const [schema, min, max] of [
    [PageName, 1, 200],
    [Ticker, 1, 100],
    [Option, 0, 100],
    [Condition, 0, 500],
  ] as const) {
    t.equal(taken(schema, 'x'.repeat(min)), true);
    t.equal(taken(schema, 'x'.repeat(max)), true);
    t.equal(taken(schema, 'x'.repeat(max + 1)), false);
    if (min > 0) t.equal(taken(schema, ''), false);
    for (const bad of ['a\u0000b', 'a\nb', '\u007f', '\ud800', 7, null, undefined])
      t.equal(taken(schema, bad), false, JSON.stringify(bad));
    t.equal(taken(schema, 'L’été 📈'), true, 'but every script, and pairs of surrogates');
  }
});

t.test('WIRE-2 a price is any finite number', async (t) => {
  for (const price of [0, -37.63, 1e21, 1e-9]) t.equal(taken(Price, price), true, String(price));
  for (const bad of [NaN, Infinity, '1.085', null]) t.equal(taken(Price, bad), false, String(bad));
});

t.test('PERM-7 an id is opaque: of any form, one that was never given out is just not found', async (t) => {
  for (const id of ['x', '../../etc', 'x'.repeat(64)]) t.equal(taken(AlarmId, id), true);
  for (const bad of ['', 'x'.repeat(65), 7]) t.equal(taken(AlarmId, bad), false);
});
