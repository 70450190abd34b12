/** Removes a user from a group. They lose every right they had only through it. Members may remove themselves. */
import { z } from 'zod';
import { roleIn } from '../../domain/authorization.js';
import { GroupId, UserId } from '../../domain/fields.js';
import { notFound, refuse } from '../../domain/refusals.js';
import { groupCommand } from '../command.js';

export const removeGroupMember = groupCommand('remove_group_member', {
  summary: 'Remove a user from a group; only for its owner or that member.',
  payload: z.object({ group_id: GroupId, user_id: UserId }),
  group: ({ group_id }) => group_id,
  takesRightsOf: ({ user_id }) => user_id,
  decide: ({ user_id }, group, { by }) => {
    if (roleIn(group, by) !== 'owner' && user_id !== by)
      return refuse('permission_denied', 'Permission denied: only the owner of this group can change its members');
    return group.members.has(user_id) ? { type: 'GroupMemberRemoved', data: { user_id } } : notFound('user');
  },
  done: 'group_member_removed',
  http: { method: 'DELETE', path: '/groups/{group_id}/members/{user_id}', status: 204 },
});
