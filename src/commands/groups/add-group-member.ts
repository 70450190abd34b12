/** Adds a user to a group. They get every right that the group has. */
import { z } from 'zod';
import { roleIn } from '../../domain/authorization.js';
import { GroupId, UserId } from '../../domain/fields.js';
import { notFound, refuse } from '../../domain/refusals.js';
import { groupCommand } from '../command.js';
import { limitReached } from '../count-limits.js';

export const addGroupMember = groupCommand('add_group_member', {
  summary: 'Add a user to a group; only for its owner.',
  payload: z.object({ group_id: GroupId, user_id: UserId }),
  group: ({ group_id }) => group_id,
  decide: ({ user_id }, group, { by, live, limits }) => {
    if (roleIn(group, by) !== 'owner')
      return refuse('permission_denied', 'Permission denied: only the owner of this group can change its members');
    if (!live.users.has(user_id)) return notFound('user');
    const event = { type: 'GroupMemberAdded', data: { user_id } } as const;
    return group.members.has(user_id)
      ? event
      : (limitReached(group.members.size, limits.membersPerGroup, 'members may be in one group') ?? event);
  },
  done: 'group_member_added',
  http: { method: 'POST', path: '/groups/{group_id}/members/{user_id}', status: 201 },
});
