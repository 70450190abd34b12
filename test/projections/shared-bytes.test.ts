/** The kept sums of shared bytes, against a count over all pages after each event of random histories. */
import fc from 'fast-check';
import t from 'tap';
import { LiveState } from '../../src/projections/live-state.js';
import { bytesOfAlarms, chargeOf } from '../../src/projections/shared-bytes.js';
import { beginning, move, recordedOf, replayable } from './random-history.js';

t.test('LIM-24 a page is charged in steps of 4 KiB, one at least', async (t) => {
  t.same([0, 1, 4_095, 4_096, 10_000].map(chargeOf), [4_096, 4_096, 4_096, 8_192, 12_288]);
});

t.test('LIM-24 the sums are what a count over all pages gives, whatever happened', async () => {
  fc.assert(
    fc.property(fc.array(move, { minLength: 50, maxLength: 150 }), (moves) => {
      const live = new LiveState();
      return recordedOf([...beginning, ...moves]).every((recorded) => {
        live.fold(recorded);
        return isAsCounted(live);
      });
    }),
    { ...replayable, numRuns: 40 },
  );
});

function isAsCounted(live: LiveState): boolean {
  const pages = [...live.pages.values()];
  const granted = (type: 'user' | 'group', id: string): number =>
    pages.filter(({ grants }) => grants[type].has(id)).reduce((sum, page) => sum + chargeOf(bytesOfAlarms(page)), 0);
  return (
    pages.every((page) => page.bytes === bytesOfAlarms(page)) &&
    [...live.users.keys()].every(
      (id) =>
        live.sharedBytes.grantedTo('user', id) === granted('user', id) &&
        live.sharedBytes.ownedBy(id) ===
          pages.filter(({ owner_id }) => owner_id === id).reduce((sum, page) => sum + page.bytes, 0),
    ) &&
    [...live.groups.keys()].every((id) => live.sharedBytes.grantedTo('group', id) === granted('group', id))
  );
}
