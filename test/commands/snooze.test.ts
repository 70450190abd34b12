/** Snoozing, expiry and re-notification: what may be asked for, and what is settled before it is decided. */
import t from 'tap';
import { ackAlarm } from '../../src/commands/alarms/ack-alarm.js';
import { createAlarm } from '../../src/commands/alarms/create-alarm.js';
import { snoozeAlarm } from '../../src/commands/alarms/snooze-alarm.js';
import { triggerAlarm } from '../../src/commands/alarms/trigger-alarm.js';
import { unsnoozeAlarm } from '../../src/commands/alarms/unsnooze-alarm.js';
import { updateAlarm } from '../../src/commands/alarms/update-alarm.js';
import { noCountLimits } from '../../src/commands/count-limits.js';
import type { Bounds } from '../../src/commands/handling/decider.js';
import { ackPage } from '../../src/commands/pages/ack-page.js';
import { SharedLimit } from '../../src/commands/shared-limit.js';
import { denied } from '../../src/domain/authorization.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { refuse } from '../../src/domain/refusals.js';
import { pageStream } from '../../src/domain/streams.js';
import type { NewEvent } from '../../src/log/event-log.js';
import { ALARM, desk, editor, NOW, owner, PAGE, refusedPayload, stranger, viewer } from './scenario.js';

const alarm = { alarm_id: ALARM };
const TOMORROW = '2026-02-02T08:00:00.000Z';
const snoozed = (until: string): DomainEvent => ({ type: 'AlarmSnoozed', data: { ...alarm, until } });
const update = (data: object): DomainEvent => ({ type: 'AlarmUpdated', data: { ...alarm, ...data } });
const onPage = pageStream(PAGE);
const triggered: DomainEvent = { type: 'AlarmTriggered', data: { ...alarm, price: 1 } };

desk
  .when(viewer, snoozeAlarm, { ...alarm, for_s: 60 })
  .then(denied('edit'), 'LIFE-10 snoozing needs edit')
  .when(editor, unsnoozeAlarm, alarm)
  .then(refuse('nothing_to_do', 'The alarm is not snoozed: there is nothing to end'), 'LIFE-10 nothing to end')
  .when(editor, snoozeAlarm, { ...alarm, for_s: 86_400 })
  .then(snoozed(TOMORROW), 'LIFE-10 for a day')
  .when(editor, snoozeAlarm, { ...alarm, until: '2026-02-01T10:00:00+01:00' })
  .then(snoozed('2026-02-01T09:00:00.000Z'), 'LIFE-10 again, until a moment, which is stored in UTC')
  .when(viewer, unsnoozeAlarm, alarm)
  .then(denied('edit'), 'LIFE-10 ending it needs edit')
  .when(owner, unsnoozeAlarm, alarm)
  .then({ type: 'AlarmUnsnoozed', data: alarm }, 'LIFE-10 it is ended');
const notWithinAWeek = refuse(
  'invalid_message',
  `snooze_alarm: until: must be after now, which is ${NOW}, and within 604800 seconds`,
  { fields: [{ field: 'until', message: `must be after now, which is ${NOW}, and within 604800 seconds` }] },
);
for (const until of [NOW, '2026-02-08T08:00:00.001Z'])
  desk.when(editor, snoozeAlarm, { ...alarm, until }).then(notWithinAWeek, `LIFE-10 not until ${until}`);
for (const wrong of [{}, { for_s: 0 }, { for_s: 604_801 }, { for_s: 60, until: TOMORROW }, { until: 'tomorrow' }])
  refusedPayload(snoozeAlarm, { ...alarm, ...wrong }, `WIRE-2 a snooze of ${JSON.stringify(wrong)}`);
for (const wrong of [
  { renotify_s: 29 },
  { renotify_s: 86_401 },
  { renotify_max: 0 },
  { renotify_max: 101 },
  { expires_at: '2026-02-30' },
  { expires_at: '9999-12-31T23:59:59-12:00' },
])
  refusedPayload(updateAlarm, { ...alarm, ...wrong }, `WIRE-2 ${JSON.stringify(wrong)}`);

