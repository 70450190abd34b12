/** Parses the messages of clients: text → the command or request it contains, or what is wrong with it. Never throws. */
import { z } from 'zod';
import type { Command } from '../commands/command.js';
import { socketCommands } from '../commands/commands.js';
import { fieldErrors, sentenceOf } from '../commands/payload-errors.js';
import { jsonError } from '../net/json-errors.js';
import type { SocketError } from '../protocol/down-messages.js';
import { RESUME_PAGES, type RequestType, requests } from '../protocol/requests.js';
import { headOf } from './message-head.js';

/** Maximum length of a client's message, in bytes; and of a resume, which names every page that the client holds. */
export const MESSAGE_LIMIT = 64 * 1024;
export const RESUME_LIMIT = 1024 * 1024;

/** Half of a surrogate pair: such text has no UTF-8, so no UUIDv5 can be derived from it. */
const HALF_PAIR = /\p{Cs}/u;

export const CommandId = z
  .string()
  .min(1)
  .max(64)
  .regex(/^\P{Cs}*$/u)
  .meta({
    description:
      'Makes the command idempotent: a repeated id has no further effect and gets the same answer. Unique per user.',
  });

/** Counted in code points, like every length here. */
const isUsableId = (id: string): boolean =>
  id.length >= 1 && id.length <= 128 && [...id].length <= 64 && !HALF_PAIR.test(id);

/** Every message of a client, for the AsyncAPI document. */
export const upMessages = [
  ...socketCommands.map(({ kind, summary, payload }) => ({ type: kind, summary, payload })),
  ...Object.entries(requests).map(([type, request]) => ({ type, ...request })),
].map(({ type, summary, payload }) =>
  z.object({ type: z.literal(type), id: CommandId.optional(), payload }).meta({ description: summary }),
);

export interface UpCommand {
  readonly id: string | undefined;
  readonly command: Command;
  /** Validated. */
  readonly payload: unknown;
}

export type UpRequest = {
  readonly [T in RequestType]: {
    readonly id: string | undefined;
    readonly request: T;
    readonly payload: z.infer<(typeof requests)[T]['payload']>;
  };
}[RequestType];

export interface BadMessage {
  /** The message's id, if it has a usable one. */
  readonly id: string | undefined;
  readonly error: SocketError;
}

const commandsByType = new Map(socketCommands.map((command) => [command.kind, command]));
const isRequest = (type: string): type is RequestType => Object.hasOwn(requests, type);
const FORM = 'a message is {"type": …, "payload": {…}}, with an "id" if you need an answer';

const bad = (id: string | undefined, code: SocketError['code'], message: string, details?: unknown): BadMessage => ({
  id,
  error: { code, message, details },
});

/**
 * `bytes`: the message in UTF-8. `maySendResume`: a resume is expected, and may be longer than other messages. A message that is
 * too long is refused without being parsed, with the id found at its start.
 */
export function parseUpMessage(bytes: Buffer, maySendResume: boolean): UpCommand | UpRequest | BadMessage {
  const long = bytes.length > MESSAGE_LIMIT ? refusalOfLong(bytes, maySendResume) : undefined;
  if (long) return long;
  let message: unknown;
  try {
    message = JSON.parse(bytes.toString());
  } catch (error) {
    if (bytes.length > MESSAGE_LIMIT) return tooLarge(bytes, MESSAGE_LIMIT);
    return bad(undefined, 'invalid_json', `The message is not JSON (${jsonError(error)}): ${FORM}`);
  }
  if (bytes.length > MESSAGE_LIMIT && (message as { type?: unknown } | null)?.type !== 'resume')
    return tooLarge(bytes, MESSAGE_LIMIT);
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    return bad(undefined, 'invalid_message', `The message is not a JSON object: ${FORM}`);
  const { type, id, payload } = message as Record<string, unknown>;
  if (id !== undefined && (typeof id !== 'string' || !isUsableId(id)))
    return bad(undefined, 'invalid_message', 'id must be a string of 1 to 64 characters, without half surrogate pairs');
  if (typeof type !== 'string') return bad(id, 'invalid_message', `The message has no type: ${FORM}`);
  const command = commandsByType.get(type);
  if (command) {
    const parsed = command.payload.safeParse(payload);
    return parsed.success ? { id, command, payload: parsed.data } : misfit(id, type, parsed.error);
  }
  if (!isRequest(type))
    return bad(
      id,
      'unknown_type',
      `Unknown message type ${JSON.stringify(type.slice(0, 64))}: known are ${[...commandsByType.keys(), ...Object.keys(requests)].join(', ')}`,
    );
  if (type === 'resume') {
    if (!maySendResume) return alreadyLive(id);
    const wrong = wrongCursor(payload);
    if (wrong !== undefined)
      return bad(id, 'invalid_message', `resume: pages: ${wrong}`, { fields: [{ field: 'pages', message: wrong }] });
  }
  const parsed = requests[type].payload.safeParse(payload);
  return parsed.success ? ({ id, request: type, payload: parsed.data } as UpRequest) : misfit(id, type, parsed.error);
}

/** The refusal of a message of more than MESSAGE_LIMIT bytes, if that is known without parsing it. */
function refusalOfLong(bytes: Buffer, maySendResume: boolean): BadMessage | undefined {
  const { type } = headOf(bytes);
  if (type === 'resume' && !maySendResume) return alreadyLive(usableIdOf(bytes));
  const limit = type === 'resume' ? RESUME_LIMIT : MESSAGE_LIMIT;
  // A resume whose type is not at the start has to be parsed to be recognised.
  if (maySendResume && (type === 'resume' || type === undefined) && bytes.length <= RESUME_LIMIT) return undefined;
  return tooLarge(bytes, limit);
}

const tooLarge = (bytes: Buffer, limit: number): BadMessage =>
  bad(usableIdOf(bytes), 'message_too_large', `The message has ${bytes.length} bytes: at most ${limit} are allowed`);

const alreadyLive = (id: string | undefined): BadMessage =>
  bad(id, 'already_live', 'The socket already has its state. To resume, connect with resume=1');

/** The id at the start of a message that is not parsed. */
export function usableIdOf(bytes: Buffer): string | undefined {
  const { id } = headOf(bytes);
  return id !== undefined && isUsableId(id) ? id : undefined;
}

/**
 * The first invalid entry of a resume's pages, as a sentence. A schema would report an error for each of 20,000 invalid entries,
 * which takes a hundred times as long as parsing the message.
 */
function wrongCursor(payload: unknown): string | undefined {
  const pages = (payload as { pages?: unknown } | null | undefined)?.pages;
  if (typeof pages !== 'object' || pages === null || Array.isArray(pages)) return undefined;
  const entries = Object.entries(pages);
  if (entries.length > RESUME_PAGES) return `at most ${RESUME_PAGES} pages are allowed: reconnect without resume=1`;
  const wrong = entries.find(
    ([id, seq]) => id.length < 1 || id.length > 64 || !Number.isSafeInteger(seq) || (seq as number) < 0,
  );
  return (
    wrong &&
    `a page's id has 1 to 64 characters, and its seq is a whole number from 0 on; the entry of this id is invalid: ${JSON.stringify(wrong[0].slice(0, 64))}`
  );
}

/** Maximum number of fields that an error names. */
const NAMED_FIELDS = 20;

function misfit(id: string | undefined, type: string, error: z.ZodError): BadMessage {
  const fields = fieldErrors(error).slice(0, NAMED_FIELDS);
  return bad(id, 'invalid_message', `${type}: ${sentenceOf(fields)}`, { fields });
}
