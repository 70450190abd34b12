/** Gives a page to another user without its owner: `npm run admin` alone. Nothing is left to the former owner but what a group gives them. */
import { z } from 'zod';
import { PageId, UserId } from '../../domain/fields.js';
import { notFound } from '../../domain/refusals.js';
import { pageCommand } from '../command.js';
import { ownedAlready } from '../owned-already.js';

export const assignPage = pageCommand('assign_page', {
  summary: 'Give a page to another user without its owner.',
  payload: z.object({ page_id: PageId, to: UserId }),
  page: ({ page_id }) => page_id,
  missing: 'page',
  needs: 'own',
  via: 'admin',
  decide: ({ to }, page, { live }) => {
    if (to === page.owner_id) return ownedAlready('page');
    return live.users.has(to) ? { type: 'PageTransferred', data: { owner_id: to, keep: false } } : notFound('user');
  },
  done: 'page_assigned',
});
