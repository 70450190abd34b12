/** GET /audit/groups/{group_id}: which group it was as of a moment, a deleted one too, and who was in it; for auditors. */
import { z } from 'zod';
import { GroupId, GroupName, Moment, UserId } from '../domain/fields.js';
import { notFound } from '../domain/refusals.js';
import { AccessAt } from '../projections/access-at.js';
import { AsOfView, AtQuery, isReply, resolvedAsOf } from './as-of.js';
import { type AuditReadsOptions, auditRead, Slices } from './audit-reading.js';
import { type Endpoint, json } from './endpoint.js';
import { refused } from './problems.js';

const Username = z.string().meta({ example: 'john' });

const AuditedGroup = z.object({
  as_of: AsOfView,
  group: z.object({
    id: GroupId,
    name: GroupName,
    owner_id: UserId,
    owner: Username.meta({ description: "The owner's username." }),
    deleted_at: Moment.optional().meta({ description: 'Of a group that was deleted by then; it has no members.' }),
  }),
  members: z.array(
    z.object({
      user_id: UserId,
      username: Username,
      member_since: Moment.meta({ description: 'When the user joined the group.' }),
      member_added_by: z.string().meta({ description: 'Who added them: the id of a user, or `system`.' }),
    }),
  ),
});

export function auditGroupEndpoint(options: AuditReadsOptions): Endpoint {
  const { projection, asOf, live, reads } = options;
  const { accessLog } = projection;
  return auditRead(
    options,
    '/audit/groups/{group_id}',
    {
      id: 'get_audit_group',
      summary: 'A group with its members as of a moment, also a deleted one.',
      query: AtQuery,
      success: { status: 200, description: 'The group, and its members as they joined.', schema: AuditedGroup },
    },
    async ({ params, query }, { userId }) => {
      const then = await resolvedAsOf(asOf, query.get('at') ?? undefined);
      if (isReply(then)) return then;
      const group = accessLog.group(params['group_id'] ?? '', then.position);
      if (!group) return refused(notFound('group'));
      const { id, name, owner_id, ...deleted } = group;
      const shown = { id, name, owner_id, owner: live.usernameOf(owner_id), ...deleted };
      const found = new AccessAt(accessLog, then.position).members(id);
      const members = await new Slices(reads, userId).map(found, ({ user_id, ...joined }) => ({
        user_id,
        username: live.usernameOf(user_id),
        ...joined,
      }));
      return json(200, JSON.stringify({ as_of: then, group: shown, members }));
    },
  );
}
