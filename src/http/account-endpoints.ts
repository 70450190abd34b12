/** Accounts over HTTP: /register, /login and /me. */
import { z } from 'zod';
import type { Accounts } from '../auth/accounts.js';
import { guessedFirst } from '../auth/common-passwords.js';
import type { Invitations, RegistrationPolicy } from '../auth/invitations.js';
import { MAX_CODE_CHARACTERS } from '../auth/one-time-codes.js';
import { MAX_GIVEN_CHARACTERS as MAX_GIVEN_PASSWORD, Password } from '../auth/passwords.js';
import { MAX_GIVEN_CHARACTERS as MAX_GIVEN_NAME, nameStream, Username } from '../auth/usernames.js';
import { heapFull } from '../commands/handling/heap-guard.js';
import { Moment, Role, UserId } from '../domain/fields.js';
import type { ReadBudget } from '../net/read-budget.js';
import type { LiveState, User } from '../projections/live-state.js';
import { type Authenticate, authenticated, tokenRefused } from './authentication.js';
import { type Endpoint, type HttpRequest, json, type Reply } from './endpoint.js';
import { busy, slowed, storeFull, storeUnavailable, Token, tokenReply, tooManyRequests } from './login-answers.js';
import { metered } from './metered.js';
import { problem, refused, validationFailed } from './problems.js';
import { boundedText, formBody, jsonBody, type Parsed, validate } from './request-body.js';

const Registration = z.object({
  username: Username,
  password: Password,
  code: boundedText(MAX_CODE_CHARACTERS, `inv_6b1f0f4e-3f0a-5d0c-9a57-0f5f6f1f9b11_7X2MK-A0B1C-2D3E4-F5G6H`)
    .optional()
    .meta({ description: 'Of an invitation, where the server asks for one (REGISTRATION=invite); ignored elsewhere.' }),
});

/** Whatever is not a possible name or password is simply a wrong one; only its size is bounded, so that it costs nothing. */
const Credentials = z.object({
  username: boundedText(MAX_GIVEN_NAME, 'john'),
  password: boundedText(MAX_GIVEN_PASSWORD, 'correct horse battery staple'),
});

const Account = z
  .object({ id: UserId, username: z.string().meta({ example: 'john' }), created_at: Moment })
  .meta({ id: 'Account' });

/** The account as its user sees it. What only few have is left out where there is none of it. */
const Me = Account.extend({
  roles: z.array(Role).optional(),
  password_reset_at: Moment.optional().meta({
    description: 'When an operator last issued a code with which another password could be set.',
  }),
}).meta({ id: 'Me' });

const accountJson = ({ id, username, created_at }: User): string =>
  JSON.stringify({ id, username, created_at } satisfies z.infer<typeof Account>);

export interface AccountEndpointsOptions {
  readonly accounts: Accounts;
  readonly invitations: Invitations;
  readonly registration: RegistrationPolicy;
  readonly live: LiveState;
  readonly authenticate: Authenticate;
  readonly reads: ReadBudget;
}

export function accountEndpoints(options: AccountEndpointsOptions): Endpoint[] {
  const { accounts, live, authenticate, reads } = options;
  return [
    {
      method: 'POST',
      path: '/register',
      describe: {
        tag: 'accounts',
        id: 'register',
        summary: 'Make an account. A name is unique whatever its case or Unicode form.',
        authenticated: false,
        body: { 'application/json': Registration },
        success: { status: 201, description: 'The account.', schema: Account },
        problems: [
          'registration_closed',
          'name_taken',
          'limit_reached',
          'too_many_requests',
          'store_full',
          'store_unavailable',
          'busy',
        ],
      },
      handle: (request) => register(options, request),
    },
    {
      method: 'POST',
      path: '/login',
      describe: {
        tag: 'accounts',
        id: 'login',
        summary: 'Get a token.',
        authenticated: false,
        body: { 'application/x-www-form-urlencoded': Credentials, 'application/json': Credentials },
        success: { status: 200, description: 'The token.', schema: Token },
        problems: [
          'unauthorized',
          'account_deactivated',
          'too_many_requests',
          'too_many_attempts',
          'store_unavailable',
          'busy',
        ],
      },
      handle: (request) => login(accounts, live, request),
    },
    {
      method: 'GET',
      path: '/me',
      describe: {
        tag: 'accounts',
        id: 'get_me',
        summary: 'Who the token says you are.',
        authenticated: true,
        success: { status: 200, description: 'Your account.', schema: Me },
        problems: ['rate_limited'],
      },
      handle: authenticated(
        authenticate,
        metered(reads, (_request, { userId }) => me(live, userId)),
        'read',
      ),
    },
  ];
}

