/** GET /audit/denied: what users were refused, for auditors. */
import { z } from 'zod';
import { Moment, PageId, UserId } from '../domain/fields.js';
import type { LiveState } from '../projections/live-state.js';
import type { DenialEntry } from '../projections/read-model/denials.js';
import { AsOfView, WindowQuery } from './as-of.js';
import {
  type AuditReadsOptions,
  aboutQuery,
  askedWindow,
  auditRead,
  listQuery,
  Next,
  nextJson,
} from './audit-reading.js';
import { type Endpoint, json } from './endpoint.js';
import { validate } from './request-body.js';

const Query = z.object({ ...WindowQuery.shape, ...listQuery(1_000), ...aboutQuery });

const Username = z.string().meta({ example: 'john' });
const Position = z.string().meta({ example: '1042' });

const Denied = z
  .object({
    type: z.literal('CommandDenied'),
    position: Position,
    at: Moment,
    user_id: UserId,
    username: Username,
    token_id: z.string().optional().meta({ description: 'The access token, if a program asked.' }),
    what: z.string().meta({ description: "The command's type, or the read's operation.", example: 'rename_page' }),
    target: z.string().nullable().meta({ description: 'Id of what it was about; null if that never was here.' }),
    page_id: PageId.nullable().meta({ description: 'The page that the target is or was on.' }),
    code: z.enum(['permission_denied', 'not_found']),
    rule: z.string().meta({ description: 'The rule of docs/spec.md by which it was refused.', example: 'PERM-4' }),
    judged: Position.meta({ description: 'Position of the log at which it was refused.' }),
  })
  .meta({ id: 'Denied' });

const Summary = z
  .object({
    type: z.literal('DenialsSummarised'),
    position: Position,
    at: Moment,
    from: Moment,
    until: Moment,
    users: z.array(z.object({ user_id: UserId, username: Username, count: z.number().int() })),
    others: z.number().int().meta({ description: 'Refusals of users who are not named.' }),
  })
  .meta({ id: 'DeniedSummary' });

export function auditDeniedEndpoint(options: AuditReadsOptions): Endpoint {
  const { projection, log, live } = options;
  return auditRead(
    options,
    '/audit/denied',
    {
      id: 'list_denied',
      summary: 'What users were refused: commands and reads, in log order.',
      query: Query,
      success: {
        status: 200,
        description: 'Refusals; and summaries of those of a user beyond 20 within a minute.',
        schema: z.object({ denied: z.array(z.union([Denied, Summary])), next: Next, as_of: AsOfView }),
      },
      problems: ['log_changed'],
    },
    async ({ query }) => {
      const asked = validate(Query, Object.fromEntries(query));
      if ('problem' in asked) return asked.problem;
      const window = await askedWindow(options, asked.value);
      if ('status' in window) return window;
      const { limit, user, page } = asked.value;
      const { after, asOf } = window;
      return () => {
        const found = projection.denials.between(after, asOf.position, limit + 1, { user, page });
        const denied = found.slice(0, limit).map((entry) => shown(entry, live));
        const next = found.length > limit ? found[limit - 1]?.position : undefined;
        return json(
          200,
          `{"denied":${JSON.stringify(denied)},"next":${nextJson(log, next)},"as_of":${JSON.stringify(asOf)}}`,
        );
      };
    },
  );
}

function shown({ type, position, at, user_id, token, data }: DenialEntry, live: LiveState): unknown {
  const told = JSON.parse(data) as { readonly users?: readonly { readonly user_id: string; readonly count: number }[] };
  if (user_id !== null) {
    const program = token === null ? {} : { token_id: token };
    return { type, position, at, user_id, username: live.usernameOf(user_id), ...program, ...told };
  }
  const users = told.users?.map((one) => ({ ...one, username: live.usernameOf(one.user_id) }));
  return { type, position, at, ...told, users };
}
