import { updateAlarm } from '../../src/commands/alarms/update-alarm.js';
import { denied } from '../../src/domain/authorization.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { notFound } from '../../src/domain/refusals.js';
import { ALARM, desk, editor, GROUP, member, owner, page, refusedPayload, stranger, viewer } from './scenario.js';

const payload = { alarm_id: ALARM, ticker: 'EUR/GBP', active: false };
const updated: DomainEvent = { type: 'AlarmUpdated', data: payload };

desk
  .when(owner, updateAlarm, payload)
  .then(updated, 'PERM-1 the owner may update', 'owner')
  .when(editor, updateAlarm, payload)
  .then(updated, 'PERM-3 a user who may edit may update', 'direct')
  .when(viewer, updateAlarm, payload)
  .then(denied('edit'), 'PERM-8 a user who may only view is told that')
  .when(member, updateAlarm, payload)
  .then(denied('edit'), 'PERM-8 whose group may only view too')
  .when(stranger, updateAlarm, payload)
  .then(notFound('alarm'), 'PERM-7 what one may not see')
  .when(stranger, updateAlarm, { ...payload, alarm_id: 'never given out' })
  .then(notFound('alarm'), 'PERM-7 is answered as what does not exist')
  .sharedTo(GROUP, 'edit')
  .when(member, updateAlarm, payload)
  .then(updated, 'PERM-5 the group was granted more', `group:${GROUP}`);

page
  .withInactiveAlarm()
  .when(owner, updateAlarm, { alarm_id: ALARM, active: false })
  .then(
    { type: 'AlarmUpdated', data: { alarm_id: ALARM, active: false } },
    'CMD-6 what is so already is an event all the same',
  );
desk.without(ALARM).when(owner, updateAlarm, payload).then(notFound('alarm'), 'PERM-7 a deleted alarm does not exist');

refusedPayload(updateAlarm, { alarm_id: ALARM }, 'WIRE-2 a change of nothing is refused');
refusedPayload(updateAlarm, { alarm_id: ALARM, ticker: null }, 'WIRE-2 null is not the same as not given');
refusedPayload(updateAlarm, { alarm_id: ALARM, active: 'yes' }, 'WIRE-2 active is true or false');
