/** A request to the server's HTTP API: JSON in and out, refusals as AlarmServerError. */
import { httpAddress } from './addresses.js';
import { AlarmServerError, MalformedMessageError, NotSentError } from './errors.js';
import { checkId, checkToken, jsonText } from './outgoing.js';

export interface RequestOptions {
  readonly token?: string;
  /** Sent as JSON; a URLSearchParams as a form. */
  readonly body?: unknown;
  /** The command's id, 1 to 64 characters: sent again with the same one, it takes effect once. */
  readonly idempotencyKey?: string;
  /** How long to wait for the whole response, in ms. Default: 30,000. */
  readonly timeoutMs?: number;
  /** The response is plain text, and `data` is that text. */
  readonly isText?: boolean;
}

export interface Reply<Data> {
  readonly status: number;
  /** The body. Undefined if there is none (204). */
  readonly data: Data;
  /** For a command: a read with `?min_position=` this value sees its effect, on any node. */
  readonly position: string | undefined;
}

/**
 * `baseUrl` is the server's address or its socket's, `path` begins with a slash: `request('http://127.0.0.1:8080', 'GET', '/pages',
 * { token })`. Rejects with AlarmServerError for any status but 2xx, with fetch's own error if no response arrived, with
 * MalformedMessageError if a 2xx response is not JSON (for example a proxy's page), and with NotSentError or TypeError for a
 * request that cannot be sent. No error contains the token.
 */
export async function request<Data>(
  baseUrl: string,
  method: string,
  path: string,
  { token, body, idempotencyKey, timeoutMs = 30_000, isText = false }: RequestOptions = {},
): Promise<Reply<Data>> {
  if (!path.startsWith('/')) throw new TypeError('`path` must begin with a slash, like /pages');
  const url = httpAddress(baseUrl) + path;
  const isForm = body instanceof URLSearchParams;
  const headers = new Headers({ accept: `${isText ? 'text/plain' : 'application/json'}, application/problem+json` });
  if (token !== undefined) headers.set('authorization', `Bearer ${checkToken(token, 'token')}`);
  if (idempotencyKey !== undefined) headers.set('idempotency-key', checkKey(idempotencyKey));
  if (body !== undefined && !isForm) headers.set('content-type', 'application/json');

  const response = await fetch(url, {
    method,
    headers,
    body: isForm || body === undefined ? body : jsonText(body, 'the body'),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await response.text();
  if (!response.ok) throw refusalOf(response, text);
  return {
    status: response.status,
    data: (isText ? text : text === '' ? undefined : dataIn(text)) as Data,
    position: response.headers.get('log-position') ?? undefined,
  };
}

function checkKey(key: string): string {
  checkId(key, '`idempotencyKey`');
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new NotSentError(
      'invalid_message',
      '`idempotencyKey` may contain only ASCII letters, digits and signs, because it is sent in a header',
    );
  return key;
}

function dataIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MalformedMessageError('the response is not JSON: it may not come from the alarm server');
  }
}

/** What a refusal is read from: of fetch's Response. */
export interface Answered {
  readonly status: number;
  readonly statusText: string;
  readonly headers: { get(name: string): string | null };
}

/** A proxy may answer with something that is not a problem; then only the status is used. */
export function refusalOf(response: Answered, text: string): AlarmServerError {
  const { status, statusText, headers } = response;
  const { detail, code, ...details } = problemIn(text);
  return new AlarmServerError({
    status,
    detail: typeof detail === 'string' ? detail : `the server answered ${status} ${statusText}`.trimEnd(),
    code: typeof code === 'string' ? code : undefined,
    details,
    retryAfterMs: retryAfter(headers.get('retry-after')),
  });
}

/** A problem's members (RFC 9457); none if `text` is not a problem. */
function problemIn(text: string): { detail?: unknown; code?: unknown } {
  try {
    const problem: unknown = JSON.parse(text);
    return typeof problem === 'object' && problem !== null ? problem : {};
  } catch {
    return {};
  }
}

/** Retry-After (RFC 9110) is in seconds or a date; the result is in ms from now. */
function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
