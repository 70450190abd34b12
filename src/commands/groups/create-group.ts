/** Creates a group, for example a desk or a team. The actor owns it and is its first member. */
import { z } from 'zod';
import { GroupName } from '../../domain/fields.js';
import { refuse } from '../../domain/refusals.js';
import { creatingCommand } from '../command.js';

export const createGroup = creatingCommand('create_group', {
  target: 'new group',
  summary: 'Create a group; you own it and are its first member.',
  payload: z.object({ name: GroupName }),
  decide: ({ name }, { by, live, limits, underWay }) => {
    const owned = live.groupsOwnedBy(by).size + underWay;
    // The message does not suggest deleting one, because groups cannot be deleted.
    if (owned >= limits.groupsPerUser)
      return refuse('limit_reached', `At most ${limits.groupsPerUser} groups may be owned by one user`, {
        limit: limits.groupsPerUser,
      });
    return { type: 'GroupCreated', data: { name, owner_id: by } };
  },
  done: 'group_created',
  http: { method: 'POST', path: '/groups', status: 201 },
});
