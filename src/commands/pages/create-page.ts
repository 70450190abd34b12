/** Creates an empty page. The actor owns it. */
import { z } from 'zod';
import { PageName } from '../../domain/fields.js';
import { creatingCommand } from '../command.js';
import { limitReached } from '../count-limits.js';

export const createPage = creatingCommand('create_page', {
  target: 'new page',
  summary: 'Create a page; you own it.',
  payload: z.object({ name: PageName }),
  decide: ({ name }, { by, live, limits, underWay }) =>
    limitReached(live.pagesOwnedBy(by).size + underWay, limits.pagesPerUser, 'pages may be owned by one user') ?? {
      type: 'PageCreated',
      data: { name, owner_id: by },
    },
  done: 'page_created',
  http: { method: 'POST', path: '/pages', status: 201 },
});
