/** Gives a group to another user without its owner: for operators and `npm run admin`. The former owner is no longer a member. */
import { z } from 'zod';
import { GroupId, UserId } from '../../domain/fields.js';
import { notFound } from '../../domain/refusals.js';
import { groupCommand } from '../command.js';
import { ownedAlready } from '../owned-already.js';
import { assigneeRefusal } from './taker.js';

export const assignGroup = groupCommand('assign_group', {
  summary: 'Give a group to another user without its owner.',
  /** `from`: the owner it is taken from. If somebody else owns it by then, it is not found. */
  payload: z.object({ group_id: GroupId, from: UserId, to: UserId }),
  group: ({ group_id }) => group_id,
  administrative: true,
  takesRightsOf: ({ from }) => [from],
  givesRightsTo: ({ to }) => to,
  decide: ({ from, to }, group, circumstances) => {
    if (from !== group.owner_id) return notFound('group');
    if (to === from) return ownedAlready('group');
    return assigneeRefusal(to, circumstances) ?? { type: 'GroupTransferred', data: { owner_id: to, keep: false } };
  },
  done: 'group_assigned',
});
