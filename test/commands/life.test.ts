/** Acknowledging, taking back, clearing and assigning, and the settings of an alarm. */
import { ackAlarm } from '../../src/commands/alarms/ack-alarm.js';
import { assignAlarm } from '../../src/commands/alarms/assign-alarm.js';
import { clearAlarm } from '../../src/commands/alarms/clear-alarm.js';
import { createAlarm } from '../../src/commands/alarms/create-alarm.js';
import { triggerAlarm } from '../../src/commands/alarms/trigger-alarm.js';
import { unackAlarm } from '../../src/commands/alarms/unack-alarm.js';
import { updateAlarm } from '../../src/commands/alarms/update-alarm.js';
import { ackPage } from '../../src/commands/pages/ack-page.js';
import { denied } from '../../src/domain/authorization.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { notFound, refuse } from '../../src/domain/refusals.js';
import { pageStream } from '../../src/domain/streams.js';
import { atPlace } from '../domain/recording.js';
import { ALARM, desk, editor, member, NEW_ID, owner, PAGE, refusedPayload, stranger, viewer } from './scenario.js';

const alarm = { alarm_id: ALARM };
const upto = (seq: number) => ({ ...alarm, upto: seq });
const ack = (seq: number): DomainEvent => ({ type: 'AlarmAcknowledged', data: upto(seq) });
const unack: DomainEvent = { type: 'AlarmUnacknowledged', data: alarm };
const clear: DomainEvent = { type: 'AlarmCleared', data: alarm };
const assign = (user_id: string | null): DomainEvent => ({ type: 'AlarmAssigned', data: { ...alarm, user_id } });
const triggered: DomainEvent = { type: 'AlarmTriggered', data: { ...alarm, price: 1 } };
const fired = desk.given(pageStream(PAGE), viewer, triggered);
// The page: 0 created, 1 the alarm, 2 to 4 grants, 5 the trigger.
const nothing = refuse('nothing_open', 'This alarm has no open occurrence: there is nothing to acknowledge');

fired
  .when(viewer, ackAlarm, upto(5))
  .then(ack(5), 'LIFE-5 who may view may acknowledge')
  .when(editor, ackAlarm, upto(5))
  .then(
    refuse('already_acknowledged', 'These triggers were acknowledged before, up to seq 5', {
      by: viewer,
      at: atPlace(14),
      upto: 5,
      comment: null,
    }),
    'LIFE-4 who comes second is told who was first',
  )
  .when(editor, ackAlarm, upto(6))
  .then(
    refuse('already_acknowledged', 'These triggers were acknowledged before, up to seq 5', {
      by: viewer,
      at: atPlace(14),
      upto: 5,
      comment: null,
    }),
    'LIFE-3 also with a later seq: the last trigger below it is the same',
  )
  .when(member, unackAlarm, alarm)
  .then(denied('edit'), "LIFE-5 another user's acknowledgement needs edit")
  .when(member, clearAlarm, alarm)
  .then(denied('edit'), 'LIFE-5 clearing it too')
  .when(viewer, unackAlarm, alarm)
  .then(unack, "LIFE-5 one's own needs view")
  .when(editor, unackAlarm, alarm)
  .then(
    refuse('nothing_to_do', 'The alarm is not acknowledged: there is nothing to take back'),
    'LIFE-4 there is nothing left to take back',
  )
  .when(editor, ackAlarm, upto(5))
  .then(ack(5), 'LIFE-3 it can be acknowledged again')
  .when(viewer, unackAlarm, alarm)
  .then(denied('edit'), 'LIFE-5 that is not the viewer’s')
  .when(viewer, triggerAlarm, { ...alarm, price: 2 })
  .then({ type: 'AlarmTriggered', data: { ...alarm, price: 2 } }, 'LIFE-2 a trigger begins a new occurrence')
  .when(editor, ackAlarm, upto(8))
  .then(
    refuse(
      'nothing_open',
      'The open occurrence of this alarm began later, at seq 9: there is nothing to acknowledge up to 8',
    ),
    'LIFE-3 an acknowledgement of what one has seen does not touch it',
  )
  .when(editor, unackAlarm, alarm)
  .then(
    refuse('nothing_to_do', 'The alarm is not acknowledged: there is nothing to take back'),
    'LIFE-2 nor is the former acknowledgement there',
  )
  .when(owner, clearAlarm, alarm)
  .then(clear, 'LIFE-2 it is cleared')
  .when(owner, clearAlarm, alarm)
  .then(refuse('nothing_to_do', 'The alarm has no occurrence: there is nothing to clear'), 'LIFE-4 once')
  .when(owner, ackAlarm, upto(9))
  .then(nothing, 'LIFE-4 and nothing is open');

fired
  .when(viewer, ackAlarm, upto(6))
  .then(
    refuse('invalid_message', 'ack_alarm: upto: must be a seq of this page, which is at 5', {
      fields: [{ field: 'upto', message: 'must be a seq of this page, which is at 5' }],
    }),
    'LIFE-4 a seq that the page has not reached',
  )
  .when(stranger, ackAlarm, upto(5))
  .then(notFound('alarm'), 'PERM-7 what one may not see')
  .when(viewer, ackAlarm, upto(4))
  .then(
    refuse(
      'nothing_open',
      'The open occurrence of this alarm began later, at seq 5: there is nothing to acknowledge up to 4',
    ),
    'LIFE-3 a seq before the first trigger',
  );
