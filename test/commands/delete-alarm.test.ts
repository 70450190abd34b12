import { deleteAlarm } from '../../src/commands/alarms/delete-alarm.js';
import { denied } from '../../src/domain/authorization.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { notFound } from '../../src/domain/refusals.js';
import { ALARM, desk, editor, owner, stranger, viewer } from './scenario.js';

const payload = { alarm_id: ALARM };
const deleted: DomainEvent = { type: 'AlarmDeleted', data: payload };

desk
  .when(viewer, deleteAlarm, payload)
  .then(denied('edit'), 'PERM-8 a user who may only view is told that')
  .when(stranger, deleteAlarm, payload)
  .then(notFound('alarm'), 'PERM-7 what one may not see is answered as what does not exist')
  .when(editor, deleteAlarm, payload)
  .then(deleted, 'PERM-3 a user who may edit may delete', 'direct')
  .when(editor, deleteAlarm, payload)
  .then(notFound('alarm'), 'PERM-7 once: then it does not exist')
  .when(owner, deleteAlarm, payload)
  .then(notFound('alarm'), 'PERM-7 not for its owner either');

desk.when(owner, deleteAlarm, payload).then(deleted, 'PERM-1 the owner may delete', 'owner');
