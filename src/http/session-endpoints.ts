/** Sessions over HTTP: /token, /logout, /password and /ws-ticket. */
import { z } from 'zod';
import type { Accounts } from '../auth/accounts.js';
import { guessedFirst } from '../auth/common-passwords.js';
import { MAX_GIVEN_CHARACTERS, Password } from '../auth/passwords.js';
import { NO_SOCKET } from '../auth/program-tokens.js';
import type { Session, Sessions } from '../auth/sessions.js';
import { TICKET_MS, type Tickets } from '../auth/tickets.js';
import type { Ability } from '../domain/fields.js';
import type { ReadBudget } from '../net/read-budget.js';
import { type Authenticate, authenticated, tokenScope } from './authentication.js';
import { type Endpoint, type EndpointDescription, type HttpRequest, json, type Reply } from './endpoint.js';
import { busy, slowed, storeFull, storeUnavailable, Token, tokenReply } from './login-answers.js';
import { metered } from './metered.js';
import { problem, validationFailed } from './problems.js';
import { boundedText, jsonBody, validate } from './request-body.js';

/** The old one need only be of a size that costs nothing: what cannot be a password is simply a wrong one. */
const Passwords = z.object({ old: boundedText(MAX_GIVEN_CHARACTERS, 'correct horse battery staple'), new: Password });

const Ticket = z.object({ ticket: z.string(), expires_in_s: z.int() }).meta({ id: 'Ticket' });

export interface SessionEndpointsOptions {
  readonly accounts: Accounts;
  readonly usernameOf: (userId: string) => string | undefined;
  readonly sessions: Sessions;
  readonly authenticate: Authenticate<Session>;
  readonly tickets: Tickets;
  readonly reads: ReadBudget;
}

const sessionOver = (): Reply => problem('unauthorized', 'The session has expired: log in again');

export function sessionEndpoints(options: SessionEndpointsOptions): Endpoint[] {
  const { sessions, authenticate, tickets, reads } = options;
  const post = (
    path: string,
    describe: Omit<EndpointDescription, 'tag' | 'authenticated'>,
    handle: (request: HttpRequest, session: Session) => Reply | Promise<Reply>,
    ability?: Ability,
  ): Endpoint => ({
    method: 'POST',
    path,
    describe: { tag: 'accounts', authenticated: true, ...describe },
    handle: authenticated(authenticate, handle, ability),
  });

  return [
    post(
      '/token',
      {
        id: 'renew_token',
        summary: 'Get a new token of the same session, up to its absolute end.',
        success: { status: 200, description: 'The token.', schema: Token },
        problems: ['rate_limited'],
      },
      metered(reads, async (_request, session) => {
        const token = await sessions.renew(session);
        return token === undefined ? sessionOver() : tokenReply(token);
      }),
    ),
    post(
      '/logout',
      {
        id: 'logout',
        summary: 'End this session: its tokens are refused, its sockets closed with 4002.',
        success: { status: 204, description: 'It is over.' },
        problems: ['store_full', 'store_unavailable'],
      },
      async (_request, session) => {
        const ending = await sessions.end(session);
        if (ending.kind === 'unavailable')
          return storeUnavailable('whether the session has ended is not known yet; log out again in a moment');
        return ending.kind === 'ended'
          ? {
              status: 204,
              headers: { 'Log-Position': ending.position },
              logged: { message: 'logged out', user: session.userId },
            }
          : storeFull('the session is still valid; try again when there is space');
      },
    ),
    post(
      '/password',
      {
        id: 'change_password',
        summary:
          'Change the password. All sessions end, including this one, and a new one begins with the returned token. Sockets of this session may refresh with it within 5 s; those of other sessions are closed with 4002.',
        body: { 'application/json': Passwords },
        success: { status: 200, description: 'The new token.', schema: Token },
        problems: ['wrong_password', 'too_many_attempts', 'store_full', 'store_unavailable', 'busy'],
      },
      (request, session) => changePassword(options, request, session),
    ),
    post(
      '/ws-ticket',
      {
        id: 'create_ws_ticket',
        summary: 'Get a ticket, which opens one socket, once: /ws?ticket=…',
        success: { status: 200, description: 'The ticket.', schema: Ticket },
        problems: ['rate_limited'],
      },
      metered(reads, (_request, session) => {
        if (session.program?.types) return tokenScope(NO_SOCKET);
        const ticket = tickets.issue(session);
        return json(200, JSON.stringify({ ticket, expires_in_s: TICKET_MS / 1_000 } satisfies z.infer<typeof Ticket>), {
          'Cache-Control': 'no-store',
        });
      }),
      'read',
    ),
  ];
}

async function changePassword(
  { accounts, usernameOf }: SessionEndpointsOptions,
  request: HttpRequest,
  session: Session,
): Promise<Reply> {
  const body = jsonBody(request);
  if ('problem' in body) return body.problem;
  const parsed = validate(Passwords, body.value);
  if ('problem' in parsed) return parsed.problem;
  const weakness = guessedFirst(parsed.value.new, usernameOf(session.userId));
  if (weakness !== undefined) return validationFailed([{ field: 'new', message: weakness }]);
  const change = await accounts.changePassword(session, parsed.value.old, parsed.value.new, request.address);
  switch (change.kind) {
    case 'token':
      return { ...tokenReply(change.token), logged: { message: 'password changed', user: session.userId } };
    case 'wrong':
      // Not 401: the token is valid, and a client that treats a 401 as its end would log out.
      return {
        ...problem('wrong_password', 'The old password is wrong: nothing was changed'),
        logged: { message: 'password change failed', user: session.userId },
      };
    case 'full':
      return storeFull(
        'the password is either unchanged, or changed and the sessions have not ended yet; log in with the new one, and if that fails with the old one',
      );
    case 'unavailable':
      return storeUnavailable(
        'whether the password was changed is not known yet; log in with the new one in a moment, and if that fails with the old one',
      );
    case 'slowed':
      return slowed(change);
    case 'busy':
      return busy(change);
  }
}
