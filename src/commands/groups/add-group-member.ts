/** Adds a user to a group. They get every right that the group has. */
import { z } from 'zod';
import { GroupId, UserId } from '../../domain/fields.js';
import { notFound } from '../../domain/refusals.js';
import { groupCommand } from '../command.js';
import { limitReached } from '../count-limits.js';
import { ownerOnly } from './owner-only.js';

export const addGroupMember = groupCommand('add_group_member', {
  summary: 'Add a user to a group; only for its owner.',
  payload: z.object({ group_id: GroupId, user_id: UserId }),
  group: ({ group_id }) => group_id,
  givesRightsTo: ({ user_id }) => user_id,
  decide: ({ user_id }, group, { by, live, limits }) => {
    const refusal = ownerOnly(group, by, 'change its members');
    if (refusal) return refusal;
    if (!live.users.has(user_id)) return notFound('user');
    const event = { type: 'GroupMemberAdded', data: { user_id } } as const;
    return group.members.has(user_id)
      ? event
      : (limitReached(group.members.size, limits.membersPerGroup, 'members may be in one group') ?? event);
  },
  done: 'group_member_added',
  http: { method: 'POST', path: '/groups/{group_id}/members/{user_id}', status: 201 },
});
