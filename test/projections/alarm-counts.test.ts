/** Figures of alarms' lives: counted at any moment as a look at every alarm counts them. */
import fc from 'fast-check';
import t from 'tap';
import { secondsToAcknowledge } from '../../src/alarm-metrics.js';
import { isOpen } from '../../src/domain/occurrence.js';
import { pageStream } from '../../src/domain/streams.js';
import { AlarmCounts } from '../../src/projections/alarm-counts.js';
import { LiveState } from '../../src/projections/live-state.js';
import { Recording } from '../domain/recording.js';
import { move, recordedOf } from './random-history.js';

t.test(
  'LIFE-14 alarms by state are those of a look at each of them, whatever happened since the last one',
  async (t) => {
    fc.assert(
      fc.property(
        fc.array(move, { minLength: 20, maxLength: 120 }),
        fc.integer({ min: 1, max: 20 }),
        (moves, every) => {
          const live = new LiveState();
          const counts = new AlarmCounts(() => live.pages.values());
          for (const [at, recorded] of recordedOf(moves).entries()) {
            live.fold(recorded);
            if (at % every > 0) continue;
            const alarms = [...live.pages.values()].flatMap((page) => [...page.alarms.values()]);
            t.same(counts.count(), {
              open: alarms.filter(({ occurrence }) => occurrence && isOpen(occurrence)).length,
              acknowledged: alarms.filter(({ occurrence }) => occurrence && !isOpen(occurrence)).length,
              snoozed: alarms.filter(({ snoozed }) => snoozed).length,
            });
          }
        },
      ),
      { numRuns: 20 },
    );
  },
);

t.test('LIFE-14 the time to acknowledge is that of an occurrence of which nothing is left open', async (t) => {
  const live = new LiveState();
  const recording = new Recording();
  const fold = (event: Parameters<Recording['record']>[2]): number[] =>
    secondsToAcknowledge(live.fold(recording.record(pageStream('p'), 'olga', event)));
  fold({ type: 'PageCreated', data: { name: 'Desk', owner_id: 'olga' } });
  for (const alarm_id of ['a', 'b'])
    fold({ type: 'AlarmCreated', data: { alarm_id, ticker: 'EUR/USD', option: '', condition: '' } });
  // Seqs 3 to 5; a second passes from one event to the next.
  for (const alarm_id of ['a', 'a', 'b']) t.same(fold({ type: 'AlarmTriggered', data: { alarm_id, price: 1 } }), []);
  t.same(fold({ type: 'AlarmAcknowledged', data: { alarm_id: 'a', upto: 3 } }), [], 'one trigger of two');
  t.same(fold({ type: 'AlarmAcknowledged', data: { alarm_id: 'a', upto: 4 } }), [4]);
  t.same(fold({ type: 'PageAcknowledged', data: { upto: 5 } }), [3]);
  t.same(fold({ type: 'AlarmAcknowledged', data: { alarm_id: 'gone', upto: 5 } }), [], 'void');
});
