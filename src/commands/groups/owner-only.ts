/** What is said to a member of a group who asks for what its owner alone may do. */
import { roleIn } from '../../domain/authorization.js';
import type { Group } from '../../domain/group.js';
import { type Refusal, refuse } from '../../domain/refusals.js';

/** Undefined for the owner. `what` follows on 'can': 'rename it'. */
export const ownerOnly = (group: Group, userId: string, what: string): Refusal | undefined =>
  roleIn(group, userId) === 'owner'
    ? undefined
    : refuse('permission_denied', `Permission denied: only the owner of this group can ${what}`);
