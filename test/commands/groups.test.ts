/** The commands on groups. */

import { triggerAlarm } from '../../src/commands/alarms/trigger-alarm.js';
import { addGroupMember } from '../../src/commands/groups/add-group-member.js';
import { createGroup } from '../../src/commands/groups/create-group.js';
import { deleteGroup } from '../../src/commands/groups/delete-group.js';
import { removeGroupMember } from '../../src/commands/groups/remove-group-member.js';
import { renameGroup } from '../../src/commands/groups/rename-group.js';
import { transferGroup } from '../../src/commands/groups/transfer-group.js';
import { sharePage } from '../../src/commands/pages/share-page.js';
import { notFound, refuse } from '../../src/domain/refusals.js';
import { ALARM, desk, GROUP, member, NEW_ID, owner, PAGE, page, refusedPayload, stranger, viewer } from './scenario.js';

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

const only = (what: string) =>
  refuse('permission_denied', `Permission denied: only the owner of this group can ${what}`);
const renamed = { type: 'GroupRenamed' as const, data: { name: 'Other' } };
const deleted = { type: 'GroupDeleted' as const, data: {} };
const handed = (owner_id: string) => ({ type: 'GroupTransferred' as const, data: { owner_id, keep: true } });
const rename = { group_id: GROUP, name: 'Other' };
const to = (user_id: string) => ({ group_id: GROUP, to: user_id });
const whole = { group_id: GROUP };

group
  .when(member, renameGroup, rename)
  .then(only('rename it'), 'PERM-14 a member does not rename it')
  .when(stranger, renameGroup, rename)
  .then(notFound('group'), 'PERM-14 for others there is nothing to rename')
  .when(owner, renameGroup, rename)
  .then(renamed, 'PERM-14 its owner renames it', 'owner');
refusedPayload(renameGroup, { group_id: GROUP, name: '' }, 'WIRE-2 a group has a name');

group
  .when(member, transferGroup, to(member))
  .then(only('transfer it'), 'PERM-14 a member does not take it')
  .when(stranger, transferGroup, to(stranger))
  .then(notFound('group'), 'PERM-14 nor do others')
  .when(owner, transferGroup, to('nobody'))
  .then(notFound('user'), 'PERM-14 it goes to nobody who does not exist')
  .when(owner, transferGroup, to(owner))
  .then(refuse('nothing_to_do', 'This user owns the group already: name another one'), 'PERM-14 nor to its owner')
  .when(owner, transferGroup, to(stranger))
  .then(handed(stranger), 'PERM-14 its owner transfers it, to one who is not in it too', 'owner')
  .when(owner, addGroupMember, user(viewer))
  .then(notYours, 'PERM-14 the former owner stays a member, and no more')
  .when(stranger, removeGroupMember, user(stranger))
  .then(removed(stranger), 'PERM-14 the new one has become a member', 'owner')
  .when(stranger, deleteGroup, whole)
  .then(deleted, 'PERM-14 and owns it', 'owner');
group
  .when(owner, removeGroupMember, user(owner))
  .then(removed(owner), 'PERM-9 the owner may leave', 'owner')
  .when(owner, transferGroup, to(member))
  .then(handed(member), 'PERM-14 and transfer it then', 'owner')
  .when(owner, renameGroup, rename)
  .then(notFound('group'), 'PERM-14 who was no member does not see it after that');

desk
  .when(member, deleteGroup, whole)
  .then(only('delete it'), 'PERM-14 a member does not delete it')
  .when(stranger, deleteGroup, whole)
  .then(notFound('group'), 'PERM-14 for others there is nothing to delete')
  .when(member, triggerAlarm, trigger)
  .then({ type: 'AlarmTriggered', data: trigger }, 'PERM-5 a member has its rights', `group:${GROUP}`)
  .when(owner, deleteGroup, whole)
  .then(deleted, 'PERM-15 its owner deletes it', 'owner')
  .when(member, triggerAlarm, trigger)
  .then(notFound('alarm'), 'PERM-15 the rights that came through it are gone')
  .when(owner, addGroupMember, user(viewer))
  .then(notFound('group'), 'PERM-15 it is not there any more')
  .when(owner, deleteGroup, whole)
  .then(notFound('group'), 'PERM-15 nor can be deleted again')
  .when(owner, sharePage, { page_id: PAGE, subject_type: 'group', subject_id: GROUP, can_view: true, can_edit: true })
  .then(notFound('group'), 'PERM-15 nothing is shared with it');
