/** Ends a group, and with it every right that came through it. Its id is not given again. */
import { z } from 'zod';
import { GroupId } from '../../domain/fields.js';
import { groupCommand } from '../command.js';
import { ownerOnly } from './owner-only.js';

export const deleteGroup = groupCommand('delete_group', {
  summary: 'Delete a group: what was shared with it is no longer; its owner only.',
  payload: z.object({ group_id: GroupId }),
  group: ({ group_id }) => group_id,
  endsGroup: true,
  takesRightsOf: (_payload, everybody) => everybody(),
  decide: (_payload, group, { by }) => ownerOnly(group, by, 'delete it') ?? { type: 'GroupDeleted', data: {} },
  done: 'group_deleted',
  http: { method: 'DELETE', path: '/groups/{group_id}', status: 204 },
});
