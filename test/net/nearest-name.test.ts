import t from 'tap';
import { nearestName } from '../../src/net/nearest-name.js';

const known = ['after_seq', 'limit', 'min_position'];

t.test('HTTP-9 the nearest known name is found by edits, and nothing is guessed where none is near', async (t) => {
  for (const [name, nearest] of [
    ['afterseq', 'after_seq'],
    ['after', undefined],
    ['limt', 'limit'],
    ['LIMIT', 'limit'],
    ['minposition', 'min_position'],
    ['from', undefined],
    ['x', undefined],
    ['', undefined],
    ['limits', 'limit'],
  ] as const) {
    t.equal(nearestName(name, known), nearest, name);
  }
  const startedAt = performance.now();
  t.equal(nearestName('x'.repeat(100_000), known), undefined);
  t.ok(performance.now() - startedAt < 1_000, 'an endless name costs nothing');
});