desk.when(viewer, ackAlarm, upto(4)).then(nothing, 'LIFE-4 an alarm that was never triggered');
fired
  .given(pageStream(PAGE), owner, { type: 'AlarmUpdated', data: { ...alarm, ticker: 'EUR/GBP' } })
  .when(viewer, ackAlarm, upto(5))
  .then(nothing, 'LIFE-2 another ticker ends the occurrence');

const ackedPage = (seq: number): DomainEvent => ({ type: 'PageAcknowledged', data: { upto: seq } });
const page = (seq: number) => ({ page_id: PAGE, upto: seq });
const nothingUpTo = (seq: number) =>
  refuse(
    'nothing_to_do',
    `No alarm of this page has an open trigger up to seq ${seq}: there is nothing to acknowledge`,
  );
fired
  .when(stranger, ackPage, page(5))
  .then(notFound('page'), 'PERM-7 a page that one may not see')
  .when(viewer, ackPage, page(4))
  .then(nothingUpTo(4), 'LIFE-9 a seq before the first open trigger')
  .when(viewer, ackPage, page(6))
  .then(
    refuse('invalid_message', 'ack_page: upto: must be a seq of this page, which is at 5', {
      fields: [{ field: 'upto', message: 'must be a seq of this page, which is at 5' }],
    }),
    'LIFE-9 a seq that the page has not reached',
  )
  .when(viewer, ackPage, page(5))
  .then(ackedPage(5), 'LIFE-9 who may view may acknowledge the page')
  .when(editor, ackPage, page(6))
  .then(nothingUpTo(6), 'LIFE-9 nothing is left')
  .when(editor, unackAlarm, alarm)
  .then(unack, 'LIFE-9 it is the acknowledgement of each alarm')
  .when(viewer, triggerAlarm, { ...alarm, price: 1 })
  .then(triggered, 'LIFE-9 a trigger after it')
  .when(viewer, ackPage, page(5))
  .then(ackedPage(5), 'LIFE-9 is not touched by an acknowledgement of what came before')
  .when(viewer, ackPage, page(5))
  .then(nothingUpTo(5), 'LIFE-9 which is there once');

desk
  .when(viewer, assignAlarm, { ...alarm, user_id: viewer })
  .then(assign(viewer), 'LIFE-5 who may view may assign themselves')
  .when(viewer, assignAlarm, { ...alarm, user_id: null })
  .then(assign(null), 'LIFE-5 and end that')
  .when(viewer, assignAlarm, { ...alarm, user_id: editor })
  .then(denied('edit'), 'LIFE-5 not others')
  .when(editor, assignAlarm, { ...alarm, user_id: viewer })
  .then(assign(viewer), 'LIFE-5 who may edit may assign others')
  .when(member, assignAlarm, { ...alarm, user_id: null })
  .then(denied('edit'), 'LIFE-5 others do not end it')
  .when(editor, assignAlarm, { ...alarm, user_id: stranger })
  .then(
    refuse('invalid_message', 'assign_alarm: user_id: must be a user who may view this page, or null', {
      fields: [{ field: 'user_id', message: 'must be a user who may view this page, or null' }],
    }),
    'LIFE-5 only to who may view the page',
  );

desk
  .when(editor, updateAlarm, { ...alarm, mode: 'once' })
  .then({ type: 'AlarmUpdated', data: { ...alarm, mode: 'once' } }, 'LIFE-6 the mode is set')
  .when(viewer, triggerAlarm, { ...alarm, price: 1 })
  .then(triggered, 'LIFE-6 the first trigger')
  .when(viewer, triggerAlarm, { ...alarm, price: 1 })
  .then(
    refuse('alarm_inactive', 'This alarm is inactive: set active to true before triggering it'),
    'LIFE-6 has switched it off',
  );

const fields = { ticker: 'EUR/USD', option: '', condition: '' };
desk.when(owner, createAlarm, { page_id: PAGE, ...fields, severity: 'critical', tags: ['ecb'], mode: null }).then(
  {
    type: 'AlarmCreated',
    data: { alarm_id: NEW_ID, ...fields, severity: 'critical', mode: null, tags: ['ecb'] },
  },
  'LIFE-1 an alarm may be created with settings',
);
for (const wrong of [
  { severity: 'urgent' },
  { mode: 'never' },
  { cooldown_s: 0 },
  { cooldown_s: 604_801 },
  { cooldown_s: 1.5 },
  { tags: [''] },
  { tags: Array.from({ length: 21 }, String) },
  { tags: ['x'.repeat(51)] },
])
  refusedPayload(createAlarm, { page_id: PAGE, ...fields, ...wrong }, `WIRE-2 ${JSON.stringify(wrong).slice(0, 40)}`);
for (const wrong of [-1, 1.5, '5', null]) refusedPayload(ackAlarm, { ...alarm, upto: wrong }, `WIRE-2 upto ${wrong}`);
refusedPayload(assignAlarm, alarm, 'WIRE-2 an assignment names somebody, or null');
