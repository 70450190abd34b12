/** How much may be made: pages, groups, alarms and members at their limits, and what is under way. */

import { createAlarm } from '../../src/commands/alarms/create-alarm.js';
import { updateAlarm } from '../../src/commands/alarms/update-alarm.js';
import { type CountLimits, noCountLimits } from '../../src/commands/count-limits.js';
import { addGroupMember } from '../../src/commands/groups/add-group-member.js';
import { createGroup } from '../../src/commands/groups/create-group.js';
import type { Bounds } from '../../src/commands/handling/decider.js';
import { createPage } from '../../src/commands/pages/create-page.js';
import { SharedLimit } from '../../src/commands/shared-limit.js';
import { denied } from '../../src/domain/authorization.js';
import { refuse } from '../../src/domain/refusals.js';
import { pageStream } from '../../src/domain/streams.js';
import { ALARM, desk, editor, GROUP, member, NEW_ID, owner, PAGE, page, stranger, viewer } from './scenario.js';

const bounds = (limits: Partial<CountLimits>, underWay = 0): Bounds => ({
  limits: { ...noCountLimits, ...limits },
  underWay: () => underWay,
  mayGrow: () => true,
  shared: new SharedLimit(limits.sharedBytesPerUser ?? Infinity),
  open: () => null,
  settle: () => undefined,
});
const reached = (limit: number, what: string) => refuse('limit_reached', `At most ${limit} ${what}`, { limit });

const name = { name: 'Another' };
const pageCreated = (by: string) => ({ type: 'PageCreated' as const, data: { ...name, owner_id: by } });
const tooManyPages = (limit: number) => reached(limit, 'pages may be owned by one user: remove one first');
desk
  .when(owner, createPage, name, bounds({ pagesPerUser: 1 }))
  .then(tooManyPages(1), 'LIM-3 an owner at the limit of pages creates none')
  .when(viewer, createPage, name, bounds({ pagesPerUser: 1 }))
  .then(pageCreated(viewer), 'LIM-3 pages that one only sees do not count');
desk.when(owner, createPage, name, bounds({ pagesPerUser: 3 }, 2)).then(tooManyPages(3), 'LIM-3 those under way count');
desk.when(owner, createPage, name, bounds({ pagesPerUser: 3 }, 1)).then(pageCreated(owner), 'LIM-3 up to the limit');
desk
  .deleted()
  .when(owner, createPage, name, bounds({ pagesPerUser: 1 }))
  .then(pageCreated(owner), 'LIM-3 a deleted one makes room');

const alarm = { ticker: 'EUR/USD', option: 'spot', condition: 'above' };
const alarmCreated = { type: 'AlarmCreated' as const, data: { alarm_id: NEW_ID, ...alarm } };
const tooManyAlarms = (limit: number) => reached(limit, 'alarms may be on one page: remove one first');
desk
  .when(owner, createAlarm, { page_id: PAGE, ...alarm }, bounds({ alarmsPerPage: 1 }))
  .then(tooManyAlarms(1), 'LIM-3 a page with as many alarms as may be gets none');
desk
  .when(owner, createAlarm, { page_id: PAGE, ...alarm }, bounds({ alarmsPerPage: 2 }))
  .then(alarmCreated, 'LIM-3 up to the limit');
desk
  .without(ALARM)
  .when(owner, createAlarm, { page_id: PAGE, ...alarm }, bounds({ alarmsPerPage: 1 }))
  .then(alarmCreated, 'LIM-3 a deleted one makes room');
desk
  .when(viewer, createAlarm, { page_id: PAGE, ...alarm }, bounds({ alarmsPerPage: 1 }))
  .then(denied('edit'), 'PERM-8 a user without the right is told that, and not how many there are');
desk
  .withAlarm('alarm-2')
  .when(owner, updateAlarm, { alarm_id: ALARM, active: false }, bounds({ alarmsPerPage: 1 }))
  .then(
    { type: 'AlarmUpdated', data: { alarm_id: ALARM, active: false } },
    'LIM-3 what is there may be changed, also over a limit that was lowered',
  );
page
  .given(pageStream('other'), owner, { type: 'PageCreated', data: { name: 'Other', owner_id: owner } })
  .given(pageStream('other'), owner, alarmCreated)
  .when(owner, createAlarm, { page_id: PAGE, ...alarm }, bounds({ alarmsPerPage: 0 }))
  .then(
    refuse('id_reused', 'This command id already created an alarm: use a new id'),
    'CMD-2 an old id goes before the limit',
  );

const tooManyOfOwner = (limit: number) => reached(limit, 'alarms may be on the pages of one owner: remove one first');
desk
  .sharedTo(editor, 'edit')
  .when(editor, createAlarm, { page_id: PAGE, ...alarm }, bounds({ alarmsPerUser: 1 }))
  .then(tooManyOfOwner(1), "LIM-20 an alarm counts for the page's owner, whoever creates it")
  .when(owner, createAlarm, { page_id: PAGE, ...alarm }, bounds({ alarmsPerUser: 3 }, 2))
  .then(tooManyOfOwner(3), 'LIM-20 those under way count')
  .when(owner, createAlarm, { page_id: PAGE, ...alarm }, bounds({ alarmsPerUser: 3 }, 1))
  .then(alarmCreated, 'LIM-20 up to the limit');
desk
  .given(pageStream('other'), owner, { type: 'PageCreated', data: { name: 'Other', owner_id: owner } })
  .given(pageStream('other'), owner, { type: 'AlarmCreated', data: { alarm_id: 'elsewhere', ...alarm } })
  .when(owner, createAlarm, { page_id: PAGE, ...alarm }, bounds({ alarmsPerUser: 2 }))
  .then(tooManyOfOwner(2), 'LIM-20 all pages of the owner count');
desk
  .without(ALARM)
  .when(owner, createAlarm, { page_id: PAGE, ...alarm }, bounds({ alarmsPerUser: 1 }))
  .then(alarmCreated, 'LIM-20 a deleted one makes room');

const groupCreated = (by: string) => ({ type: 'GroupCreated' as const, data: { ...name, owner_id: by } });
desk
  .when(owner, createGroup, name, bounds({ groupsPerUser: 1 }))
  .then(
    reached(1, 'groups may be owned by one user: remove one first'),
    'LIM-3 an owner at the limit of groups creates none',
  )
  .when(member, createGroup, name, bounds({ groupsPerUser: 1 }))
  .then(groupCreated(member), 'LIM-3 groups that one is only in do not count');

const add = (user_id: string) => ({ group_id: GROUP, user_id });
desk
  .when(owner, addGroupMember, add(stranger), bounds({ membersPerGroup: 2 }))
  .then(reached(2, 'members may be in one group: remove one first'), 'LIM-3 a full group takes nobody')
  .when(owner, addGroupMember, add(member), bounds({ membersPerGroup: 2 }))
  .then({ type: 'GroupMemberAdded', data: { user_id: member } }, 'LIM-3 a member already in it needs no room')
  .when(owner, addGroupMember, add(stranger), bounds({ membersPerGroup: 3 }))
  .then({ type: 'GroupMemberAdded', data: { user_id: stranger } }, 'LIM-3 up to the limit');
