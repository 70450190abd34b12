/**
 * Messages that the server sends on a socket. The schemas are the contract (AsyncAPI and the wire-freeze test are generated from
 * them); the functions below build the text, once for all receivers. A test checks that both agree.
 */
import { z } from 'zod';
import { AlarmId, Moment, PageId, UserId } from '../domain/fields.js';
import type { Refusal } from '../domain/refusals.js';
import type { StateText } from '../net/state-text.js';
import { alarmChanges } from './alarm-changes.js';
import { AlarmView, GivenComment, GrantView, PageView, TriggeredAlarmView } from './views.js';

const message = <T extends string, P extends z.ZodType>(type: T, payload: P) =>
  z.object({ type: z.literal(type), payload });
const Seq = z.number().int();
const CommandId = z.string();

export const InitialState = message(
  'initial_state',
  z.object({
    log: z
      .string()
      .meta({ description: "Id of the server's log. It changes after a restore: discard every seq then." }),
    user: z.object({ id: UserId, username: z.string() }),
    pages: z.array(PageView),
    alarms: z.array(AlarmView),
  }),
).extend({
  id: CommandId.optional().meta({ description: 'Id of the resume that it answers, if the log has changed.' }),
});

export const AlarmUpdate = message(
  'alarm_update',
  z.object({
    alarm_id: AlarmId,
    page_id: PageId,
    action: z.enum(['created', 'updated', 'deleted', 'triggered']),
    data: z.union([TriggeredAlarmView, AlarmView]),
    seq: Seq,
    at: Moment,
    by: UserId,
    change: z.enum(alarmChanges).optional().meta({
      description:
        'What happened, where `action` does not say it precisely. A client that does not know it needs nothing but `data`.',
    }),
    quiet: z.enum(['cooldown', 'snoozed']).optional().meta({ description: 'Why a trigger was counted quietly.' }),
    cause: z.enum(['user', 'timer']).optional().meta({ description: 'Of `unsnoozed`: what ended the snooze.' }),
    n: z.number().int().optional().meta({ description: 'Of `renotified`: the how many-th time.' }),
    comment: GivenComment.optional().meta({
      description: 'What its actor said with it: what `commented` is about. Null: it was erased.',
    }),
  }),
);

export const PageUpdate = message(
  'page_update',
  z.object({
    page_id: PageId,
    seq: Seq,
    at: Moment,
    by: UserId,
    action: z.enum(['shared', 'renamed', 'transferred', 'acknowledged', 'void']),
    page: PageView,
    share: GrantView.optional().meta({ description: "The grant; sent only to the page's owner." }),
    upto: Seq.optional().meta({ description: 'Of `acknowledged`: triggers up to this seq were acknowledged.' }),
    comment: GivenComment.optional().meta({
      description: 'Of `acknowledged`: what its actor said. Null: it was erased.',
    }),
    alarms: z
      .array(AlarmView)
      .optional()
      .meta({ description: 'Of `acknowledged`: the alarms that it changed, whole.' }),
  }),
);

export const PageRights = message('page_rights', z.object({ page: PageView }));
export const PageAdded = message('page_added', z.object({ page: PageView, alarms: z.array(AlarmView) }));
export const PageRemoved = message('page_removed', z.object({ page_id: PageId }));

const Update = z.union([AlarmUpdate, PageUpdate]);
const Alarms = z.array(AlarmView);
const Updates = z.array(Update).meta({ description: 'The missed messages, oldest first.' });
const PageEntry = z.union([
  z.object({ page: PageView, updates: Updates }),
  z.object({ page: PageView, alarms: Alarms }),
]);

export const Resumed = message(
  'resumed',
  z.object({
    log: z.string(),
    pages: z.array(PageEntry),
    removed: z.array(PageId).meta({ description: 'Pages that the client held and may no longer see.' }),
  }),
).extend({ id: CommandId.optional() });

export const PageState = message('page_state', PageEntry).extend({ id: CommandId.optional() });

export const Success = message(
  'success',
  z.object({
    action: z.string(),
    data: z.unknown(),
    seq: Seq.optional().meta({ description: 'Only for a command.' }),
    position: z.string().optional().meta({ description: 'Only for a command. Opaque; to be used as min_position.' }),
  }),
).extend({ id: CommandId.optional() });

export const ErrorMessage = message(
  'error',
  z.object({ message: z.string(), code: z.string(), details: z.unknown().optional() }),
).extend({ id: CommandId.optional() });

export const TokenExpiring = message(
  'token_expiring',
  z.object({
    expires_in_s: z.int().meta({ description: 'Seconds until the token expires and the socket is closed with 4001.' }),
  }),
);
export const Draining = message(
  'draining',
  z.object({
    retry_after_ms: z.number().int().meta({
      description: 'How long to wait after the close before reconnecting, in milliseconds; different for each socket.',
    }),
  }),
);

export const downMessages = [
  InitialState,
  AlarmUpdate,
  PageUpdate,
  PageRights,
  PageAdded,
  PageRemoved,
  Resumed,
  PageState,
  Success,
  ErrorMessage,
  TokenExpiring,
  Draining,
] as const;

