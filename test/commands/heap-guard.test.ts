/** When nothing more may be created, judged by readings of the heap; and what counts as creating. */
import t from 'tap';
import { createAlarm } from '../../src/commands/alarms/create-alarm.js';
import { deleteAlarm } from '../../src/commands/alarms/delete-alarm.js';
import { triggerAlarm } from '../../src/commands/alarms/trigger-alarm.js';
import { updateAlarm } from '../../src/commands/alarms/update-alarm.js';
import { noCountLimits } from '../../src/commands/count-limits.js';
import { addGroupMember } from '../../src/commands/groups/add-group-member.js';
import { createGroup } from '../../src/commands/groups/create-group.js';
import { removeGroupMember } from '../../src/commands/groups/remove-group-member.js';
import type { Bounds } from '../../src/commands/handling/decider.js';
import { HEAP_FRACTION, HeapGuard, heapFull } from '../../src/commands/handling/heap-guard.js';
import { createPage } from '../../src/commands/pages/create-page.js';
import { deletePage } from '../../src/commands/pages/delete-page.js';
import { sharePage } from '../../src/commands/pages/share-page.js';
import { SharedLimit } from '../../src/commands/shared-limit.js';
import { ALARM, desk, GROUP, member, owner, PAGE, stranger, viewer } from './scenario.js';

t.test(
  'LIM-21 above 80 % of the limit nothing more may be made, and below it again; each change is told once',
  async (t) => {
    let used = 0;
    let now = 0;
    let readings = 0;
    const told: boolean[] = [];
    const guard = new HeapGuard({
      onChange: (isFull) => told.push(isFull),
      read: () => ((readings += 1), { used, limit: 1_000 }),
      now: () => now,
    });
    t.equal(HEAP_FRACTION, 0.8);
    t.equal(guard.allows(), true);
    used = 801;
    t.equal(guard.allows(), true, 'a reading is good for a tenth of a second');
    now += 100;
    t.equal(guard.allows(), false);
    t.equal(guard.isFull, true);
    now += 100;
    t.equal(guard.allows(), false);
    used = 800;
    now += 100;
    t.equal(guard.allows(), true);
    t.same(told, [true, false]);
    used = 900;
    const before = readings;
    t.equal(
      Array.from({ length: 1_000 }, () => guard.allows()).filter(Boolean).length < 500,
      true,
      'or for 500 creations, if they come faster',
    );
    t.ok(readings - before <= 2);
  },
);

const bounds: Bounds = {
  limits: noCountLimits,
  underWay: () => 0,
  mayGrow: () => false,
  shared: new SharedLimit(Infinity),
  open: () => null,
  settle: () => undefined,
};
const alarm = { ticker: 'EUR/USD', option: 'spot', condition: 'above' };
const grant = (can_view: boolean) =>
  ({ page_id: PAGE, subject_type: 'user', subject_id: viewer, can_view, can_edit: false }) as const;
desk
  .when(owner, createAlarm, { page_id: PAGE, ...alarm }, bounds)
  .then(heapFull, 'LIM-21 no alarm is made')
  .when(owner, createPage, { name: 'Page' }, bounds)
  .then(heapFull, 'LIM-21 no page is made')
  .when(owner, createGroup, { name: 'Group' }, bounds)
  .then(heapFull, 'LIM-21 no group is made')
  .when(owner, addGroupMember, { group_id: GROUP, user_id: stranger }, bounds)
  .then(heapFull, 'LIM-21 nobody is put into a group')
  .when(owner, sharePage, grant(true), bounds)
  .then(heapFull, 'LIM-21 nothing is granted')
  .when(owner, sharePage, grant(false), bounds)
  .then(
    { type: 'PageShared', data: { subject_type: 'user', subject_id: viewer, can_view: false, can_edit: false } },
    'LIM-21 a grant can be taken away',
  )
  .when(owner, removeGroupMember, { group_id: GROUP, user_id: member }, bounds)
  .then({ type: 'GroupMemberRemoved', data: { user_id: member } }, 'LIM-21 a member can be taken out')
  .when(owner, triggerAlarm, { alarm_id: ALARM, price: 1 }, bounds)
  .then({ type: 'AlarmTriggered', data: { alarm_id: ALARM, price: 1 } }, 'LIM-21 an alarm can be triggered')
  .when(owner, updateAlarm, { alarm_id: ALARM, active: false }, bounds)
  .then({ type: 'AlarmUpdated', data: { alarm_id: ALARM, active: false } }, 'LIM-21 an alarm can be changed')
  .when(owner, deleteAlarm, { alarm_id: ALARM }, bounds)
  .then({ type: 'AlarmDeleted', data: { alarm_id: ALARM } }, 'LIM-21 an alarm can be deleted')
  .when(owner, deletePage, { page_id: PAGE }, bounds)
  .then({ type: 'PageDeleted', data: {} }, 'LIM-21 a page can be deleted');
