/** Who is an auditor or an operator. Roles are given and taken by `npm run admin` alone. */
import { z } from 'zod';
import type { Administered, Administration } from '../auth/administration.js';
import { Moment, Role, UserId } from '../domain/fields.js';
import { notFound } from '../domain/refusals.js';
import type { LiveState } from '../projections/live-state.js';
import { type AdministratorsOptions, administrating, onTheMachine } from './administrators.js';
import { type Endpoint, json, type Reply } from './endpoint.js';
import { storeFull, storeUnavailable } from './login-answers.js';
import { refused } from './problems.js';
import { jsonBody, validate } from './request-body.js';

const RoleGrants = z
  .object({
    roles: z.array(
      z.object({
        user_id: UserId,
        username: z.string().meta({ example: 'john' }),
        role: Role,
        granted_by: z.string().meta({ description: "A user's id, or `system`: npm run admin.", example: 'system' }),
        granted_at: Moment,
      }),
    ),
  })
  .meta({ id: 'RoleGrants' });

export interface AdminEndpointsOptions extends AdministratorsOptions {
  readonly administration: Administration;
  readonly live: LiveState;
}

/** 204 for what is done, or was done before. */
export function administered(done: Administered): Reply {
  switch (done.kind) {
    case 'written':
      return { status: 204, headers: { 'Log-Position': done.position } };
    case 'unchanged':
      return { status: 204 };
    case 'full':
      return storeFull('nothing was changed; try again when there is room');
    case 'unavailable':
      return storeUnavailable('whether it was done is not known yet; ask again in a moment');
  }
}

const given = 'roles are given and taken';

export function roleEndpoints(options: AdminEndpointsOptions): Endpoint[] {
  const { administration, live } = options;
  return [
    administrating(
      options,
      'GET',
      '/admin/roles',
      {
        id: 'list_roles',
        summary: 'Who has a role, and who gave it.',
        success: { status: 200, description: 'The roles, by the names of their users.', schema: RoleGrants },
      },
      () => {
        const roles = Array.from(live.roles.granted, ([user_id, ofUser]) =>
          Array.from(ofUser, ([role, grant]) => ({ user_id, username: live.usernameOf(user_id), role, ...grant })),
        ).flat();
        roles.sort((a, b) => (a.username < b.username ? -1 : a.username > b.username ? 1 : a.role < b.role ? -1 : 1));
        return json(200, JSON.stringify({ roles } satisfies z.infer<typeof RoleGrants>));
      },
    ),
    administrating(
      options,
      'POST',
      '/admin/users/{user_id}/roles',
      {
        id: 'grant_role',
        summary: 'Give a role: npm run admin alone.',
        body: { 'application/json': z.object({ role: Role }) },
        success: { status: 204, description: 'They have it.' },
        problems: ['permission_denied'],
      },
      onTheMachine(given, async (request, who) => {
        const body = jsonBody(request);
        if ('problem' in body) return body.problem;
        const parsed = validate(z.object({ role: Role }), body.value);
        if ('problem' in parsed) return parsed.problem;
        const user = live.users.get(request.params['user_id'] ?? '');
        if (!user) return refused(notFound('user'));
        return administered(await administration.grantRole(who, user.id, parsed.value.role));
      }),
    ),
    administrating(
      options,
      'DELETE',
      '/admin/users/{user_id}/roles/{role}',
      {
        id: 'revoke_role',
        summary: 'Take a role: npm run admin alone.',
        success: { status: 204, description: 'They do not have it.' },
        problems: ['permission_denied'],
      },
      onTheMachine(given, async ({ params }, who) => {
        const parsed = validate(z.object({ role: Role }), { role: params['role'] });
        if ('problem' in parsed) return parsed.problem;
        const user = live.users.get(params['user_id'] ?? '');
        if (!user) return refused(notFound('user'));
        return administered(await administration.revokeRole(who, user.id, parsed.value.role));
      }),
    ),
  ];
}
