/** Renames a page. */
import { z } from 'zod';
import { PageId, PageName } from '../../domain/fields.js';
import { pageCommand } from '../command.js';

export const renamePage = pageCommand('rename_page', {
  summary: 'Rename a page; only for its owner.',
  payload: z.object({ page_id: PageId, name: PageName }),
  page: ({ page_id }) => page_id,
  missing: 'page',
  needs: 'own',
  decide: ({ name }) => ({ type: 'PageRenamed', data: { name } }),
  done: 'page_renamed',
  http: { method: 'PATCH', path: '/pages/{page_id}', status: 200 },
});