function me(live: LiveState, userId: string): Reply {
  const user = live.users.get(userId);
  if (!user) return tokenRefused();
  const { id, username, created_at } = user;
  const answer: z.infer<typeof Me> = {
    id,
    username,
    created_at,
    roles: live.roles.shown(id),
    password_reset_at: live.accounts.of(id).password_reset_at ?? undefined,
  };
  return json(200, JSON.stringify(answer));
}

const notInvited = (): Reply =>
  problem(
    'registration_closed',
    'Registration needs an invitation: send its code; it is good once, for 7 days. Ask an operator for one',
  );

async function register(
  { accounts, invitations, registration: policy }: AccountEndpointsOptions,
  request: HttpRequest,
): Promise<Reply> {
  const slow = accounts.slowed(request.address, 'registration');
  if (slow) return tooManyRequests(slow);
  if (policy === 'closed')
    return problem('registration_closed', 'Registration is closed on this server: ask an operator for an account');
  const body = jsonBody(request);
  if ('problem' in body) return body.problem;
  const parsed = validate(Registration, body.value);
  if ('problem' in parsed) return parsed.problem;
  const weakness = guessedFirst(parsed.value.password, parsed.value.username);
  if (weakness !== undefined) return validationFailed([{ field: 'password', message: weakness }]);
  const { username, password, code } = parsed.value;
  const invitation = policy === 'invite' && code !== undefined ? await invitations.find(code) : undefined;
  if (invitation === 'unavailable') return storeUnavailable('nobody was registered; try again in a moment');
  if (policy === 'invite' && !invitation) return notInvited();
  const registration = await accounts.register(username, password, request.address, invitation);
  switch (registration.kind) {
    case 'registered':
      return {
        ...json(201, accountJson(registration.user), { 'Log-Position': registration.position }),
        logged: { message: 'registered', user: registration.user.id },
      };
    case 'name taken':
      return problem('name_taken', 'Username already registered: choose another one');
    case 'not invited':
      return notInvited();
    case 'slowed':
      return tooManyRequests(registration);
    case 'memory full':
      return refused(heapFull);
    case 'full':
      return storeFull('the account was not created; try again when there is space');
    case 'unavailable':
      return storeUnavailable(
        'whether you are registered is not known yet: try to log in in a moment, and to register again if that fails',
      );
    case 'busy':
      return busy(registration);
  }
}

async function login(accounts: Accounts, live: LiveState, request: HttpRequest): Promise<Reply> {
  const slow = accounts.slowed(request.address, 'login');
  if (slow) return tooManyRequests(slow);
  const body = credentialsBody(request);
  if ('problem' in body) return body.problem;
  const parsed = validate(Credentials, body.value);
  if ('problem' in parsed) return parsed.problem;
  const { username, password } = parsed.value;
  const result = await accounts.login(username, password, request.address);
  switch (result.kind) {
    case 'token':
      return { ...tokenReply(result.token), logged: { message: 'logged in', user: idOf(username, live) } };
    case 'wrong':
      return {
        ...problem('unauthorized', 'Incorrect username or password'),
        logged: { message: 'login failed', fromAnybody: true, user: idOf(username, live) },
      };
    case 'deactivated':
      return {
        ...problem('account_deactivated', 'This account was deactivated: ask an operator of the server'),
        logged: { message: 'login to a deactivated account', user: idOf(username, live) },
      };
    case 'slowed':
      return { ...slowed(result), logged: { message: 'login slowed down: too many failed', fromAnybody: true } };
    case 'unavailable':
      return storeUnavailable('logins are not possible until it does; try again in a moment');
    case 'busy':
      return busy(result);
  }
}

/** For the log. It never contains the typed name, which may be a password in the wrong field. */
const idOf = (username: string, live: LiveState): string | undefined => live.userNamed(nameStream(username))?.id;

/** The form of the original protocol, or the same fields as JSON. */
const credentialsBody = (request: HttpRequest): Parsed<Record<string, unknown>> =>
  request.headers['content-type'].toLowerCase().startsWith('application/x-www-form-urlencoded')
    ? formBody(request)
    : jsonBody(request);
