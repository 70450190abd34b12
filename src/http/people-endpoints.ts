/** Users as others may see them: a user by name or by id, and who may see a page. Answered from memory. */
import { z } from 'zod';
import { hasAtMost } from '../auth/bounded-text.js';
import { MAX_GIVEN_CHARACTERS } from '../auth/usernames.js';
import { maySeeGrants } from '../domain/authorization.js';
import { UserId } from '../domain/fields.js';
import { notFound } from '../domain/refusals.js';
import type { LiveState, User } from '../projections/live-state.js';
import { knows, ViewerView, viewersOf } from '../projections/viewers.js';
import { type Endpoint, json } from './endpoint.js';
import { refused, validationFailed } from './problems.js';
import { type ReadOptions, reading, visiblePage } from './reading.js';

const UserView = z.object({ id: UserId, username: z.string().meta({ example: 'john' }) }).meta({ id: 'User' });

const userView = ({ id, username }: User): z.infer<typeof UserView> => ({ id, username });

/** A user as found by somebody who is about to share a page. */
const FoundUser = UserView.extend({
  warning: z
    .string()
    .optional()
    .meta({ description: 'Present if other users have names that look like this one: which names, and what to do.' }),
}).meta({ id: 'FoundUser' });

/** Maximum number of names in a warning. */
const NAMES_LIMIT = 5;

function foundUser(user: User, live: LiveState): z.infer<typeof FoundUser> {
  const others = live.lookAlikesOf(user);
  if (others.length === 0) return userView(user);
  const names = others.slice(0, NAMES_LIMIT).map(({ username }) => username);
  return {
    ...userView(user),
    warning: `This name looks like that of another user (${names.join(', ')}${others.length > names.length ? ', …' : ''}): ask the person for their id before you share anything with them`,
  };
}

/** The user, if they share a page or a group with `userId`. */
function knownUser(live: LiveState, userId: string, id: string): User | undefined {
  const user = live.users.get(id);
  return user && knows(live, userId, user.id) ? user : undefined;
}

export interface PeopleOptions extends ReadOptions {
  /** The stream of a username, by which its user is found. */
  readonly nameStream: (username: string) => string;
}

export function peopleEndpoints(options: PeopleOptions): Endpoint[] {
  const { projection, nameStream } = options;
  const { live } = projection;
  return [
    reading(
      options,
      '/users',
      {
        tag: 'accounts',
        id: 'find_user',
        summary:
          'The user with this name, in whatever case and Unicode form, as /login takes it, or with this id; or none.',
        query: z.object({
          username: z.string().optional().meta({ description: 'The name to look for.', example: 'john' }),
          id: z.string().optional().meta({
            description: 'Instead of a name: the id of a user who shares a page or a group with you.',
            example: 'e1e291ea-5de9-4bba-9c87-0548f27b37b9',
          }),
        }),
        schema: z.array(FoundUser),
        beyondPages: true,
      },
      ({ query }, { userId }) => {
        const [username, id] = [query.get('username'), query.get('id')];
        if (username !== null && id !== null)
          return validationFailed([{ field: 'id', message: 'must not be sent with username: send one of both' }]);
        if (id !== null) {
          const known = knownUser(live, userId, id);
          return json(200, JSON.stringify(known ? [userView(known)] : []));
        }
        if (username === null)
          return validationFailed([{ field: 'username', message: 'is missing: send /users?username=…' }]);
        if (!hasAtMost(username, MAX_GIVEN_CHARACTERS))
          return validationFailed([
            { field: 'username', message: `must have at most ${MAX_GIVEN_CHARACTERS} characters` },
          ]);
        const user = live.userNamed(nameStream(username));
        return json(200, JSON.stringify(user ? [foundUser(user, live)] : []));
      },
    ),
    reading(
      options,
      '/users/{user_id}',
      {
        tag: 'accounts',
        id: 'get_user',
        summary: 'The name of a user who shares a page or a group with you.',
        schema: UserView,
        beyondPages: true,
        problems: ['not_found'],
      },
      ({ params }, { userId }) => {
        const user = knownUser(live, userId, params['user_id']!);
        return user ? json(200, JSON.stringify(userView(user))) : refused(notFound('user'));
      },
    ),
    reading(
      options,
      '/pages/{page_id}/viewers',
      {
        tag: 'pages',
        id: 'list_page_viewers',
        summary: 'Who may see a page, and by which paths; its owner only.',
        schema: z.array(ViewerView),
        problems: ['permission_denied', 'not_found'],
      },
      ({ params }, identity) => {
        const page = visiblePage(projection, params['page_id'], identity);
        if (!page) return refused(notFound('page'));
        if (!maySeeGrants(page, identity.userId))
          return refused({
            code: 'permission_denied',
            message: 'Permission denied: only the owner of this page can see who may see it',
          });
        return json(200, JSON.stringify(viewersOf(page, live)));
      },
    ),
  ];
}
