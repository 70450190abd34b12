/** What a client says on a socket: text → the command it means, or what is wrong with it. Never throws. */
import { z } from 'zod';
import type { Command } from '../commands/command.js';
import { socketCommands } from '../commands/commands.js';
import { fieldErrors, sentenceOf } from '../commands/payload-errors.js';
import { PageId } from '../domain/fields.js';
import type { SocketError } from './down-messages.js';

/** Longest message of a client, in bytes; and longest resume, which names every page that is held. */
export const MESSAGE_LIMIT = 64 * 1024;
export const RESUME_LIMIT = 1024 * 1024;

/** Pages that a resume may name: what fits into it with ids as this server makes them. */
export const RESUME_PAGES = 20_000;

/** Half a surrogate pair: text that has no UTF-8, and so no UUIDv5 can be made of it. */
const HALF_PAIR = /\p{Cs}/u;

export const CommandId = z.string().min(1).max(64).regex(/^\P{Cs}*$/u).meta({ description: "Makes the command idempotent: the same id again has one effect and the same answer. A user's own." });

const HeldSeq = z.number().int().min(0).meta({ description: 'The seq of the last event that is held.' });
const ResumePayload = z.object({ log: z.string().min(1).max(64), pages: z.record(z.string().min(1).max(64), HeldSeq).meta({ description: 'The last seq held of each page, by its id.' }) });
export type ResumePayload = z.infer<typeof ResumePayload>;
const SyncPayload = z.object({ page_id: PageId, seq: HeldSeq });
export type SyncPayload = z.infer<typeof SyncPayload>;

const RefreshPayload = z.object({ token: z.string().min(1).max(4_096).meta({ description: 'From POST /token, POST /login or POST /password.' }) });

/** What a client says that is no command: it changes nothing but what its socket is sent. */
export const requests = {
  resume: { summary: 'Says what the client holds, on a socket that was opened to resume.', payload: ResumePayload },
  sync: { summary: 'Asks for what was missed of one page.', payload: SyncPayload },
  refresh: { summary: 'Goes on with a new token of the same user, without losing a message.', payload: RefreshPayload },
} as const satisfies Readonly<Record<string, { readonly summary: string; readonly payload: z.ZodType }>>;
export type RequestType = keyof typeof requests;

/** Every message of a client, for the AsyncAPI document. */
export const upMessages = [...socketCommands.map(({ kind, summary, payload }) => ({ type: kind, summary, payload })), ...Object.entries(requests).map(([type, request]) => ({ type, ...request }))].map(
  ({ type, summary, payload }) => z.object({ type: z.literal(type), id: CommandId.optional(), payload }).meta({ description: summary }),
);

export interface UpCommand {
  readonly id: string | undefined;
  readonly command: Command;
  /** Validated. */
  readonly payload: unknown;
}

export type UpRequest = { readonly [T in RequestType]: { readonly id: string | undefined; readonly request: T; readonly payload: z.infer<(typeof requests)[T]['payload']> } }[RequestType];

export interface BadMessage {
  /** What it answers to, if the message had an id that can be used. */
  readonly id: string | undefined;
  readonly error: SocketError;
}

const commandsByType = new Map(socketCommands.map((command) => [command.kind, command]));
const isRequest = (type: string): type is RequestType => Object.hasOwn(requests, type);
const FORM = 'a message is {"type": …, "payload": {…}}, with an "id" if it is to be answered';

const bad = (id: string | undefined, code: SocketError['code'], message: string, details?: unknown): BadMessage => ({ id, error: { code, message, details } });

/** `bytes`: length of the text in UTF-8. */
export function parseUpMessage(text: string, bytes = Buffer.byteLength(text)): UpCommand | UpRequest | BadMessage {
  const tooLarge = (limit: number, id?: string): BadMessage => bad(id, 'message_too_large', `The message has ${bytes} bytes: at most ${limit} are allowed`);
  if (bytes > RESUME_LIMIT) return tooLarge(MESSAGE_LIMIT);
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (error) {
    if (bytes > MESSAGE_LIMIT) return tooLarge(MESSAGE_LIMIT);
    return bad(undefined, 'invalid_json', `The message is not JSON (${(error as Error).message}): ${FORM}`);
  }
  if (bytes > MESSAGE_LIMIT && (message as { type?: unknown } | null)?.type !== 'resume') return tooLarge(MESSAGE_LIMIT);
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return bad(undefined, 'invalid_message', `The message is not a JSON object: ${FORM}`);
  const { type, id, payload } = message as Record<string, unknown>;
  if (id !== undefined && (typeof id !== 'string' || id.length < 1 || id.length > 64 || HALF_PAIR.test(id))) return bad(undefined, 'invalid_message', 'id must be a string of 1 to 64 characters, without half surrogate pairs');
  if (typeof type !== 'string') return bad(id, 'invalid_message', `The message has no type: ${FORM}`);
  const command = commandsByType.get(type);
  if (command) {
    const parsed = command.payload.safeParse(payload);
    return parsed.success ? { id, command, payload: parsed.data } : misfit(id, type, parsed.error);
  }
  if (!isRequest(type)) return bad(id, 'unknown_type', `Unknown message type ${JSON.stringify(type.slice(0, 64))}: known are ${[...commandsByType.keys(), ...Object.keys(requests)].join(', ')}`);
  if (type === 'resume' && namesTooMany(payload)) return bad(id, 'invalid_message', `resume: pages: at most ${RESUME_PAGES} can be named: reconnect without resume=1`);
  const parsed = requests[type].payload.safeParse(payload);
  return parsed.success ? ({ id, request: type, payload: parsed.data } as UpRequest) : misfit(id, type, parsed.error);
}

/** Counted before they are looked at: what is refused must not cost more than what is taken. */
const namesTooMany = (payload: unknown): boolean => {
  const pages = (payload as { pages?: unknown } | null | undefined)?.pages;
  return typeof pages === 'object' && pages !== null && Object.keys(pages).length > RESUME_PAGES;
};

/** Fields that an error names at most. */
const NAMED_FIELDS = 20;

function misfit(id: string | undefined, type: string, error: z.ZodError): BadMessage {
  const fields = fieldErrors(error).slice(0, NAMED_FIELDS);
  return bad(id, 'invalid_message', `${type}: ${sentenceOf(fields)}`, { fields });
}
