/** Gives a group another name. */
import { z } from 'zod';
import { GroupId, GroupName } from '../../domain/fields.js';
import { groupCommand } from '../command.js';
import { ownerOnly } from './owner-only.js';

export const renameGroup = groupCommand('rename_group', {
  summary: 'Rename a group; its owner only.',
  payload: z.object({ group_id: GroupId, name: GroupName }),
  group: ({ group_id }) => group_id,
  decide: ({ name }, group, { by }) => ownerOnly(group, by, 'rename it') ?? { type: 'GroupRenamed', data: { name } },
  done: 'group_renamed',
  http: { method: 'PATCH', path: '/groups/{group_id}', status: 200 },
});
