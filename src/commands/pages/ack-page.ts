/** Acknowledges every open occurrence of a page, as far as the user has seen the page. Requires view access. Later triggers stay open. */
import { z } from 'zod';
import { Comment, PageId, SeenSeq } from '../../domain/fields.js';
import { alarmsAcknowledged } from '../../domain/page.js';
import { refuse } from '../../domain/refusals.js';
import { pageCommand, sealedComment } from '../command.js';
import { notValid } from '../payload-errors.js';

export const ackPage = pageCommand('ack_page', {
  summary: 'Acknowledge every open occurrence of a page, as far as one has seen the page.',
  payload: z.object({ page_id: PageId, upto: SeenSeq, comment: Comment.optional() }),
  freeText: 'comment',
  page: ({ page_id }) => page_id,
  missing: 'page',
  needs: 'view',
  ofAllAlarms: true,
  seen: ({ upto }) => upto,
  decide: ({ upto, comment }, page, circumstances) => {
    if (upto > page.seq) return notValid('ack_page', 'upto', `must be a seq of this page, which is at ${page.seq}`);
    return alarmsAcknowledged(page, { upto }, circumstances).length === 0
      ? refuse(
          'nothing_to_do',
          `No alarm of this page has an open trigger up to seq ${upto}: there is nothing to acknowledge`,
        )
      : { type: 'PageAcknowledged', data: { upto, ...sealedComment(comment, circumstances) } };
  },
  done: 'page_acknowledged',
  http: { method: 'POST', path: '/pages/{page_id}/ack', status: 200 },
});
