/** Who could see which page as of a moment, over which paths, and who let them: for auditors. */
import { z } from 'zod';
import { Moment, PageId, PageName, Role, UserId } from '../domain/fields.js';
import { notFound } from '../domain/refusals.js';
import { comparePositions } from '../log/event-log.js';
import { AccessAt, type AccessPath, rightOf } from '../projections/access-at.js';
import { AsOfView, AtQuery, isReply, resolvedAsOf } from './as-of.js';
import { AuditedPage } from './audit-page-endpoints.js';
import { type AuditReadsOptions, auditRead, Slices } from './audit-reading.js';
import { type Endpoint, json } from './endpoint.js';
import { refused } from './problems.js';

export const HeldRight = z.enum(['own', 'edit', 'view']);

export const AccessPathView = z
  .object({
    via: z.string().meta({ description: '`owner`, `direct`, or `group:<id>`', example: 'direct' }),
    right: HeldRight.meta({ description: 'What this path alone gives.' }),
    granted_by: z.string().meta({ description: 'Who gave it: the id of a user, or `system`.', example: 'system' }),
    granted_at: Moment,
    position: z.string().meta({ description: 'Of the event that gave it.', example: '1042' }),
    member_since: Moment.optional().meta({ description: 'Of a group path: when the user joined the group.' }),
    member_added_by: z.string().optional().meta({ description: 'Who added them.' }),
  })
  .meta({ id: 'AccessPath' });

const Username = z.string().meta({ example: 'john' });
const Active = z
  .literal(false)
  .optional()
  .meta({ description: 'The account was deactivated: its rights were kept and had no effect.' });
const Paths = z.array(AccessPathView).meta({ description: 'Every path, not only the best.' });

const PageAccess = z.object({
  as_of: AsOfView,
  page: AuditedPage,
  subjects: z.array(z.object({ user_id: UserId, username: Username, right: HeldRight, active: Active, paths: Paths })),
});

const UserAccess = z.object({
  as_of: AsOfView,
  user: z.object({
    id: UserId,
    username: Username,
    active: Active,
    roles: z.array(Role).optional().meta({ description: 'Those that they held, if any.' }),
  }),
  pages: z.array(z.object({ page_id: PageId, name: PageName, right: HeldRight, paths: Paths })),
});

/** As JSON has it: the path before the right that it gives. */
export const pathView = ({ via, right, ...rest }: AccessPath) => ({ via, right, ...rest });

/** Ownership, then the direct grant, then groups in the order in which they were given the page. */
const pathsView = (paths: readonly AccessPath[]) =>
  [...paths].sort((a, b) => kindOf(a) - kindOf(b) || comparePositions(a.position, b.position)).map(pathView);

const kindOf = ({ via }: AccessPath): number => (via === 'owner' ? 0 : via === 'direct' ? 1 : 2);

const inactive = (access: AccessAt, userId: string) => (access.isActive(userId) ? {} : { active: false as const });

export function auditAccessEndpoints(options: AuditReadsOptions): Endpoint[] {
  const { projection, asOf, live, reads } = options;
  const { pagesAt, accessLog } = projection;
  return [
    auditRead(
      options,
      '/audit/pages/{page_id}/access',
      {
        id: 'get_page_access',
        summary: 'Who could see a page as of a moment, over which paths, and who let them.',
        query: AtQuery,
        success: { status: 200, description: 'Everybody with a right, the owner first.', schema: PageAccess },
      },
      async ({ params, query }, { userId }) => {
        const then = await resolvedAsOf(asOf, query.get('at') ?? undefined);
        if (isReply(then)) return then;
        const page = pagesAt.page(params['page_id'] ?? '', then.position);
        if (!page) return refused(notFound('page'));
        const access = new AccessAt(accessLog, then.position);
        const subjects = await new Slices(reads, userId).map(access.ofPage(page.id), ([id, paths]) => ({
          user_id: id,
          username: live.usernameOf(id),
          right: rightOf(paths),
          ...inactive(access, id),
          paths: pathsView(paths),
        }));
        const shown = { ...page, owner: live.usernameOf(page.owner_id) };
        return json(200, JSON.stringify({ as_of: then, page: shown, subjects }));
      },
    ),
    auditRead(
      options,
      '/audit/users/{user_id}/access',
      {
        id: 'get_user_access',
        summary: 'Which pages a user could see as of a moment, over which paths, and who let them.',
        query: AtQuery,
        success: { status: 200, description: 'The pages that they could see.', schema: UserAccess },
      },
      async ({ params, query }, { userId }) => {
        const then = await resolvedAsOf(asOf, query.get('at') ?? undefined);
        if (isReply(then)) return then;
        const user = live.users.get(params['user_id'] ?? '');
        if (!user) return refused(notFound('user'));
        const access = new AccessAt(accessLog, then.position);
        const pages = await new Slices(reads, userId).map(access.ofUser(user.id), ([page_id, paths]) => ({
          page_id,
          name: pagesAt.page(page_id, then.position)?.name,
          right: rightOf(paths),
          paths: pathsView(paths),
        }));
        const roles = access.rolesOf(user.id);
        const shown = {
          id: user.id,
          username: user.username,
          ...inactive(access, user.id),
          ...(roles.length > 0 ? { roles } : {}),
        };
        return json(200, JSON.stringify({ as_of: then, user: shown, pages }));
      },
    ),
  ];
}
