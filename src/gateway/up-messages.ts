/** What a client says on a socket: text → the command it means, or what is wrong with it. Never throws. */
import { z } from 'zod';
import type { Command } from '../commands/command.js';
import { socketCommands } from '../commands/commands.js';
import { fieldErrors, sentenceOf } from '../commands/payload-errors.js';
import type { SocketError } from './down-messages.js';

/** Longest message of a client, in bytes. */
export const MESSAGE_LIMIT = 64 * 1024;

/** Half a surrogate pair: text that has no UTF-8, and so no UUIDv5 can be made of it. */
const HALF_PAIR = /\p{Cs}/u;

export const CommandId = z.string().min(1).max(64).regex(/^\P{Cs}*$/u).meta({ description: "Makes the command idempotent: the same id again has one effect and the same answer. A user's own." });

/** What a client may say on a socket beside its commands. An `id` is in the answer, and means nothing else. */
export const requests = {
  refresh: {
    summary: 'Go on with a new token of the same user, without losing a message.',
    payload: z.object({ token: z.string().min(1).max(4_096).meta({ description: 'From POST /token, POST /login or POST /password.' }) }),
  },
} as const satisfies Readonly<Record<string, { readonly summary: string; readonly payload: z.ZodType }>>;

export type RequestType = keyof typeof requests;

const MessageId = z.string().min(1).max(64).regex(/^\P{Cs}*$/u).meta({ description: 'Is in the answer.' });

/** Every message of a client, for the AsyncAPI document. */
export const upMessages = [
  ...socketCommands.map(({ kind, summary, payload }) => z.object({ type: z.literal(kind), id: CommandId.optional(), payload }).meta({ description: summary })),
  ...Object.entries(requests).map(([type, { summary, payload }]) => z.object({ type: z.literal(type), id: MessageId.optional(), payload }).meta({ description: summary })),
];

export interface UpMessage {
  readonly id: string | undefined;
  readonly command: Command;
  /** Validated. */
  readonly payload: unknown;
}

export type RequestMessage = { readonly [T in RequestType]: { readonly id: string | undefined; readonly request: T; readonly payload: z.infer<(typeof requests)[T]['payload']> } }[RequestType];

export interface BadMessage {
  /** What it answers to, if the message had an id that can be used. */
  readonly id: string | undefined;
  readonly error: SocketError;
}

const commandsByType = new Map(socketCommands.map((command) => [command.kind, command]));
const isRequest = (type: string): type is RequestType => Object.hasOwn(requests, type);
const FORM = 'a message is {"type": …, "payload": {…}}, with an "id" if it is to be answered';

const bad = (id: string | undefined, code: SocketError['code'], message: string, details?: unknown): BadMessage => ({ id, error: { code, message, details } });

export function parseUpMessage(text: string): UpMessage | RequestMessage | BadMessage {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (error) {
    return bad(undefined, 'invalid_json', `The message is not JSON (${(error as Error).message}): ${FORM}`);
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return bad(undefined, 'invalid_message', `The message is not a JSON object: ${FORM}`);
  const { type, id, payload } = message as Record<string, unknown>;
  if (id !== undefined && (typeof id !== 'string' || id.length < 1 || id.length > 64 || HALF_PAIR.test(id))) return bad(undefined, 'invalid_message', 'id must be a string of 1 to 64 characters, without half surrogate pairs');
  if (typeof type !== 'string') return bad(id, 'invalid_message', `The message has no type: ${FORM}`);
  if (isRequest(type)) {
    const parsed = requests[type].payload.safeParse(payload);
    return parsed.success ? { id, request: type, payload: parsed.data } : badPayload(id, type, parsed.error);
  }
  const command = commandsByType.get(type);
  if (!command) return bad(id, 'unknown_type', `Unknown message type ${JSON.stringify(type.slice(0, 64))}: known are ${[...commandsByType.keys(), ...Object.keys(requests)].join(', ')}`);
  const parsed = command.payload.safeParse(payload);
  return parsed.success ? { id, command, payload: parsed.data } : badPayload(id, type, parsed.error);
}

function badPayload(id: string | undefined, type: string, error: z.ZodError): BadMessage {
  const fields = fieldErrors(error);
  return bad(id, 'invalid_message', `${type}: ${sentenceOf(fields)}`, { fields });
}
