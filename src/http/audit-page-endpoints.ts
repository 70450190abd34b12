/** Pages for auditors: every page of a moment, deleted ones too, with its alarms; and its whole history. */
import { z } from 'zod';
import { PageId, PageName, UserId } from '../domain/fields.js';
import { notFound } from '../domain/refusals.js';
import { AlarmView, PageView } from '../protocol/views.js';
import { AsOfView, AtQuery, askedSpan, isReply, resolvedAsOf, WindowQuery } from './as-of.js';
import {
  type AuditReadsOptions,
  askedAfter,
  askedWindow,
  auditRead,
  listQuery,
  Next,
  nextJson,
  Slices,
} from './audit-reading.js';
import { type Endpoint, json } from './endpoint.js';
import { Events, historyPage, Range } from './history-endpoints.js';
import { pageThen } from './page-then.js';
import { refused } from './problems.js';
import { validate } from './request-body.js';

const DeletedAt = z
  .string()
  .optional()
  .meta({ format: 'date-time', description: 'Of a page that was deleted by then.' });

export const AuditedPage = z
  .object({
    id: PageId,
    name: PageName,
    owner_id: UserId,
    owner: z.string().meta({ description: "The owner's username.", example: 'john' }),
    seq: z.number().int().meta({ description: 'Of its last event by then.' }),
    deleted_at: DeletedAt,
  })
  .meta({ id: 'AuditedPage' });

const ListQuery = AtQuery.extend(listQuery(1_000));

export function auditPageEndpoints(options: AuditReadsOptions): Endpoint[] {
  const { projection, asOf, log, live, reads } = options;
  const { pagesAt } = projection;
  return [
    auditRead(
      options,
      '/audit/pages',
      {
        id: 'list_audit_pages',
        summary: 'Every page of a moment, in the order of their creation, deleted ones too.',
        query: ListQuery,
        success: {
          status: 200,
          description: 'The pages.',
          schema: z.object({ pages: z.array(AuditedPage), next: Next, as_of: AsOfView }),
        },
        problems: ['log_changed'],
      },
      async ({ query }, { userId }) => {
        const asked = validate(ListQuery, Object.fromEntries(query));
        if ('problem' in asked) return asked.problem;
        const { at, limit } = asked.value;
        const after = askedAfter(log, asked.value.after);
        if (typeof after === 'object') return after;
        const then = await resolvedAsOf(asOf, at);
        if (isReply(then)) return then;
        const created = pagesAt.created(after ?? '0', then.position, limit + 1);
        const shown = await new Slices(reads, userId).map(created.slice(0, limit), ({ id }) => {
          const page = pagesAt.page(id, then.position);
          return page && { ...page, owner: live.usernameOf(page.owner_id) };
        });
        const next = created.length > limit ? created[limit - 1]?.position : undefined;
        return json(
          200,
          `{"pages":${JSON.stringify(shown)},"next":${nextJson(log, next)},"as_of":${JSON.stringify(then)}}`,
        );
      },
    ),
    auditRead(
      options,
      '/audit/pages/{page_id}',
      {
        id: 'get_audit_page',
        summary: 'A page with its alarms as of a moment, also a deleted one.',
        query: AtQuery,
        success: {
          status: 200,
          description: 'The page. Its rights are those of the auditor.',
          schema: z.object({
            page: PageView.extend({ deleted_at: DeletedAt }),
            alarms: z.array(AlarmView),
            as_of: AsOfView,
          }),
        },
      },
      async ({ params, query }, { userId }) => {
        const then = await resolvedAsOf(asOf, query.get('at') ?? undefined);
        return isReply(then) ? then : () => pageThen(projection, params['page_id'] ?? '', userId, then);
      },
    ),
    auditRead(
      options,
      '/audit/pages/{page_id}/events',
      {
        id: 'list_audit_page_events',
        summary: "A page's whole history, oldest first, grants included, also of a deleted page.",
        query: Range.extend(WindowQuery.shape),
        success: { status: 200, description: 'The events.', schema: Events },
      },
      async (request) => {
        const span = (await askedSpan(asOf, request)) ?? (await askedWindow(options, {}));
        if (isReply(span)) return span;
        const pageId = request.params['page_id'] ?? '';
        const window = 'asOf' in span ? undefined : span;
        return () =>
          projection.history.positionOf(pageId, 0) === undefined
            ? refused(notFound('page'))
            : historyPage(projection, request, { pageId }, { isOwner: true, types: undefined }, window);
      },
    ),
  ];
}
