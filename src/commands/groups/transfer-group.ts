/** Gives a group to another user, who owns it from then on and is a member. Who gives it stays a member if they are one. */
import { z } from 'zod';
import { GroupId, UserId } from '../../domain/fields.js';
import { takerRefusal } from '../administration/taker.js';
import { groupCommand } from '../command.js';
import { ownedAlready } from '../owned-already.js';
import { ownerOnly } from './owner-only.js';

export const transferGroup = groupCommand('transfer_group', {
  summary: 'Give a group to another user, who owns it from then on and becomes a member; you stay one. Its owner only.',
  payload: z.object({ group_id: GroupId, to: UserId }),
  group: ({ group_id }) => group_id,
  givesRightsTo: ({ to }) => to,
  // What the taker may own and be shared does not bind, nor how many the group may have.
  decide: ({ to }, group, { by, live }) => {
    const refusal = ownerOnly(group, by, 'transfer it');
    if (refusal) return refusal;
    if (to === group.owner_id) return ownedAlready('group');
    return takerRefusal(to, live) ?? { type: 'GroupTransferred', data: { owner_id: to, keep: true } };
  },
  done: 'group_transferred',
  http: { method: 'POST', path: '/groups/{group_id}/transfer', status: 200 },
});
