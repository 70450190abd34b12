/** Each command as an HTTP endpoint: payload from path and body, `Idempotency-Key` as its id. */
import { z } from 'zod';
import { answerData } from '../commands/answers.js';
import type { Command, HttpRoute } from '../commands/command.js';
import { commands } from '../commands/commands.js';
import type { CommandHandler } from '../commands/handling/handler.js';
import type { Outcome } from '../commands/handling/pending-command.js';
import { programActor, userActor } from '../domain/authorization.js';
import { GroupId, UserId } from '../domain/fields.js';
import type { ReadBudget } from '../net/read-budget.js';
import { AlarmView, GrantView, GroupView, PageView, TriggeredAlarmView } from '../protocol/views.js';
import { type Authenticate, authenticated, type Identity } from './authentication.js';
import {
  type Endpoint,
  type EndpointDescription,
  type HttpRequest,
  json,
  pathParameters,
  type Reply,
} from './endpoint.js';
import { bytesOfReply, tooManyReads } from './metered.js';
import { problem, refused } from './problems.js';
import { jsonBody, type Parsed, validate } from './request-body.js';

const MembershipView = z
  .object({ group_id: GroupId, user_id: UserId, username: z.string().meta({ example: 'john' }) })
  .meta({ id: 'Membership' });

/** The answer of each kind of command; a removal has none. */
const answers: Readonly<Record<string, z.ZodType>> = {
  trigger_alarm: TriggeredAlarmView.extend({ seq: z.number().int() }),
  create_alarm: AlarmView,
  update_alarm: AlarmView,
  ack_alarm: AlarmView,
  unack_alarm: AlarmView,
  clear_alarm: AlarmView,
  assign_alarm: AlarmView,
  snooze_alarm: AlarmView,
  unsnooze_alarm: AlarmView,
  comment_alarm: AlarmView,
  ack_page: PageView,
  create_page: PageView,
  rename_page: PageView,
  share_page: GrantView,
  transfer_page: PageView,
  create_group: GroupView,
  rename_group: GroupView,
  transfer_group: GroupView,
  add_group_member: MembershipView,
};

/** No valid command is longer, apart from white space and ignored fields. If the user's read budget is used up, longer bodies are refused without parsing. */
const COMMAND_BYTES = 32 * 1024;

/** A command and its route. */
interface Routed {
  readonly command: Command;
  readonly http: HttpRoute;
}

export const commandEndpoints = (handling: CommandHandler, authenticate: Authenticate, reads: ReadBudget): Endpoint[] =>
  commands.flatMap((command) => {
    const { http } = command;
    if (!http) return [];
    const routed: Routed = { command, http };
    return {
      method: http.method,
      path: http.path,
      describe: describe(routed),
      handle: authenticated(
        authenticate,
        (request, identity) => handle(routed, handling, reads, request, identity),
        command.kind === 'trigger_alarm' ? 'trigger' : undefined,
      ),
    };
  });

async function handle(
  routed: Routed,
  handling: CommandHandler,
  reads: ReadBudget,
  request: HttpRequest,
  { userId, program }: Identity,
): Promise<Reply> {
  const { command, http } = routed;
  const waitMs = reads.wait(userId);
  if (waitMs > 0 && request.body.length > COMMAND_BYTES) return tooManyReads(waitMs);
  const startedAt = performance.now();
  const parsed = parse(routed, request);
  if ('problem' in parsed) {
    // An invalid request counts as a read, so that it is not free.
    reads.spend(userId, performance.now() - startedAt, bytesOfReply(parsed.problem));
    return waitMs > 0 ? tooManyReads(waitMs) : parsed.problem;
  }
  const { clientId, payload } = parsed.value;
  const actor = program ? programActor(program) : userActor(userId);
  const outcome = await new Promise<Outcome>((settle) =>
    handling.submit({ command, payload, actor, clientId, settle }),
  );
  if (outcome.kind === 'refused') return refused(outcome.refusal);
  const headers = { 'Log-Position': outcome.position };
  if (http.status === 204) return { status: 204, headers };
  if (program && !program.can.has('read'))
    return json(http.status, JSON.stringify({ id: request.params['alarm_id'], seq: outcome.seq }), headers);
  const data = answerData(outcome);
  return json(
    http.status,
    command.kind === 'trigger_alarm' ? `${data.slice(0, -1)},"seq":${outcome.seq}}` : data,
    headers,
  );
}

function parse(
  { command, http }: Routed,
  request: HttpRequest,
): Parsed<{ readonly clientId: string | undefined; readonly payload: unknown }> {
  const clientId = request.headers['idempotency-key'] || undefined;
  if (request.hasEmptyKey || (clientId !== undefined && clientId.length > 64))
    return { problem: problem('invalid_request', 'Idempotency-Key must have 1 to 64 ASCII characters') };
  const body = http.method === 'DELETE' ? { value: {} } : jsonBody(request);
  if ('problem' in body) return body;
  const payload = validate(command.payload, { ...body.value, ...request.params });
  return 'problem' in payload ? payload : { value: { clientId, payload: payload.value } };
}

/** Commands that can be refused because the state is already what they ask for. */
const nothingToDo: ReadonlySet<string> = new Set([
  'transfer_page',
  'transfer_group',
  'unack_alarm',
  'clear_alarm',
  'unsnooze_alarm',
  'ack_page',
]);

function describe({ command: { kind, summary, payload, target }, http }: Routed): EndpointDescription {
  const inPath = Object.fromEntries(pathParameters(http.path).map((name) => [name, true as const]));
  const fields = shapeOf(payload);
  const inBody = Object.fromEntries(Object.entries(fields).filter(([name]) => !(name in inPath)));
  const schema = answers[kind];
  return {
    tag:
      http.path.startsWith('/alarms') || http.path.endsWith('/alarms')
        ? 'alarms'
        : target.includes('group')
          ? 'groups'
          : 'pages',
    id: kind,
    summary,
    authenticated: true,
    command: true,
    ...(http.method === 'DELETE' || Object.keys(inBody).length === 0
      ? {}
      : { body: { 'application/json': z.object(inBody) } }),
    success: { status: http.status, description: summary, ...(schema && http.status !== 204 ? { schema } : {}) },
    problems: [
      ...(target === 'page' || target === 'group' ? (['permission_denied', 'not_found'] as const) : []),
      ...(nothingToDo.has(kind) ? (['nothing_to_do'] as const) : []),
      ...(kind === 'ack_alarm' ? (['nothing_open', 'already_acknowledged', 'not_caught_up'] as const) : []),
      ...(kind === 'ack_page' ? (['not_caught_up'] as const) : []),
      ...(kind === 'trigger_alarm' ? (['alarm_inactive'] as const) : []),
      ...(http.method === 'POST' ? (['limit_reached'] as const) : []),
      'id_reused',
      'rate_limited',
      'store_full',
      'store_unavailable',
      'overloaded',
    ],
  };
}

/** The fields of a payload, also if it is refined or transformed afterwards. */
function shapeOf(payload: z.ZodType): Record<string, z.ZodType> {
  const inner = payload instanceof z.ZodPipe ? (payload.in as z.ZodType) : payload;
  return (inner as z.ZodObject).shape as Record<string, z.ZodType>;
}
