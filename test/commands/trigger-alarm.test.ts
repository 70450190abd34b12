import t from 'tap';
import { triggerAlarm } from '../../src/commands/alarms/trigger-alarm.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { notFound, refuse } from '../../src/domain/refusals.js';
import { ALARM, desk, editor, GROUP, member, owner, page, refusedPayload, stranger, viewer } from './scenario.js';

const payload = { alarm_id: ALARM, price: 1.085 };
const triggered: DomainEvent = { type: 'AlarmTriggered', data: payload };
const inactive = refuse('alarm_inactive', 'This alarm is inactive: set active to true before triggering it');

desk
  .when(owner, triggerAlarm, payload)
  .then(triggered, 'PERM-1 the owner may trigger', 'owner')
  .when(editor, triggerAlarm, payload)
  .then(triggered, 'PERM-3 a user who may edit may trigger', 'direct')
  .when(viewer, triggerAlarm, payload)
  .then(triggered, 'PERM-2 a user who may view may trigger', 'direct')
  .when(member, triggerAlarm, payload)
  .then(triggered, 'PERM-5 a group that may view lets its members trigger', `group:${GROUP}`)
  .when(stranger, triggerAlarm, payload)
  .then(notFound('alarm'), 'PERM-7 what one may not see')
  .when(stranger, triggerAlarm, { ...payload, alarm_id: 'never given out' })
  .then(notFound('alarm'), 'PERM-7 is answered as what does not exist')
  .when(owner, triggerAlarm, { ...payload, alarm_id: 'never given out' })
  .then(notFound('alarm'), 'PERM-7 also to an owner of other alarms');

page
  .withAlarm()
  .sharedTo(viewer, 'view')
  .sharedTo(viewer, 'none')
  .when(viewer, triggerAlarm, payload)
  .then(notFound('alarm'), 'PERM-6 a right that was taken away is gone');

page
  .withInactiveAlarm()
  .sharedTo(viewer, 'view')
  .when(viewer, triggerAlarm, payload)
  .then(inactive, 'CMD-4 an inactive alarm is not triggered')
  .when(owner, triggerAlarm, payload)
  .then(inactive, 'CMD-4 not by its owner either')
  .when(stranger, triggerAlarm, payload)
  .then(notFound('alarm'), 'PERM-7 and a user who may not see it does not learn that it is inactive');

desk.without(ALARM).when(owner, triggerAlarm, payload).then(notFound('alarm'), 'PERM-7 a deleted alarm does not exist');
desk.deleted().when(owner, triggerAlarm, payload).then(notFound('alarm'), 'PERM-7 nor do the alarms of a deleted page');

for (const price of ['1.085', null, undefined, Number.NaN, Number.POSITIVE_INFINITY])
  refusedPayload(triggerAlarm, { ...payload, price }, `WIRE-2 a price of ${String(price)} is none`);
t.same(
  triggerAlarm.payload.parse({ ...payload, price: -37.63 }),
  { ...payload, price: -37.63 },
  'WIRE-2 prices below zero have been traded',
);
