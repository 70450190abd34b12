/** Users as operators see them: who there is and how their accounts stand, and nothing of any page. */
import { z } from 'zod';
import type { Administrator } from '../auth/account-events.js';
import { mayAdminister } from '../auth/administration.js';
import { hasAtMost } from '../auth/bounded-text.js';
import { MAX_GIVEN_CHARACTERS, nameKey, Username } from '../auth/usernames.js';
import { heapFull } from '../commands/handling/heap-guard.js';
import { Moment, Role, UserId } from '../domain/fields.js';
import { notFound, refuse } from '../domain/refusals.js';
import type { LiveState, User } from '../projections/live-state.js';
import { type AdminHandle, administrating } from './administrators.js';
import { type Endpoint, type EndpointDescription, type HttpRequest, json, type Reply } from './endpoint.js';
import { integer } from './history-endpoints.js';
import { problem, refused } from './problems.js';
import { jsonBody, validate } from './request-body.js';
import { type AdminEndpointsOptions, administered } from './role-endpoints.js';

const AdminUser = z
  .object({
    id: UserId,
    username: z.string().meta({ example: 'john' }),
    created_at: Moment,
    active: z.boolean().meta({ description: 'False while the account is deactivated.' }),
    roles: z.array(Role),
    last_login_at: Moment.nullable().meta({ description: 'Null where no login was recorded.' }),
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
  /** Whether there is memory for more accounts. */
  readonly mayGrow: () => boolean;
  /** Open sockets of a user at this node. */
  readonly socketsOf: (userId: string) => number;
}

const NewUser = z.object({ username: Username });

const Code = z
  .object({
    code: z.string().meta({
      example: '7X2MK-A0B1C-2D3E4-F5G6H',
      description: 'For POST /password/reset, once. It is shown here only.',
    }),
    expires_at: Moment,
  })
  .meta({ id: 'OneTimeCode' });

const AddedUser = Code.extend({ id: UserId, username: z.string().meta({ example: 'john' }) }).meta({ id: 'AddedUser' });

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
    ...accountChanges(options),
  ];
}

function accountChanges(options: AdminUserOptions): Endpoint[] {
  const { administration, live } = options;
  /** Changes the account of the path, unless it is that of an auditor or an operator and an operator asks. */
  const change =
    (what: string, handle: (who: Administrator, user: User) => Promise<Reply>): AdminHandle =>
    async ({ params }, who) => {
      const user = live.users.get(params['user_id'] ?? '');
      if (!user) return refused(notFound('user'));
      if (mayAdminister(who.by, user.id, live)) return handle(who, user);
      return refused(
        refuse(
          'permission_denied',
          `Permission denied: the account of an auditor or an operator is ${what} by npm run admin on the server's machine alone`,
        ),
      );
    };
  const post = (
    verb: string,
    describe: Pick<EndpointDescription, 'id' | 'summary' | 'success'>,
    handle: AdminHandle,
  ): Endpoint =>
    administrating(
      options,
      'POST',
      `/admin/users/{user_id}/${verb}`,
      { ...describe, problems: ['permission_denied'] },
      handle,
    );

  return [
    administrating(
      options,
      'POST',
      '/admin/users',
      {
        id: 'add_user',
        summary: 'Make an account. Its user sets the password with the code.',
        body: { 'application/json': NewUser },
        success: { status: 201, description: 'The account and the code.', schema: AddedUser },
        problems: ['name_taken', 'limit_reached'],
      },
      (request, who) => addUser(options, request, who),
    ),
    post(
      'reset',
      {
        id: 'issue_reset_code',
        summary: 'Issue a code with which the user sets another password: once, within 24 hours.',
        success: { status: 200, description: 'The code.', schema: Code },
      },
      change('reset', async (who, user) => {
        const issued = await administration.issueReset(who, user.id);
        if (issued.kind !== 'code') return administered(issued);
        const { code, expiresAt: expires_at, position } = issued;
        return secretReply(200, { code, expires_at } satisfies z.infer<typeof Code>, position);
      }),
    ),
    post(
      'deactivate',
      {
        id: 'deactivate_user',
        summary:
          'Deactivate the account: its sessions, sockets and tickets are refused on every node, and nothing is deleted.',
        success: { status: 204, description: 'It is deactivated.' },
      },
      change('deactivated', async (who, user) => administered(await administration.deactivate(who, user.id))),
    ),
    post(
      'reactivate',
      {
        id: 'reactivate_user',
        summary: 'Reactivate the account: all that it had is valid again.',
        success: { status: 204, description: 'It is active.' },
      },
      change('reactivated', async (who, user) => administered(await administration.reactivate(who, user.id))),
    ),
    administrating(
      options,
      'DELETE',
      '/admin/users/{user_id}/texts',
      {
        id: 'erase_texts',
        summary:
          'Erase all comments and notes that the user has written: from then on they are null everywhere, and their key is destroyed.',
        success: { status: 204, description: 'They are erased.' },
      },
      async ({ params }, who) => {
        const user = live.users.get(params['user_id'] ?? '');
        return user ? administered(await administration.eraseTexts(who, user.id)) : refused(notFound('user'));
      },
    ),
  ];
}

/** A reply that nothing between here and the operator may keep. */
const secretReply = (status: number, value: object, position: string): Reply =>
  json(status, JSON.stringify(value), { 'Cache-Control': 'no-store', 'Log-Position': position });

async function addUser(
  { administration, mayGrow }: AdminUserOptions,
  request: HttpRequest,
  who: Administrator,
): Promise<Reply> {
  const body = jsonBody(request);
  if ('problem' in body) return body.problem;
  const parsed = validate(NewUser, body.value);
  if ('problem' in parsed) return parsed.problem;
  if (!mayGrow()) return refused(heapFull);
  const added = await administration.addUser(who, parsed.value.username);
  if (added.kind === 'name taken') return problem('name_taken', 'Username already registered: choose another one');
  if (added.kind !== 'added') return administered(added);
  const { user, code, expiresAt: expires_at, position } = added;
  const answer: z.infer<typeof AddedUser> = { id: user.id, username: user.username, code, expires_at };
  return secretReply(201, answer, position);
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
  active: live.accounts.isActive(id),
  roles: live.roles.shown(id) ?? [],
  last_login_at: live.accounts.of(id).last_login_at,
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
