/** Access tokens of programs over HTTP: made, listed and deleted by their owner, who is logged in. */
import { z } from 'zod';
import { type ProgramTokens, TOKENS_PER_USER } from '../auth/program-tokens.js';
import type { AccessToken } from '../domain/access-tokens.js';
import { Ability, AccessTokenId, AccessTokenName, Moment, PageId } from '../domain/fields.js';
import { notFound, refuse } from '../domain/refusals.js';
import { LogUnavailable } from '../log/event-log.js';
import type { ReadBudget } from '../net/read-budget.js';
import type { Projection } from '../projections/projection.js';
import { recordTypes } from '../protocol/event-records.js';
import { keyNotTaken } from './administrators.js';
import { type Authenticate, authenticated, type Identity } from './authentication.js';
import {
  type Endpoint,
  type EndpointDescription,
  type HttpRequest,
  json,
  type Method,
  type Reply,
} from './endpoint.js';
import { storeFull, storeUnavailable } from './login-answers.js';
import { metered } from './metered.js';
import { refused, validationFailed } from './problems.js';
import { jsonBody, validate } from './request-body.js';

/** Pages that one token can name. */
const PAGES_OF_TOKEN = 200;

const unique = (values: readonly string[]): boolean => new Set(values).size === values.length;

const Wish = z.object({
  name: AccessTokenName,
  can: z
    .array(Ability)
    .min(1)
    .max(2)
    .refine(unique, 'must name each ability once')
    .meta({ example: ['read'] }),
  pages: z
    .array(PageId)
    .min(1)
    .max(PAGES_OF_TOKEN)
    .optional()
    .meta({ description: 'Ids of the pages it is limited to; without it, all that you may see.' }),
  types: z
    .array(z.enum(recordTypes as [string, ...string[]]))
    .min(1)
    .optional()
    .meta({
      description: 'Types of the events it is limited to; with it, no socket can be opened.',
      example: ['AlarmTriggered'],
    }),
  expires_in_days: z.int().min(1).max(365).default(90),
});

const TokenView = z
  .object({
    id: AccessTokenId,
    name: AccessTokenName,
    can: z.array(Ability),
    pages: z.array(PageId).nullable(),
    types: z.array(z.string()).nullable(),
    created_at: Moment,
    expires_at: Moment,
  })
  .meta({ id: 'AccessToken' });

const ListedToken = TokenView.extend({
  last_used_at: Moment.nullable().meta({ description: 'The hour of its last use; null: never.' }),
}).meta({ id: 'ListedAccessToken' });

const NewToken = TokenView.extend({
  token: z.string().meta({
    description: 'The token itself, for Authorization: Bearer. It is shown here only.',
    example: 'alm_2c6a9f3e-5b1d-4e7a-8f20-6d4c3b2a1908_…',
  }),
}).meta({ id: 'NewAccessToken' });

const viewOf = ({ id, name, can, pages, types, created_at, until }: AccessToken): z.infer<typeof TokenView> => ({
  id,
  name,
  can: [...can],
  pages: pages ? [...pages] : null,
  types: types ? [...types] : null,
  created_at,
  expires_at: until,
});

export interface AccessTokenEndpointsOptions {
  readonly programs: ProgramTokens;
  readonly projection: Projection;
  readonly authenticate: Authenticate;
  readonly reads: ReadBudget;
}

