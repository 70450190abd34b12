/** Gives a page to another user without its owner: for operators and `npm run admin`. Nothing is left to the former owner but what a group gives them. */
import { z } from 'zod';
import { PageId, UserId } from '../../domain/fields.js';
import { notFound } from '../../domain/refusals.js';
import { pageCommand } from '../command.js';
import { ownedAlready } from '../owned-already.js';
import { assigneeRefusal } from './taker.js';

export const assignPage = pageCommand('assign_page', {
  summary: 'Give a page to another user without its owner.',
  /** `from`: the owner it is taken from. If somebody else owns it by then, it is not found. */
  payload: z.object({ page_id: PageId, from: UserId, to: UserId }),
  page: ({ page_id }) => page_id,
  missing: 'page',
  needs: 'own',
  administrative: true,
  decide: ({ from, to }, page, circumstances) => {
    if (from !== page.owner_id) return notFound('page');
    if (to === from) return ownedAlready('page');
    return assigneeRefusal(to, circumstances) ?? { type: 'PageTransferred', data: { owner_id: to, keep: false } };
  },
  done: 'page_assigned',
});
