/** Removes the actor's own direct grant on a page, so that nobody has to keep a page that was shared with them. */
import { z } from 'zod';
import { PageId } from '../../domain/fields.js';
import { type Refusal, refuse } from '../../domain/refusals.js';
import { pageCommand } from '../command.js';

const ownersStay = refuse(
  'permission_denied',
  'Permission denied: the owner of a page cannot leave it; delete it instead',
);

/** For a user who sees the page only through a group. */
export const leaveTheGroup: Refusal = refuse(
  'permission_denied',
  'Permission denied: this page was not shared to you but to a group that you are in; leave the group instead',
);

export const leavePage = pageCommand('leave_page', {
  summary: 'Remove your own direct grant on a page; if you see it through a group, leave the group.',
  payload: z.object({ page_id: PageId }),
  page: ({ page_id }) => page_id,
  missing: 'page',
  needs: 'view',
  decide: (_payload, page, { by }) => {
    if (page.owner_id === by) return ownersStay;
    return page.grants.user.get(by) ? { type: 'PageLeft', data: {} } : leaveTheGroup;
  },
  done: 'page_left',
  http: { method: 'POST', path: '/pages/{page_id}/leave', status: 204 },
});