/** The seq, time and actor that each message about an event contains. */
export interface EventStamp {
  readonly seq: number;
  readonly at: string;
  readonly by: string;
}

// Ids and timestamps are generated by the server and need no escaping; text typed by people is passed in as JSON.

const idPart = (id: string | undefined): string => (id === undefined ? '' : `"id":${JSON.stringify(id)},`);

/** `id`: of the resume that it answers, if any. */
export const initialState = (
  id: string | undefined,
  logId: string,
  userJson: string,
  pagesJson: string,
  alarms: StateText,
): StateText => [
  `{"type":"initial_state",${idPart(id)}"payload":{"log":"${logId}","user":${userJson},"pages":[${pagesJson}],"alarms":[`,
  ...alarms,
  ']}}',
];

/** `changeJson`: `change` and what belongs to it, as a JSON object; null where `action` says it. */
export const alarmUpdate = (
  alarmId: string,
  pageId: string,
  action: string,
  dataJson: string,
  { seq, at, by }: EventStamp,
  changeJson: string | null,
): string =>
  `{"type":"alarm_update","payload":{"alarm_id":"${alarmId}","page_id":"${pageId}","action":"${action}","data":${dataJson},"seq":${seq},"at":"${at}","by":"${by}"${changeJson === null ? '' : `,${changeJson.slice(1, -1)}`}}}`;

export const pageUpdate = (
  pageId: string,
  action: string,
  pageJson: string,
  { seq, at, by }: EventStamp,
  shareJson?: string,
): string =>
  `{"type":"page_update","payload":{"page_id":"${pageId}","seq":${seq},"at":"${at}","by":"${by}","action":"${action}","page":${pageJson}${shareJson === undefined ? '' : `,"share":${shareJson}`}}}`;

/** `alarmsJson`: the changed alarms, comma-separated. */
export const pageAcknowledged = (
  pageId: string,
  pageJson: string,
  { seq, at, by }: EventStamp,
  { upto, commentJson }: { readonly upto: number; readonly commentJson: string | undefined },
  alarmsJson: Buffer,
): StateText => [
  `{"type":"page_update","payload":{"page_id":"${pageId}","seq":${seq},"at":"${at}","by":"${by}","action":"acknowledged","page":${pageJson},"upto":${upto}${commentJson === undefined ? '' : `,"comment":${commentJson}`},"alarms":[`,
  alarmsJson,
  ']}}',
];

export const pageRights = (pageJson: string): string => `{"type":"page_rights","payload":{"page":${pageJson}}}`;

export const pageAdded = (pageJson: string, alarms: StateText): StateText => [
  `{"type":"page_added","payload":{"page":${pageJson},"alarms":[`,
  ...alarms,
  ']}}',
];

export const pageRemoved = (pageId: string): string => `{"type":"page_removed","payload":{"page_id":"${pageId}"}}`;

export const resumed = (id: string | undefined, logId: string, entries: StateText, removedJson: string): StateText => [
  `{"type":"resumed",${idPart(id)}"payload":{"log":"${logId}","pages":[`,
  ...entries,
  `],"removed":${removedJson}}}`,
];

/** `entry`: a page's entry, as JSON. */
export const pageState = (id: string | undefined, entry: StateText): StateText => [
  `{"type":"page_state",${idPart(id)}"payload":`,
  ...entry,
  '}',
];

export const success = (
  id: string | undefined,
  action: string,
  dataJson: string,
  seq: number,
  position: string,
): string =>
  `{"type":"success",${idPart(id)}"payload":{"action":"${action}","data":${dataJson},"seq":${seq},"position":"${position}"}}`;

/** `expiresInS`: seconds until the new token expires. */
export const tokenRefreshed = (id: string | undefined, expiresInS: number): string =>
  `{"type":"success",${idPart(id)}"payload":{"action":"token_refreshed","data":{"expires_in_s":${expiresInS}}}}`;

export const tokenExpiring = (expiresInS: number): string =>
  `{"type":"token_expiring","payload":{"expires_in_s":${expiresInS}}}`;

/** Codes of the socket only; all others are refusals (domain/refusals.ts). */
export const socketErrorCodes = {
  invalid_json: 'The message is not JSON.',
  unknown_type: 'The message type is unknown.',
  message_too_large: 'The message is over 64 KiB; a resume: over 1 MiB. It was not parsed.',
  resume_first: 'The socket was opened to resume: a resume message has to come first.',
  already_live: 'The socket already has its state and receives events; it cannot resume.',
  token_refused:
    'The token of a refresh is invalid, has expired, or is that of another user; the socket keeps its current one.',
  too_many_errors: 'The socket sent only invalid messages; it is closed.',
  binary_message: 'The message is a binary frame; the protocol uses text frames only.',
} as const;

export interface SocketError {
  readonly code: keyof typeof socketErrorCodes | 'invalid_message';
  readonly message: string;
  readonly details?: unknown;
}

export const error = (id: string | undefined, { code, message, details }: Refusal | SocketError): string =>
  `{"type":"error",${idPart(id)}"payload":${JSON.stringify({ message, code, details })}}`;

export const draining = (retryAfterMs: number): string =>
  `{"type":"draining","payload":{"retry_after_ms":${retryAfterMs}}}`;
