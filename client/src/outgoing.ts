/**
 * What an application wants to send, as text; and what no server would take, refused before it is sent. The bounds are those of
 * docs/protocol.md (Limits). Without these checks such a message would be sent again on each connection, since the server cannot say which command it refuses.
 */
import { NotSentError } from './errors.js';

/** The largest message of a client but for a `resume`, in bytes of UTF-8. */
export const MESSAGE_LIMIT_BYTES = 64 * 1024;
/** The largest `resume`, in bytes of UTF-8, and the pages that one may name. */
export const RESUME_LIMIT_BYTES = 1024 * 1024;
export const RESUME_LIMIT_PAGES = 20_000;
/** Characters (UTF-16 units) of an id, and of a token or ticket. */
const ID_LIMIT = 64;
const TOKEN_LIMIT = 4_096;

/** Types that the client sends by itself. They are answered by other messages than a command is. */
const REQUESTS: readonly string[] = ['resume', 'sync', 'refresh'];

const encoder = new TextEncoder();

/** Length of `text` in bytes of UTF-8. */
export const bytesOf = (text: string): number => encoder.encode(text).length;

const isOver = (text: string, bytes: number): boolean => text.length * 3 > bytes && bytesOf(text) > bytes;

/** The text of a command. Throws NotSentError for one that no server would take. */
export function commandText(type: string, id: string, payload: unknown): string {
  if (typeof type !== 'string')
    throw new NotSentError('invalid_message', "a command's type must be a string, like create_page");
  if (REQUESTS.includes(type))
    throw new NotSentError('invalid_message', `${type} is no command: the client sends it by itself`);
  checkId(id, "a command's `id`");
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw new NotSentError(
      'invalid_message',
      `the payload of ${type} must be an object, like {"name": "Orders"}; it is ${kindOf(payload)}`,
    );
  }
  const text = jsonText({ type, id, payload }, type);
  checkSize(text, type);
  return text;
}

/** The text of a message that is not waited for. Throws NotSentError for one over 64 KiB, and for an object that JSON cannot say. */
export function messageText(message: object | string): string {
  const text = typeof message === 'string' ? message : jsonText(message, 'the message');
  checkSize(text, 'the message');
  return text;
}

/** A resume's text, or undefined where it is more than a server takes: then the connection begins with the full state. */
export function resumeText(
  id: string,
  cursor: { readonly log: string; readonly pages: Readonly<Record<string, number>> },
): string | undefined {
  if (Object.keys(cursor.pages).length > RESUME_LIMIT_PAGES) return undefined;
  const text = JSON.stringify({ type: 'resume', id, payload: cursor });
  return isOver(text, RESUME_LIMIT_BYTES) ? undefined : text;
}

/** Throws NotSentError where `id` is none: 1 to 64 characters, no half surrogate pairs. `what` names it in the error. */
export function checkId(id: unknown, what: string): void {
  if (typeof id !== 'string')
    throw new NotSentError(
      'invalid_message',
      `${what} must be a string of 1 to ${ID_LIMIT} characters; it is ${kindOf(id)}`,
    );
  if (id.length < 1 || id.length > ID_LIMIT)
    throw new NotSentError('invalid_message', `${what} must have 1 to ${ID_LIMIT} characters; it has ${id.length}`);
  if (/\p{Cs}/u.test(id))
    throw new NotSentError(
      'invalid_message',
      `${what} holds half of a surrogate pair: cut texts between characters, not within one`,
    );
}

/** Gives the token or ticket back. Throws NotSentError, in words that show no part of it, where no server could take it. */
export function checkToken(token: unknown, what: 'token' | 'ticket'): string {
  const wrong = (why: string): NotSentError => new NotSentError('invalid_token', `the ${what} ${why}`);
  if (typeof token !== 'string') throw wrong(`must be a string; it is ${kindOf(token)}`);
  if (token === '') throw wrong('is empty');
  if (token.length > TOKEN_LIMIT) throw wrong(`has ${token.length} characters; a server takes at most ${TOKEN_LIMIT}`);
  if (token !== token.trim()) throw wrong('has white space (a line break, for one) at its beginning or end');
  if (!/^[\x20-\x7e]+$/.test(token)) throw wrong('holds control characters or letters beyond ASCII');
  return token;
}

/** JSON that holds all of `value`. Throws NotSentError for what JSON.stringify throws at, or would turn into null without a word. */
export function jsonText(value: unknown, what: string): string {
  try {
    return JSON.stringify(value, refuseLosses) as string;
  } catch (error) {
    if (error instanceof NotSentError) throw error;
    const why = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw new NotSentError('invalid_message', `${what} cannot be written as JSON: ${why}`, { cause: error });
  }
}

/** An undefined field is left out, as ever. */
function refuseLosses(key: string, value: unknown): unknown {
  const field = key === '' ? 'the value' : `\`${key}\``;
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new NotSentError('invalid_message', `${field} is ${value}; JSON has finite numbers only`);
  if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol') {
    throw new NotSentError('invalid_message', `${field} is ${kindOf(value)}, which JSON cannot hold`);
  }
  return value;
}

function checkSize(text: string, what: string): void {
  if (!isOver(text, MESSAGE_LIMIT_BYTES)) return;
  throw new NotSentError(
    'message_too_large',
    `${what} has ${bytesOf(text)} bytes as JSON; a server takes at most ${MESSAGE_LIMIT_BYTES}`,
  );
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
