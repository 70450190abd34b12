/**
 * What the server says on a socket. The schemas are the contract (AsyncAPI and the wire-freeze test are made from them); the
 * functions below build the text, once for all who get it. A test holds the two together.
 */
import { z } from 'zod';
import type { AlarmEvent } from '../domain/events.js';
import { AlarmId, Moment, PageId, UserId } from '../domain/fields.js';
import type { Refusal } from '../domain/refusals.js';
import type { StateText } from '../net/state-text.js';
import { AlarmView, GrantView, PageView, TriggeredAlarmView } from './views.js';

const message = <T extends string, P extends z.ZodType>(type: T, payload: P) =>
  z.object({ type: z.literal(type), payload });
const Seq = z.number().int();
const CommandId = z.string();

export const InitialState = message(
  'initial_state',
  z.object({
    log: z
      .string()
      .meta({ description: "Id of the server's log; another one after a restore: forget every seq then." }),
    user: z.object({ id: UserId, username: z.string() }),
    pages: z.array(PageView),
    alarms: z.array(AlarmView),
  }),
).extend({
  id: CommandId.optional().meta({ description: 'Of the resume that it answers, where the log is another one.' }),
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
  }),
);

export const PageUpdate = message(
  'page_update',
  z.object({
    page_id: PageId,
    seq: Seq,
    at: Moment,
    by: UserId,
    action: z.enum(['shared', 'renamed', 'transferred', 'void']),
    page: PageView,
    share: GrantView.optional().meta({ description: 'The grant; only its owner gets it.' }),
  }),
);

export const PageRights = message('page_rights', z.object({ page: PageView }));
export const PageAdded = message('page_added', z.object({ page: PageView, alarms: z.array(AlarmView) }));
export const PageRemoved = message('page_removed', z.object({ page_id: PageId }));

const Update = z.union([AlarmUpdate, PageUpdate]);
const Alarms = z.array(AlarmView);
const Updates = z.array(Update).meta({ description: 'The messages that were missed, oldest first.' });
const PageEntry = z.union([
  z.object({ page: PageView, updates: Updates }),
  z.object({ page: PageView, alarms: Alarms }),
]);

export const Resumed = message(
  'resumed',
  z.object({
    log: z.string(),
    pages: z.array(PageEntry),
    removed: z.array(PageId).meta({ description: 'Pages that were held and may not be seen any more.' }),
  }),
).extend({ id: CommandId.optional() });

export const PageState = message('page_state', PageEntry).extend({ id: CommandId.optional() });

export const Success = message(
  'success',
  z.object({
    action: z.string(),
    data: z.unknown(),
    seq: Seq.optional().meta({ description: 'Of a command.' }),
    position: z.string().optional().meta({ description: 'Of a command. Opaque; for min_position.' }),
  }),
).extend({ id: CommandId.optional() });

export const ErrorMessage = message(
  'error',
  z.object({ message: z.string(), code: z.string(), details: z.unknown().optional() }),
).extend({ id: CommandId.optional() });

export const TokenExpiring = message(
  'token_expiring',
  z.object({
    expires_in_s: z.int().meta({ description: 'Seconds until the token ends, and the socket is closed with 4001.' }),
  }),
);
export const Draining = message(
  'draining',
  z.object({
    retry_after_ms: z
      .number()
      .int()
      .meta({ description: 'How long to stay away after the close, in milliseconds; another time for each socket.' }),
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

/** Where an event stands: what each message about it bears. */
export interface Place {
  readonly seq: number;
  readonly at: string;
  readonly by: string;
}

// Ids and moments are the server's own and need no escaping; whatever a person wrote comes in as JSON.

const idPart = (id: string | undefined): string => (id === undefined ? '' : `"id":${JSON.stringify(id)},`);

/** `id`: of the resume that it answers, if it does. */
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

export const alarmUpdate = (
  alarmId: string,
  pageId: string,
  action: string,
  dataJson: string,
  { seq, at, by }: Place,
): string =>
  `{"type":"alarm_update","payload":{"alarm_id":"${alarmId}","page_id":"${pageId}","action":"${action}","data":${dataJson},"seq":${seq},"at":"${at}","by":"${by}"}}`;

/** What an alarm's event does to it, as its update says it. */
export const alarmActions = {
  AlarmCreated: 'created',
  AlarmUpdated: 'updated',
  AlarmDeleted: 'deleted',
  AlarmTriggered: 'triggered',
} as const satisfies Readonly<Record<AlarmEvent['type'], string>>;

export const isAlarmAction = (type: string): type is AlarmEvent['type'] => Object.hasOwn(alarmActions, type);

export const pageUpdate = (
  pageId: string,
  action: string,
  pageJson: string,
  { seq, at, by }: Place,
  shareJson?: string,
): string =>
  `{"type":"page_update","payload":{"page_id":"${pageId}","seq":${seq},"at":"${at}","by":"${by}","action":"${action}","page":${pageJson}${shareJson === undefined ? '' : `,"share":${shareJson}`}}}`;

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

/** `expiresInS`: seconds until the new token ends. */
export const tokenRefreshed = (id: string | undefined, expiresInS: number): string =>
  `{"type":"success",${idPart(id)}"payload":{"action":"token_refreshed","data":{"expires_in_s":${expiresInS}}}}`;

export const tokenExpiring = (expiresInS: number): string =>
  `{"type":"token_expiring","payload":{"expires_in_s":${expiresInS}}}`;

/** Codes that only the socket knows; all others are refusals (domain/refusals.ts). */
export const socketErrorCodes = {
  invalid_json: 'The message is not JSON.',
  invalid_message: 'The message is JSON, but not of a form the server knows; details name the fields.',
  unknown_type: 'There is no message of this type.',
  message_too_large: 'The message is over 64 KiB; a resume: over 1 MiB. It was not parsed.',
  resume_first: 'The socket was opened to resume, and waits for that message.',
  already_live: 'There is nothing to resume: the socket has its state, and is told what happens.',
  token_refused:
    'The token of a refresh is not valid (any more), or is that of another user; the socket goes on with the one it has.',
  too_many_errors: 'The socket sent nothing but messages that were not understood; it is closed.',
  binary_message: 'The message came as a binary frame; the protocol is text only.',
} as const;

export interface SocketError {
  readonly code: keyof typeof socketErrorCodes;
  readonly message: string;
  readonly details?: unknown;
}

export const error = (id: string | undefined, { code, message, details }: Refusal | SocketError): string =>
  `{"type":"error",${idPart(id)}"payload":${JSON.stringify({ message, code, details })}}`;

export const draining = (retryAfterMs: number): string =>
  `{"type":"draining","payload":{"retry_after_ms":${retryAfterMs}}}`;
