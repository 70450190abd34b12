/** The message for a member of a group who requests a change that only its owner may make. */
import { roleIn } from '../../domain/authorization.js';
import type { Group } from '../../domain/group.js';
import { type Refusal, refuse } from '../../domain/refusals.js';

/** Undefined for the owner. `what` follows on 'can': 'rename it'. */
export const ownerOnly = (group: Group, userId: string, what: string): Refusal | undefined =>
  roleIn(group, userId) === 'owner'
    ? undefined
    : refuse('permission_denied', `Permission denied: only the owner of this group can ${what}`);