export function accessTokenEndpoints(options: AccessTokenEndpointsOptions): Endpoint[] {
  const { programs, projection, authenticate, reads } = options;
  const endpoint = (
    method: Method,
    path: string,
    describe: Omit<EndpointDescription, 'tag' | 'authenticated'>,
    handle: (request: HttpRequest, identity: Identity) => Promise<Reply>,
  ): Endpoint => ({
    method,
    path,
    describe: {
      tag: 'accounts',
      authenticated: true,
      ...describe,
      problems: ['invalid_request', 'rate_limited', 'store_unavailable', ...(describe.problems ?? [])],
    },
    handle: authenticated(
      authenticate,
      metered(reads, async (request, identity: Identity) => keyNotTaken(request) ?? handle(request, identity)),
    ),
  });
  return [
    endpoint(
      'POST',
      '/access-tokens',
      {
        id: 'create_access_token',
        summary:
          'Make an access token for a program. It may do at most what you may, is shown once, and ends by itself.',
        body: { 'application/json': Wish },
        success: { status: 201, description: 'The token.', schema: NewToken },
        problems: ['limit_reached', 'store_full'],
      },
      (request, { userId }) => create(programs, projection, request, userId),
    ),
    endpoint(
      'GET',
      '/access-tokens',
      {
        id: 'list_access_tokens',
        summary: 'Your access tokens, without the tokens themselves.',
        success: { status: 200, description: 'The tokens, oldest first.', schema: z.array(ListedToken) },
      },
      (_request, { userId }) => list(programs, userId),
    ),
    endpoint(
      'DELETE',
      '/access-tokens/{token_id}',
      {
        id: 'delete_access_token',
        summary: 'End an access token at once, on every node. Its sockets are closed with 4002, its streams end.',
        success: { status: 204, description: 'It is not valid any more.' },
        problems: ['not_found', 'store_full'],
      },
      async ({ params }, { userId }) => {
        const id = params['token_id'] ?? '';
        if (projection.live.accessTokens.get(id)?.user_id !== userId) return refused(notFound('access token'));
        const written = await programs.delete(userId, id);
        if (written.kind === 'written')
          return {
            status: 204,
            headers: { 'Log-Position': written.position },
            logged: { message: 'access token deleted', user: userId },
          };
        return notWritten(
          written.kind,
          'the token is still valid',
          'whether the token has ended is not known yet; delete it again in a moment',
        );
      },
    ),
  ];
}

const notWritten = (kind: 'full' | 'unavailable', consequence: string, unknown: string): Reply =>
  kind === 'full' ? storeFull(`${consequence}; try again when there is space`) : storeUnavailable(unknown);

async function create(
  programs: ProgramTokens,
  { live }: Projection,
  request: HttpRequest,
  userId: string,
): Promise<Reply> {
  const body = jsonBody(request);
  if ('problem' in body) return body.problem;
  const wish = validate(Wish, body.value);
  if ('problem' in wish) return wish.problem;
  const { name, can, pages, types, expires_in_days: days } = wish.value;
  const unseen = pages?.find((id) => {
    const page = live.pages.get(id);
    return !page || live.heldOn(page, userId).right === 'none';
  });
  if (unseen !== undefined)
    return validationFailed([{ field: 'pages', message: 'must be ids of pages that you may see' }]);
  const created = await programs.create(userId, { name, can, pages, types, days });
  switch (created.kind) {
    case 'created':
      return {
        ...json(
          201,
          JSON.stringify({ ...viewOf(created.token), token: created.text } satisfies z.infer<typeof NewToken>),
          {
            'Cache-Control': 'no-store',
            'Log-Position': created.position,
          },
        ),
        logged: { message: 'access token created', user: userId },
      };
    case 'too many':
      return refused(
        refuse('limit_reached', `A user may have ${TOKENS_PER_USER} access tokens: delete one first`, {
          limit: TOKENS_PER_USER,
        }),
      );
    default:
      return notWritten(
        created.kind,
        'no token was made',
        'whether a token was made is not known yet: GET /access-tokens lists it then; delete it, and make another one',
      );
  }
}

async function list(programs: ProgramTokens, userId: string): Promise<Reply> {
  try {
    const tokens = await Promise.all(
      programs
        .of(userId)
        .map(async (token) => ({ ...viewOf(token), last_used_at: (await programs.lastUsedAt(token.id)) ?? null })),
    );
    return json(200, JSON.stringify(tokens satisfies z.infer<typeof ListedToken>[]), { 'Cache-Control': 'no-store' });
  } catch (error) {
    if (error instanceof LogUnavailable) return storeUnavailable('try again in a moment');
    throw error;
  }
}
