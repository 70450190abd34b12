/** Gives a page to another user, who owns it from then on. Who gives it keeps a direct grant to edit it. */
import { z } from 'zod';
import { PageId, UserId } from '../../domain/fields.js';
import { takerRefusal } from '../administration/taker.js';
import { pageCommand } from '../command.js';
import { ownedAlready } from '../owned-already.js';

export const transferPage = pageCommand('transfer_page', {
  summary: 'Give a page to another user, who owns it from then on; you keep a grant to edit it. Its owner only.',
  payload: z.object({ page_id: PageId, to: UserId }),
  page: ({ page_id }) => page_id,
  missing: 'page',
  needs: 'own',
  // What the taker may own and be shared does not bind: a page must be able to go to somebody.
  decide: ({ to }, page, { live }) => {
    if (to === page.owner_id) return ownedAlready('page');
    return takerRefusal(to, live) ?? { type: 'PageTransferred', data: { owner_id: to, keep: true } };
  },
  done: 'page_transferred',
  http: { method: 'POST', path: '/pages/{page_id}/transfer', status: 200 },
});
