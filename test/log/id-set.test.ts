/** The ids of a log: whatever they are, one that comes twice is found, and no other. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { IdSet } from '../../src/log/sqlite/id-set.js';

t.test('LOG-23 an id is there if it was added before, however many there are', async (t) => {
  const ids = Array.from({ length: 20_000 }, () => randomUUID() as string);
  const set = new IdSet();
  t.ok(ids.every((id) => set.add(id)));
  t.notOk(ids.some((id) => set.add(id)));
});

t.test('LOG-23 ids that differ in one character are two, also those that are no UUIDs', async (t) => {
  const zeros = '00000000-0000-0000-0000-000000000000';
  const near = fc.tuple(fc.nat(36), fc.constantFrom(...'0123456789abcdefABCDEF-gé')).map(([at, character]) => {
    return zeros.slice(0, at) + character + zeros.slice(at + 1);
  });
  const any = fc.oneof(near, fc.uuid(), fc.string(), fc.constant(zeros));
  fc.assert(
    fc.property(fc.array(any, { maxLength: 200 }), (ids) => {
      const set = new IdSet();
      const known = new Set<string>();
      const wrong = ids.filter((id) => {
        const isKnown = known.has(id);
        known.add(id);
        return set.add(id) === isKnown;
      });
      t.same(wrong, []);
    }),
  );
});
