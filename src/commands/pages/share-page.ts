/** Grants a user or a group rights on a page, replacing the subject's former grant; both rights false removes it. */
import { z } from 'zod';
import { PageId, SubjectType } from '../../domain/fields.js';
import { notFound } from '../../domain/refusals.js';
import { pageCommand } from '../command.js';

export const sharePage = pageCommand('share_page', {
  summary: 'Grant a user or a group rights on a page, or remove them with both rights false; only for its owner.',
  payload: z
    .object({
      page_id: PageId,
      subject_type: SubjectType,
      subject_id: z
        .string()
        .min(1)
        .max(64)
        .meta({ description: 'Id of the user or group', example: '0d6f0a64-9c0e-4b8b-8f53-4c3a8f1e2b10' }),
      can_view: z.boolean(),
      can_edit: z.boolean(),
    })
    // The right to edit includes the right to view.
    .transform((grant) => ({ ...grant, can_view: grant.can_view || grant.can_edit })),
  page: ({ page_id }) => page_id,
  missing: 'page',
  needs: 'own',
  needsGroup: ({ subject_type, subject_id }) => (subject_type === 'group' ? subject_id : undefined),
  decide: ({ subject_type, subject_id, can_view, can_edit }, _page, { live }) =>
    (subject_type === 'user' ? live.users : live.groups).has(subject_id)
      ? { type: 'PageShared', data: { subject_type, subject_id, can_view, can_edit } }
      : notFound(subject_type),
  done: 'page_shared',
  http: { method: 'POST', path: '/pages/{page_id}/shares', status: 201 },
});
