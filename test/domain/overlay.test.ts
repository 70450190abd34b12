/** An overlay is a map with changes of its own over another that stays as it is. */
import fc from 'fast-check';
import t from 'tap';
import { type Lookup, Overlay } from '../../src/domain/overlay.js';

type Change = { readonly key: string; readonly value: number | undefined };

const key = fc.constantFrom('a', 'b', 'c', 'd');
const changes: fc.Arbitrary<Change[]> = fc.array(fc.record({ key, value: fc.option(fc.nat(9), { nil: undefined }) }));

function change(lookup: Lookup<number>, all: readonly Change[]): void {
  for (const { key, value } of all) value === undefined ? lookup.delete(key) : lookup.set(key, value);
}

t.test(
  'CMD-5 it reads like a map with both kinds of changes, and its base like one with the first alone',
  async (t) => {
    fc.assert(
      fc.property(changes, changes, (before, after) => {
        const base = new Map<string, number>();
        change(base, before);
        const overlay = new Overlay(base);
        change(overlay, after);
        const [untouched, expected] = [new Map<string, number>(), new Map<string, number>()];
        change(untouched, before);
        change(expected, [...before, ...after]);
        t.strictSame(base, untouched);
        t.equal(overlay.size, expected.size);
        for (const one of ['a', 'b', 'c', 'd']) t.equal(overlay.get(one), expected.get(one));
        return t.passing();
      }),
    );
  },
);
