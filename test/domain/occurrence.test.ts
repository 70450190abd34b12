/** Occurrences: what triggers, acknowledgements and clearing make of an alarm, by a model that keeps every trigger. */
import fc from 'fast-check';
import t from 'tap';
import { quietCause } from '../../src/domain/alarm.js';
import type { PageEvent } from '../../src/domain/events.js';
import { acknowledgeable } from '../../src/domain/occurrence.js';
import { evolve, newPage } from '../../src/domain/page.js';

const START = Date.parse('2026-01-15T10:30:00.000Z');

const event = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('trigger' as const), price: fc.integer() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('ack' as const), back: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unack' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rename' as const) }) },
);

t.test('LIFE-2 LIFE-3 LIFE-7 an occurrence is the triggers that nobody has dealt with', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(event, fc.integer({ min: 0, max: 90_000 })), { maxLength: 60 }),
      fc.constantFrom('every' as const, 'cooldown' as const),
      (moves, mode) => {
        const page = newPage('page', 'Desk', 'olga');
        let now = START;
        const fold = (one: PageEvent): void => evolve(page, one, { at: new Date(now).toISOString(), by: 'olga' });
        fold({ type: 'AlarmCreated', data: { alarm_id: 'a', ticker: 'x', option: '', condition: '', mode } });
        let triggers: number[] = [];
        let ack: number | undefined;
        let ackTimes = 0;
        let toldAt = -Infinity;
        let accepted = 0;
        let ended = 0;
        for (const [move, passedMs] of moves) {
          now += passedMs;
          const seq = page.seq + 1;
          const alarm = page.alarms.get('a')!;
          const isOver = triggers.length === 0 || (ack !== undefined && ack >= triggers.at(-1)!);
          if (move.kind === 'trigger') {
            const isQuiet = mode === 'cooldown' && now - toldAt < 60_000;
            if ((quietCause(alarm, new Date(now).toISOString()) === 'cooldown') !== isQuiet) return false;
            fold({ type: 'AlarmTriggered', data: { alarm_id: 'a', price: move.price } });
            accepted += 1;
            if (isOver) {
              ended += triggers.length;
              triggers = [];
              ack = undefined;
            }
            triggers.push(seq);
            if (!isQuiet) toldAt = now;
          } else if (move.kind === 'ack') {
            if (!alarm.occurrence || isOver) continue;
            const given = page.seq - move.back;
            const upto = acknowledgeable(alarm.occurrence, given);
            const right = triggers.filter((one) => one <= given).at(-1);
            if (right !== undefined && triggers.length - triggers.indexOf(right) <= 16 && upto !== right) return false;
            if (right === undefined && upto !== undefined) return false;
            if (upto === undefined || (ack !== undefined && upto <= ack)) continue;
            fold({ type: 'AlarmAcknowledged', data: { alarm_id: 'a', upto } });
            ack = upto;
            ackTimes += 1;
            toldAt = -Infinity;
          } else if (move.kind === 'unack') {
            fold({ type: 'AlarmUnacknowledged', data: { alarm_id: 'a' } });
            ack = undefined;
            if (alarm.occurrence) toldAt = -Infinity;
          } else {
            fold(
              move.kind === 'clear'
                ? { type: 'AlarmCleared', data: { alarm_id: 'a' } }
                : { type: 'AlarmUpdated', data: { alarm_id: 'a', ticker: `x${seq}` } },
            );
            ended += triggers.length;
            triggers = [];
            ack = undefined;
            toldAt = -Infinity;
          }
          const { occurrence } = page.alarms.get('a')!;
          if (!occurrence !== (triggers.length === 0)) return false;
          if (!occurrence) continue;
          if (occurrence.first_seq !== triggers[0] || occurrence.last_seq !== triggers.at(-1)) return false;
          if (occurrence.count !== triggers.length || occurrence.ack?.upto !== ack) return false;
        }
        return ended + triggers.length === accepted && ackTimes >= 0;
      },
    ),
    { numRuns: 300 },
  );
});

t.test('LIFE-3 of very many triggers the older ones are acknowledged up to the seq that was given', async (t) => {
  const page = newPage('page', 'Desk', 'olga');
  const at = new Date(START).toISOString();
  evolve(
    page,
    { type: 'AlarmCreated', data: { alarm_id: 'a', ticker: 'x', option: '', condition: '' } },
    { at, by: 'o' },
  );
  for (let times = 0; times < 40; times += 1) {
    evolve(page, { type: 'AlarmTriggered', data: { alarm_id: 'a', price: 1 } }, { at, by: 'o' });
    evolve(page, { type: 'PageRenamed', data: { name: 'x' } }, { at, by: 'o' });
  }
  const { occurrence } = page.alarms.get('a')!;
  t.equal(acknowledgeable(occurrence!, 81), 80);
  t.equal(acknowledgeable(occurrence!, 79), 78);
  t.equal(acknowledgeable(occurrence!, 7), 7, 'never above what was given');
  t.equal(acknowledgeable(occurrence!, 1), undefined);
  t.equal(occurrence!.latest.length, 16, 'memory is bounded');
});
