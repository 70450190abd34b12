/** Users as operators see them: who there is and how their accounts stand, and nothing of any page. */
import { z } from 'zod';
import { hasAtMost } from '../auth/bounded-text.js';
import { MAX_GIVEN_CHARACTERS, nameKey } from '../auth/usernames.js';
import { Moment, Role, UserId } from '../domain/fields.js';
import type { LiveState, User } from '../projections/live-state.js';
import { administrating } from './administrators.js';
import { type Endpoint, type HttpRequest, json, type Reply } from './endpoint.js';
import { integer } from './history-endpoints.js';
import { validate } from './request-body.js';
import type { AdminEndpointsOptions } from './role-endpoints.js';

const AdminUser = z
  .object({
    id: UserId,
    username: z.string().meta({ example: 'john' }),
    created_at: Moment,
    roles: z.array(Role),
    sockets: z.int().meta({ description: 'Open sockets, at the node that was asked.' }),
  })
  .meta({ id: 'AdminUser' });

const AdminUsers = z
  .object({
    users: z.array(AdminUser),
    next: z.string().nullable().meta({ description: 'The value for the next after, or null at the end.' }),
  })
  .meta({ id: 'AdminUsers' });

const bounded = z
  .string()
  .refine((text) => hasAtMost(text, MAX_GIVEN_CHARACTERS), `must have at most ${MAX_GIVEN_CHARACTERS} characters`);

const UserQuery = z.object({
  after: bounded.optional().meta({ description: 'A username: start behind it.', example: 'john' }),
  limit: integer(1, 1_000, 100),
  q: bounded
    .optional()
    .meta({ description: 'Only names with this in them, in whatever case and Unicode form.', example: 'jo' }),
});

export interface AdminUserOptions extends AdminEndpointsOptions {
  /** Open sockets of a user at this node. */
  readonly socketsOf: (userId: string) => number;
}

export function adminUserEndpoints(options: AdminUserOptions): Endpoint[] {
  const keys = new WeakMap<User, string>();
  const keyOf = (user: User): string => {
    const known = keys.get(user) ?? nameKey(user.username);
    keys.set(user, known);
    return known;
  };
  return [
    administrating(
      options,
      'GET',
      '/admin/users',
      {
        id: 'list_users',
        summary: 'Users, in the order of their names.',
        query: UserQuery,
        success: { status: 200, description: 'Users, and where to go on.', schema: AdminUsers },
      },
      (request) => list(request, options, keyOf),
    ),
  ];
}

function list({ query }: HttpRequest, options: AdminUserOptions, keyOf: (user: User) => string): Reply {
  const range = validate(UserQuery, Object.fromEntries(query));
  if ('problem' in range) return range.problem;
  const { after, limit, q } = range.value;
  const sought = q === undefined ? undefined : nameKey(q);
  const found = first(options.live.users.values(), limit + 1, (user) => {
    if (after !== undefined && user.username <= after) return false;
    return sought === undefined || keyOf(user).includes(sought);
  });
  const shown = found.slice(0, limit);
  const answer: z.infer<typeof AdminUsers> = {
    users: shown.map((user) => adminUser(user, options)),
    next: found.length > limit ? (shown.at(-1)?.username ?? null) : null,
  };
  return json(200, JSON.stringify(answer));
}

export const adminUser = (
  { id, username, created_at }: User,
  { live, socketsOf }: { readonly live: LiveState; readonly socketsOf: (userId: string) => number },
): z.infer<typeof AdminUser> => ({
  id,
  username,
  created_at,
  roles: live.roles.shown(id) ?? [],
  sockets: socketsOf(id),
});

/** The first `limit` by name of those that `fits`, without sorting all of them. */
function first(users: Iterable<User>, limit: number, fits: (user: User) => boolean): User[] {
  const found: User[] = [];
  const byName = (a: User, b: User): number => (a.username < b.username ? -1 : 1);
  for (const user of users) {
    if (!fits(user)) continue;
    found.push(user);
    if (found.length >= 2 * limit) found.sort(byName).splice(limit);
  }
  return found.sort(byName).slice(0, limit);
}
