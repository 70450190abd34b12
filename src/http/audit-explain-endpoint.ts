/** GET /audit/explain: whether a user could do something as of a moment, by which rule, and why; for auditors. */
import { z } from 'zod';
import { explain, explainedActions } from '../commands/explanation.js';
import { AlarmId, PageId, UserId } from '../domain/fields.js';
import { notFound } from '../domain/refusals.js';
import { AsOfView, AtQuery, isReply, resolvedAsOf } from './as-of.js';
import { AccessPathView, pathView } from './audit-access-endpoints.js';
import { type AuditReadsOptions, auditRead } from './audit-reading.js';
import { type Endpoint, json } from './endpoint.js';
import { refused, validationFailed } from './problems.js';
import { validate } from './request-body.js';

const Query = AtQuery.extend({
  user: UserId,
  action: z.string().meta({ description: "`view`, or a command's type.", example: 'update_alarm' }),
  page: PageId.optional().meta({ description: 'Id of the page; or give `alarm`.' }),
  alarm: AlarmId.optional().meta({ description: 'Id of an alarm, instead of its page.' }),
});

const Missing = z.object({
  missing: z.enum(['page', 'alarm', 'active account', 'direct grant', 'own', 'edit', 'view']),
});

export function auditExplainEndpoint(options: AuditReadsOptions): Endpoint {
  const { projection, asOf, live } = options;
  return auditRead(
    options,
    '/audit/explain',
    {
      id: 'explain_access',
      summary: 'Whether a user could do something on a page as of a moment, by which rule, and why.',
      query: Query,
      success: {
        status: 200,
        description: 'The paths that gave it; or those that were not enough, and what was missing.',
        schema: z.object({
          as_of: AsOfView,
          allowed: z.boolean(),
          rule: z.string().meta({ description: 'Of docs/spec.md.', example: 'PERM-3' }),
          because: z.array(z.union([AccessPathView, Missing])),
        }),
      },
    },
    async ({ query }) => {
      const asked = validate(Query, Object.fromEntries(query));
      if ('problem' in asked) return asked.problem;
      const { user, action, page, alarm, at } = asked.value;
      if (!explainedActions.includes(action))
        return validationFailed([{ field: 'action', message: `must be one of: ${explainedActions.join(', ')}` }]);
      if ((page === undefined) === (alarm === undefined))
        return validationFailed([{ field: 'page', message: 'is needed, or alarm; not both' }]);
      const then = await resolvedAsOf(asOf, at);
      if (isReply(then)) return then;
      return () => {
        if (!live.users.has(user)) return refused(notFound('user'));
        const pageId = page ?? projection.history.pageOfAlarm(alarm ?? '');
        if (pageId === undefined) return refused(notFound('alarm'));
        if (projection.history.positionOf(pageId, 0) === undefined) return refused(notFound('page'));
        const { position } = then;
        const { because, ...answer } = explain(projection, { userId: user, action, pageId, alarmId: alarm, position });
        const told = because.map((one) => ('missing' in one ? one : pathView(one)));
        return json(200, JSON.stringify({ as_of: then, ...answer, because: told }));
      };
    },
  );
}
