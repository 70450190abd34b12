/** The heap of due times, against a sorted list. */
import fc from 'fast-check';
import t from 'tap';
import { DueHeap } from '../../../src/processes/timers/due-heap.js';

t.test('TIMER-2 the first is always the one that is due first, whatever was moved and removed', async () => {
  const move = fc.record({ id: fc.constantFrom(...'abcdefghij'), dueMs: fc.nat(20), isRemoved: fc.boolean() });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      const heap = new DueHeap();
      const known = new Map<string, number>();
      for (const { id, dueMs, isRemoved } of moves) {
        if (isRemoved) {
          heap.delete(id);
          known.delete(id);
        } else {
          heap.set(id, dueMs);
          known.set(id, dueMs);
        }
        const first = known.size === 0 ? undefined : Math.min(...known.values());
        if (heap.first?.dueMs !== first || heap.size !== known.size || heap.has(id) !== known.has(id))
          throw new Error(`${heap.first?.dueMs} instead of ${first}`);
        if (heap.countBefore(10) !== [...known.values()].filter((due) => due < 10).length) throw new Error('count');
      }
    }),
    { numRuns: 200 },
  );
});