desk
  .when(editor, updateAlarm, { ...alarm, expires_at: '2026-02-02T09:00:00+01:00', renotify_s: 30 })
  .then(update({ expires_at: TOMORROW, renotify_s: 30 }), 'LIFE-11 LIFE-12 the settings are given');
const isPast = (kind: string) =>
  refuse('invalid_message', `${kind}: expires_at: must be in the future: now is ${NOW}. null removes it`, {
    fields: [{ field: 'expires_at', message: `must be in the future: now is ${NOW}. null removes it` }],
  });
desk.when(editor, updateAlarm, { ...alarm, expires_at: NOW }).then(isPast('update_alarm'), 'LIFE-11 not in the past');
desk
  .when(editor, createAlarm, { page_id: PAGE, ticker: 'EUR/USD', option: '', condition: '', expires_at: NOW })
  .then(isPast('create_alarm'), 'LIFE-11 nor of a new alarm');

/** Bounds that note what is settled. Each decision is made twice: alone and as one of a batch. */
function noting(): { readonly bounds: Bounds; readonly settled: NewEvent[] } {
  const settled: NewEvent[] = [];
  const bounds: Bounds = {
    limits: noCountLimits,
    underWay: () => 0,
    mayGrow: () => true,
    shared: new SharedLimit(Infinity),
    open: () => null,
    settle: (event) => settled.push(event),
  };
  return { bounds, settled };
}
const typesOf = (events: readonly NewEvent[]): string[] =>
  events.slice(0, events.length / 2).map(({ event }) => event.type);

// All of it is overdue at NOW: the snooze first, then the expiry.
const overdue = desk
  .given(onPage, editor, update({ renotify_s: 30, expires_at: '2026-01-16T00:00:00.000Z' }))
  .given(onPage, viewer, triggered)
  .given(onPage, editor, snoozed('2026-01-15T11:00:00.000Z'));

t.test('TIMER-3 what is overdue on the alarm is settled before the decision, in order of due time', async (t) => {
  const { bounds, settled } = noting();
  overdue
    .when(viewer, triggerAlarm, { ...alarm, price: 2 }, bounds)
    .then(
      refuse('alarm_inactive', 'This alarm is inactive: set active to true before triggering it'),
      'LIFE-11 it has expired: no trigger is accepted on the state before',
    );
  t.same(typesOf(settled), ['AlarmUnsnoozed', 'AlarmExpired']);
  t.same(settled[0], settled[2], 'the same on any node: its id follows from the deadline');
  t.match(settled[0], { metadata: { by: 'system', at: NOW, key: settled[0]?.id, v: 1 } });
  t.notOk(settled[0]?.metadata.id, 'without a command id');
});

t.test(
  'TIMER-3 a stranger settles nothing, and an acknowledgement of the page all that is overdue on it',
  async (t) => {
    const { bounds, settled } = noting();
    overdue.when(stranger, triggerAlarm, { ...alarm, price: 2 }, bounds);
    t.same(settled, []);
    overdue
      .when(viewer, ackPage, { page_id: PAGE, upto: 7 }, bounds)
      .then({ type: 'PageAcknowledged', data: { upto: 7 } }, 'LIFE-9 then it is acknowledged');
    t.same(typesOf(settled), ['AlarmUnsnoozed', 'AlarmExpired']);
  },
);

t.test('LIFE-12 missed re-notifications become one', async (t) => {
  const { bounds, settled } = noting();
  desk
    .given(onPage, editor, update({ renotify_s: 30 }))
    .given(onPage, viewer, triggered)
    .when(viewer, ackAlarm, { ...alarm, upto: 6 }, bounds)
    .then({ type: 'AlarmAcknowledged', data: { ...alarm, upto: 6 } }, 'LIFE-12 and the acknowledgement follows');
  t.same(typesOf(settled), ['AlarmRenotified']);
  t.match(settled[0]?.event.data, { arm: 6, n: 1 });
});
