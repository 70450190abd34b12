/** Creates a group, for example a desk or a team. The actor owns it and is its first member. */
import { z } from 'zod';
import { GroupName } from '../../domain/fields.js';
import { creatingCommand } from '../command.js';
import { limitReached } from '../count-limits.js';

export const createGroup = creatingCommand('create_group', {
  target: 'new group',
  summary: 'Create a group; you own it and are its first member.',
  payload: z.object({ name: GroupName }),
  decide: ({ name }, { by, live, limits, underWay }) =>
    limitReached(live.groupsOwnedBy(by).size + underWay, limits.groupsPerUser, 'groups may be owned by one user') ?? {
      type: 'GroupCreated',
      data: { name, owner_id: by },
    },
  done: 'group_created',
  http: { method: 'POST', path: '/groups', status: 201 },
});
