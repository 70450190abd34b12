/** Deletes a page with its alarms for everybody. */
import { z } from 'zod';
import { PageId } from '../../domain/fields.js';
import { pageCommand } from '../command.js';

export const deletePage = pageCommand('delete_page', {
  summary: 'Delete a page with its alarms; only for its owner.',
  payload: z.object({ page_id: PageId }),
  page: ({ page_id }) => page_id,
  missing: 'page',
  needs: 'own',
  decide: () => ({ type: 'PageDeleted', data: {} }),
  done: 'page_deleted',
  http: { method: 'DELETE', path: '/pages/{page_id}', status: 204 },
});
