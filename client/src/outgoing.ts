/**
 * Serialises outgoing messages, and refuses those that no server would accept before they are sent. The limits are those of
 * docs/protocol.md (Limits). Without these checks such a message would be sent again on each connection, because the server cannot
 * say which command it refuses.
 */
import { NotSentError } from './errors.js';

/** Maximum size of a client's message except `resume`, in UTF-8 bytes. */
export const MESSAGE_LIMIT_BYTES = 64 * 1024;
/** Maximum size of a `resume`, in UTF-8 bytes, and of the pages that it may name. */
export const RESUME_LIMIT_BYTES = 1024 * 1024;
export const RESUME_LIMIT_PAGES = 20_000;
/** Bytes that may wait in the socket for the network before `send` throws. */
const BUFFERED_LIMIT_BYTES = 16 * 1024 * 1024;
/** Maximum length of an id, and of a token or ticket, in characters (UTF-16 units). */
const ID_LIMIT = 64;
const TOKEN_LIMIT = 4_096;

/** Types that the client sends by itself. They are answered by other messages than commands. */
const REQUESTS: readonly string[] = ['resume', 'sync', 'refresh'];

const encoder = new TextEncoder();

/** Length of `text` in UTF-8 bytes. */
export const bytesOf = (text: string): number => encoder.encode(text).length;

const isOver = (text: string, bytes: number): boolean => text.length * 3 > bytes && bytesOf(text) > bytes;

/** The text of a command. Throws NotSentError for a command that no server would accept. */
export function commandText(type: string, id: string, payload: unknown): string {
  if (typeof type !== 'string')
    throw new NotSentError('invalid_message', "a command's type must be a string, like create_page");
  if (REQUESTS.includes(type))
    throw new NotSentError('invalid_message', `${type} is not a command: the client sends it by itself`);
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

/** Throws NotSentError if so many bytes wait in the socket that no more are added. */
export function checkBuffered(bytes: number): void {
  if (bytes > BUFFERED_LIMIT_BYTES)
    throw new NotSentError('too_many_waiting', 'too many bytes wait for the network; send this when they are written');
}

/** The text of a message without an answer. Throws NotSentError if it is longer than 64 KiB, and for an object that JSON cannot represent. */
export function messageText(message: object | string): string {
  const text = typeof message === 'string' ? message : jsonText(message, 'the message');
  checkSize(text, 'the message');
  return text;
}

/** A resume's text; undefined if it exceeds the server's limits: then the connection begins with the full state. */
export function resumeText(
  id: string,
  cursor: { readonly log: string; readonly pages: Readonly<Record<string, number>> },
): string | undefined {
  if (Object.keys(cursor.pages).length > RESUME_LIMIT_PAGES) return undefined;
  const text = JSON.stringify({ type: 'resume', id, payload: cursor });
  return isOver(text, RESUME_LIMIT_BYTES) ? undefined : text;
}

/** Throws NotSentError if `id` is invalid: 1 to 64 characters, no half surrogate pairs. `what` names it in the error. */
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
      `${what} contains half of a surrogate pair: cut text between characters, not within one`,
    );
}

/** Returns the token or ticket. Throws NotSentError, whose message shows no part of it, if no server could accept it. */
export function checkToken(token: unknown, what: 'token' | 'ticket'): string {
  const wrong = (why: string): NotSentError => new NotSentError('invalid_token', `the ${what} ${why}`);
  if (typeof token !== 'string') throw wrong(`must be a string; it is ${kindOf(token)}`);
  if (token === '') throw wrong('is empty');
  if (token.length > TOKEN_LIMIT)
    throw wrong(`has ${token.length} characters; a server accepts at most ${TOKEN_LIMIT}`);
  if (token !== token.trim()) throw wrong('has whitespace (for example a line break) at its beginning or end');
  if (!/^[\x20-\x7e]+$/.test(token)) throw wrong('contains control characters or letters beyond ASCII');
  return token;
}

/** JSON that represents all of `value`. Throws NotSentError for values that JSON.stringify rejects or silently converts to null. */
export function jsonText(value: unknown, what: string): string {
  try {
    return JSON.stringify(value, refuseLosses) as string;
  } catch (error) {
    if (error instanceof NotSentError) throw error;
    const why = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw new NotSentError('invalid_message', `${what} cannot be written as JSON: ${why}`, { cause: error });
  }
}

/** An undefined field is omitted, as usual. */
function refuseLosses(key: string, value: unknown): unknown {
  const field = key === '' ? 'the value' : `\`${key}\``;
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new NotSentError('invalid_message', `${field} is ${value}; JSON has finite numbers only`);
  if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol') {
    throw new NotSentError('invalid_message', `${field} is ${kindOf(value)}, which JSON cannot represent`);
  }
  return value;
}

function checkSize(text: string, what: string): void {
  if (!isOver(text, MESSAGE_LIMIT_BYTES)) return;
  throw new NotSentError(
    'message_too_large',
    `${what} has ${bytesOf(text)} bytes as JSON; a server accepts at most ${MESSAGE_LIMIT_BYTES}`,
  );
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
