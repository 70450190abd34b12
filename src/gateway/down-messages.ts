/**
 * What the server says on a socket. The schemas are the contract (AsyncAPI and the wire-freeze test are made from them); the
 * functions below build the text, once for all who get it. A test holds the two together.
 */
import { z } from 'zod';
import { AlarmId, Moment, PageId, UserId } from '../domain/fields.js';
import type { Refusal } from '../domain/refusals.js';
import { AlarmView, GrantView, PageView, TriggeredAlarmView } from '../projections/views.js';

const message = <T extends string, P extends z.ZodType>(type: T, payload: P) => z.object({ type: z.literal(type), payload });
const Seq = z.number().int();
const CommandId = z.string();

export const InitialState = message(
  'initial_state',
  z.object({
    log: z.string().meta({ description: "Id of the server's log; another one after a restore: forget every seq then." }),
    user: z.object({ id: UserId, username: z.string() }),
    pages: z.array(PageView),
    alarms: z.array(AlarmView),
  }),
);

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
    action: z.enum(['shared', 'renamed', 'void']),
    page: PageView,
    share: GrantView.optional().meta({ description: 'The grant; only its owner gets it.' }),
  }),
);

export const PageRights = message('page_rights', z.object({ page: PageView }));
export const PageAdded = message('page_added', z.object({ page: PageView, alarms: z.array(AlarmView) }));
export const PageRemoved = message('page_removed', z.object({ page_id: PageId }));

export const Success = message(
  'success',
  z.object({ action: z.string(), data: z.unknown(), seq: Seq, position: z.string().meta({ description: 'Opaque; for min_position.' }) }),
).extend({ id: CommandId.optional() });

export const ErrorMessage = message('error', z.object({ message: z.string(), code: z.string(), details: z.unknown().optional() })).extend({ id: CommandId.optional() });

export const Draining = message('draining', z.object({ retry_after_ms: z.number().int().meta({ description: 'How long to stay away after the close, in milliseconds; another time for each socket.' }) }));

export const downMessages = [InitialState, AlarmUpdate, PageUpdate, PageRights, PageAdded, PageRemoved, Success, ErrorMessage, Draining] as const;

/** Where an event stands: what each message about it bears. */
export interface Place {
  readonly seq: number;
  readonly at: string;
  readonly by: string;
}

// Ids and moments are the server's own and need no escaping; whatever a person wrote comes in as JSON.

export const initialState = (logId: string, userJson: string, pagesJson: string, alarmsJson: string): string =>
  `{"type":"initial_state","payload":{"log":"${logId}","user":${userJson},"pages":[${pagesJson}],"alarms":[${alarmsJson}]}}`;

export const alarmUpdate = (alarmId: string, pageId: string, action: string, dataJson: string, { seq, at, by }: Place): string =>
  `{"type":"alarm_update","payload":{"alarm_id":"${alarmId}","page_id":"${pageId}","action":"${action}","data":${dataJson},"seq":${seq},"at":"${at}","by":"${by}"}}`;

export const pageUpdate = (pageId: string, action: string, pageJson: string, { seq, at, by }: Place, shareJson?: string): string =>
  `{"type":"page_update","payload":{"page_id":"${pageId}","seq":${seq},"at":"${at}","by":"${by}","action":"${action}","page":${pageJson}${shareJson === undefined ? '' : `,"share":${shareJson}`}}}`;

export const pageRights = (pageJson: string): string => `{"type":"page_rights","payload":{"page":${pageJson}}}`;

export const pageAdded = (pageJson: string, alarmsJson: string): string => `{"type":"page_added","payload":{"page":${pageJson},"alarms":[${alarmsJson}]}}`;

export const pageRemoved = (pageId: string): string => `{"type":"page_removed","payload":{"page_id":"${pageId}"}}`;

const idPart = (id: string | undefined): string => (id === undefined ? '' : `"id":${JSON.stringify(id)},`);

export const success = (id: string | undefined, action: string, dataJson: string, seq: number, position: string): string =>
  `{"type":"success",${idPart(id)}"payload":{"action":"${action}","data":${dataJson},"seq":${seq},"position":"${position}"}}`;

/** Codes that only the socket knows; all others are refusals (domain/refusals.ts). */
export const socketErrorCodes = {
  invalid_json: 'The message is not JSON.',
  invalid_message: 'The message is JSON, but not of a form the server knows; details name the fields.',
  unknown_type: 'There is no message of this type.',
  message_too_large: 'The message is over 64 KiB.',
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

export const draining = (retryAfterMs: number): string => `{"type":"draining","payload":{"retry_after_ms":${retryAfterMs}}}`;
