/** Removes a user from a group. They lose every right they had only through it. Members may remove themselves. */
import { z } from 'zod';
import { GroupId, UserId } from '../../domain/fields.js';
import { notFound } from '../../domain/refusals.js';
import { groupCommand } from '../command.js';
import { ownerOnly } from './owner-only.js';

export const removeGroupMember = groupCommand('remove_group_member', {
  summary: 'Remove a user from a group; only for its owner or that member.',
  payload: z.object({ group_id: GroupId, user_id: UserId }),
  group: ({ group_id }) => group_id,
  takesRightsOf: ({ user_id }) => [user_id],
  decide: ({ user_id }, group, { by }) => {
    const refusal = user_id === by ? undefined : ownerOnly(group, by, 'change its members');
    if (refusal) return refusal;
    return group.members.has(user_id) ? { type: 'GroupMemberRemoved', data: { user_id } } : notFound('user');
  },
  done: 'group_member_removed',
  http: { method: 'DELETE', path: '/groups/{group_id}/members/{user_id}', status: 204 },
});
