import { createAlarm } from '../../src/commands/alarms/create-alarm.js';
import { denied } from '../../src/domain/authorization.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { notFound, refuse } from '../../src/domain/refusals.js';
import { pageStream } from '../../src/domain/streams.js';
import {
  desk,
  editor,
  GROUP,
  member,
  NEW_ID,
  owner,
  PAGE,
  page,
  refusedPayload,
  stranger,
  viewer,
} from './scenario.js';

const fields = { ticker: 'EUR/USD', option: 'spot', condition: 'above' };
const payload = { page_id: PAGE, ...fields };
const created: DomainEvent = { type: 'AlarmCreated', data: { alarm_id: NEW_ID, ...fields } };
const usedLongAgo = refuse('id_reused', 'This command id already created an alarm: use a new id');

desk.when(owner, createAlarm, payload).then(created, 'PERM-1 the owner may create', 'owner');
desk.when(editor, createAlarm, payload).then(created, 'PERM-3 a user who may edit may create', 'direct');
desk
  .sharedTo(GROUP, 'edit')
  .when(member, createAlarm, payload)
  .then(created, 'PERM-5 a group that may edit lets its members create', `group:${GROUP}`);

desk
  .when(viewer, createAlarm, payload)
  .then(denied('edit'), 'PERM-8 a user who may only view is told that')
  .when(member, createAlarm, payload)
  .then(denied('edit'), 'PERM-8 whose group may only view too')
  .when(stranger, createAlarm, payload)
  .then(notFound('page'), 'PERM-7 what one may not see')
  .when(stranger, createAlarm, { ...payload, page_id: 'never given out' })
  .then(notFound('page'), 'PERM-7 is answered as what does not exist');

desk.deleted().when(owner, createAlarm, payload).then(notFound('page'), 'PERM-7 a deleted page does not exist');

page
  .when(owner, createAlarm, payload)
  .then(created, 'CMD-1 the id of the alarm follows from that of the command')
  .when(owner, createAlarm, payload)
  .then(usedLongAgo, 'CMD-2 an id so old that it is forgotten does not make the same alarm again');

page
  .given(pageStream('other'), owner, { type: 'PageCreated', data: { name: 'Other', owner_id: owner } })
  .given(pageStream('other'), owner, created)
  .when(owner, createAlarm, payload)
  .then(usedLongAgo, 'CMD-2 nor one alarm on two pages');

for (const wrong of [
  { ticker: '' },
  { ticker: 'x'.repeat(101) },
  { option: 'x'.repeat(101) },
  { condition: 'x'.repeat(501) },
  { condition: 'a\nb' },
  { page_id: 7 },
  { ticker: undefined },
]) {
  refusedPayload(createAlarm, { ...payload, ...wrong }, `WIRE-2 ${JSON.stringify(wrong).slice(0, 40)} is refused`);
}
