/** People as others may know them: a user by name or by id, and who may see a page. Answered from memory. */
import { z } from 'zod';
import { hasAtMost } from '../auth/bounded-text.js';
import { MAX_GIVEN_CHARACTERS } from '../auth/usernames.js';
import { notFound } from '../domain/refusals.js';
import type { User } from '../projections/live-state.js';
import { knows, viewersOf, ViewerView } from '../projections/viewers.js';
import { json, type Endpoint } from './endpoint.js';
import { refused, validationFailed } from './problems.js';
import { reading, visiblePage, type ReadOptions } from './read-endpoints.js';

const UserView = z.object({ id: z.string(), username: z.string() }).meta({ id: 'User' });

const userView = ({ id, username }: User): z.infer<typeof UserView> => ({ id, username });

export interface PeopleOptions extends ReadOptions {
  /** The stream of a username, which finds its user. */
  readonly nameStream: (username: string) => string;
}

export function peopleEndpoints(options: PeopleOptions): Endpoint[] {
  const { projection, nameStream } = options;
  const { live } = projection;
  return [
    reading(options, '/users', { tag: 'accounts', summary: 'The user with this name, in whatever case and Unicode form, as /login takes it; or none.', query: z.object({ username: z.string() }), schema: z.array(UserView), problems: [422] }, ({ query }) => {
      const username = query.get('username');
      if (username === null) return validationFailed([{ field: 'username', message: 'give the name to look for: /users?username=…' }]);
      if (!hasAtMost(username, MAX_GIVEN_CHARACTERS)) return validationFailed([{ field: 'username', message: `must have at most ${MAX_GIVEN_CHARACTERS} characters` }]);
      const user = live.userNamed(nameStream(username));
      return json(200, JSON.stringify(user ? [userView(user)] : []));
    }),
    reading(options, '/users/{user_id}', { tag: 'accounts', summary: 'The name of a user who shares a page or a group with you.', schema: UserView, problems: [404] }, ({ params }, { userId }) => {
      const user = live.users.get(params['user_id']!);
      return user && knows(live, userId, user.id) ? json(200, JSON.stringify(userView(user))) : refused(notFound('user'));
    }),
    reading(options, '/pages/{page_id}/viewers', { tag: 'pages', summary: 'Who may see a page, and by which paths; its owner only.', schema: z.array(ViewerView), problems: [403, 404] }, ({ params }, { userId }) => {
      const page = visiblePage(projection, params['page_id'], userId);
      if (!page) return refused(notFound('page'));
      if (page.owner_id !== userId) return refused({ code: 'permission_denied', message: 'Permission denied: only the owner of this page can see who may see it' });
      return json(200, JSON.stringify(viewersOf(page, live)));
    }),
  ];
}
