/** The three commands on groups: create_group, add_group_member, remove_group_member. */

import { triggerAlarm } from '../../src/commands/alarms/trigger-alarm.js';
import { addGroupMember } from '../../src/commands/groups/add-group-member.js';
import { createGroup } from '../../src/commands/groups/create-group.js';
import { removeGroupMember } from '../../src/commands/groups/remove-group-member.js';
import { notFound, refuse } from '../../src/domain/refusals.js';
import { ALARM, desk, GROUP, member, NEW_ID, owner, page, refusedPayload, stranger, viewer } from './scenario.js';

const notYours = refuse('permission_denied', 'Permission denied: only the owner of this group can change its members');
const user = (user_id: string) => ({ group_id: GROUP, user_id });
const added = (user_id: string) => ({ type: 'GroupMemberAdded' as const, data: { user_id } });
const removed = (user_id: string) => ({ type: 'GroupMemberRemoved' as const, data: { user_id } });
const group = page.withGroup();

page
  .when(stranger, createGroup, { name: 'Desk' })
  .then(
    { type: 'GroupCreated', data: { name: 'Desk', owner_id: stranger } },
    'PERM-9 a user who makes a group owns it',
    'self',
  )
  .when(stranger, removeGroupMember, { group_id: NEW_ID, user_id: stranger })
  .then(removed(stranger), 'PERM-9 and is its first member')
  .when(stranger, createGroup, { name: 'Desk' })
  .then(
    refuse('id_reused', 'This command id was used long ago: use a new one'),
    'CMD-2 an id so old that it is forgotten does not make the same group again',
  );

refusedPayload(createGroup, { name: '' }, 'WIRE-2 a group has a name');

group
  .when(member, addGroupMember, user(viewer))
  .then(notYours, 'PERM-9 a member does not change the members')
  .when(stranger, addGroupMember, user(stranger))
  .then(notFound('group'), 'PERM-9 for others the group does not exist')
  .when(owner, addGroupMember, user('nobody'))
  .then(notFound('user'), 'PERM-9 an unknown user cannot be in it')
  .when(owner, addGroupMember, user(viewer))
  .then(added(viewer), 'PERM-9 its owner adds', 'owner')
  .when(owner, addGroupMember, user(viewer))
  .then(added(viewer), 'CMD-6 adding a member again still creates an event');

group
  .when(stranger, removeGroupMember, user(member))
  .then(notFound('group'), 'PERM-9 for others there is nothing to remove from')
  .when(member, removeGroupMember, user(owner))
  .then(notYours, 'PERM-9 a member does not remove others')
  .when(owner, removeGroupMember, user(viewer))
  .then(notFound('user'), 'PERM-9 a user who is not in it cannot be removed')
  .when(member, removeGroupMember, user(member))
  .then(removed(member), 'PERM-9 a member may leave', 'member')
  .when(member, removeGroupMember, user(member))
  .then(notFound('group'), 'PERM-9 and then does not see it any more')
  .when(owner, removeGroupMember, user(owner))
  .then(removed(owner), 'PERM-9 the owner may leave too', 'owner')
  .when(owner, addGroupMember, user(owner))
  .then(added(owner), 'PERM-9 and still owns it');

page
  .when(owner, addGroupMember, user(viewer))
  .then(notFound('group'), 'PERM-7 a group that was never made does not exist');

const trigger = { alarm_id: ALARM, price: 1 };
desk
  .when(stranger, triggerAlarm, trigger)
  .then(notFound('alarm'), 'PERM-7 not in the group, not on the page')
  .when(owner, addGroupMember, user(stranger))
  .then(added(stranger), 'PERM-5 the user joins')
  .when(stranger, triggerAlarm, trigger)
  .then({ type: 'AlarmTriggered', data: trigger }, 'PERM-5 and has the right of the group', `group:${GROUP}`)
  .when(owner, removeGroupMember, user(stranger))
  .then(removed(stranger), 'PERM-5 the user is removed')
  .when(stranger, triggerAlarm, trigger)
  .then(notFound('alarm'), 'PERM-5 and the right is gone with it');
