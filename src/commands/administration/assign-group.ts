/** Gives a group to another user without its owner: `npm run admin` alone. The former owner is no longer a member. */
import { z } from 'zod';
import { GroupId, UserId } from '../../domain/fields.js';
import { notFound } from '../../domain/refusals.js';
import { groupCommand } from '../command.js';
import { ownedAlready } from '../owned-already.js';

export const assignGroup = groupCommand('assign_group', {
  summary: 'Give a group to another user without its owner.',
  /** `from`: the owner it is taken from. If somebody else owns it by then, it is not found. */
  payload: z.object({ group_id: GroupId, from: UserId, to: UserId }),
  group: ({ group_id }) => group_id,
  via: 'admin',
  takesRightsOf: ({ from }) => [from],
  givesRightsTo: ({ to }) => to,
  decide: ({ from, to }, group, { live }) => {
    if (from !== group.owner_id) return notFound('group');
    if (to === from) return ownedAlready('group');
    return live.users.has(to) ? { type: 'GroupTransferred', data: { owner_id: to, keep: false } } : notFound('user');
  },
  done: 'group_assigned',
});
