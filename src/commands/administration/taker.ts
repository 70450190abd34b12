/** Whether a user may get a page or group, from its owner or from an administrator. */
import { notFound, type Refusal, refuse } from '../../domain/refusals.js';
import { mayAssign } from '../../projections/assignments.js';
import type { LiveState } from '../../projections/live-state.js';
import type { Circumstances } from '../command.js';

/** A user who can do nothing would leave the page or group without anybody who can administer it. */
export function takerRefusal(
  to: string,
  { users, accounts }: Pick<LiveState, 'users' | 'accounts'>,
): Refusal | undefined {
  if (!users.has(to)) return notFound('user');
  return accounts.isActive(to)
    ? undefined
    : refuse('permission_denied', 'Permission denied: this account is deactivated; name an active user');
}

/** As above, where an administrator gives what is not theirs. */
export const assigneeRefusal = (
  to: string,
  { by, at, live }: Pick<Circumstances, 'by' | 'at' | 'live'>,
): Refusal | undefined =>
  takerRefusal(to, live) ??
  (mayAssign(live, by, to, at)
    ? undefined
    : refuse(
        'permission_denied',
        'Permission denied: an operator transfers neither to themselves nor to an account that they made or reset within 24 hours; name another user, or use npm run admin',
      ));
