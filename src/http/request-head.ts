/** A request's line and headers, as a handler gets them; or the problem with them. */
import type uWS from 'uWebSockets.js';
import { nearestName } from '../net/nearest-name.js';
import { formFields, percentDecoded, repeatedName } from '../net/percent-encoding.js';
import { REQUEST_HEAD_LIMIT } from '../net/request-head-limit.js';
import { type HttpRequest, headersRead, type Reply } from './endpoint.js';
import { problem, validationFailed } from './problems.js';

export interface Route {
  /** With parameters in braces; what the log calls it. */
  readonly path: string;
  /** Names of the path's parameters, in order. */
  readonly parameters: readonly string[];
  /** Names that its query may have; undefined: any, and none is looked at. */
  readonly query: readonly string[] | undefined;
}

export type Head = Pick<HttpRequest, 'params' | 'query' | 'headers' | 'hasEmptyKey'> & { readonly origin: string };

/** Headers that say where a body ends or who asks: two of one could be taken for either. */
const ONCE: ReadonlySet<string> = new Set([...headersRead, 'host', 'origin', 'content-length', 'transfer-encoding']);

/** RFC 9110, section 5.5: what a field's value may be, without the obsolete bytes beyond ASCII. uWebSockets.js cuts those off at its ends. */
const READABLE = /^[\t\x20-\x7e]*$/;

export function readHead(
  req: uWS.HttpRequest,
  { parameters, query: known }: Route,
): { readonly head: Head } | { readonly problem: Reply } {
  const sent = new Map<string, string>();
  let repeated: string | undefined;
  // The request line: method, target, version, spaces and its end.
  let bytes = req.getMethod().length + req.getUrl().length + (req.getQuery() ?? '').length + 13;
  req.forEach((name, value) => {
    bytes += name.length + value.length + 4;
    if (!ONCE.has(name)) return;
    if (sent.has(name)) repeated ??= name;
    sent.set(name, value);
  });
  const headers = checkHeaders(sent, repeated, bytes);
  if (headers) return { problem: headers };
  const params = readParameters(req, parameters);
  const query = params && readQuery(req.getQuery() ?? '');
  if (!params || !query)
    return {
      problem: problem(
        'invalid_request',
        'The path or the query has bytes that are not UTF-8: percent-encode its UTF-8 bytes (é is %C3%A9)',
      ),
    };
  const wrong = known && checkQuery(query, known);
  if (wrong) return { problem: wrong };
  return {
    head: {
      params,
      query: new URLSearchParams(query),
      headers: Object.fromEntries(headersRead.map((name) => [name, sent.get(name) ?? ''])) as HttpRequest['headers'],
      hasEmptyKey: sent.get('idempotency-key') === '',
      origin: sent.get('origin') ?? '',
    },
  };
}

function checkHeaders(
  sent: ReadonlyMap<string, string>,
  repeated: string | undefined,
  bytes: number,
): Reply | undefined {
  if (bytes > REQUEST_HEAD_LIMIT)
    return {
      ...problem(
        'headers_too_large',
        `The request line and headers have ${bytes} bytes: at most ${REQUEST_HEAD_LIMIT} are read. Send fewer or shorter headers (cookies are not used)`,
      ),
      close: true,
    };
  if (repeated !== undefined)
    return { ...problem('invalid_request', `The header ${repeated} was sent twice: send it once`), close: true };
  const coding = sent.get('transfer-encoding');
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    return { ...problem('invalid_request', 'Of transfer codings only chunked is understood'), close: true };
  if (coding !== undefined && sent.has('content-length'))
    return {
      ...problem('invalid_request', 'Content-Length and Transfer-Encoding were both sent: send one of them'),
      close: true,
    };
  for (const [name, value] of sent)
    if (!READABLE.test(value))
      return problem('invalid_request', `The header ${name} has characters beyond ASCII: send ASCII only`);
  return undefined;
}

function readParameters(req: uWS.HttpRequest, names: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [at, name] of names.entries()) {
    const value = decoded(req.getParameter(at) ?? '');
    if (value === undefined) return undefined;
    params[name] = value;
  }
  return params;
}

/** uWebSockets.js has made U+FFFD of raw bytes that are not UTF-8. */
const decoded = (encoded: string): string | undefined =>
  encoded.includes('\uFFFD') ? undefined : percentDecoded(encoded);
const readQuery = (encoded: string): [string, string][] | undefined =>
  encoded.includes('\uFFFD') ? undefined : formFields(encoded);

function checkQuery(query: [string, string][], known: readonly string[]): Reply | undefined {
  const errors = query
    .filter(([name]) => !known.includes(name))
    .slice(0, 20)
    .map(([name]) => ({ field: name.slice(0, 64), message: unknownParameter(name, known) }));
  const repeated = repeatedName(query);
  if (errors.length === 0 && repeated !== undefined)
    errors.push({ field: repeated, message: 'is there more than once: give it once' });
  return errors.length === 0 ? undefined : validationFailed(errors);
}

function unknownParameter(name: string, known: readonly string[]): string {
  if (/^(access_)?token$/i.test(name))
    return 'is no parameter here: send the token as a header, Authorization: Bearer <token>';
  if (known.length === 0) return 'is not known: this path takes no parameters in its query';
  const nearest = nearestName(name, known);
  return `is not known: ${nearest === undefined ? '' : `did you mean ${nearest}? `}this path takes ${known.join(', ')}`;
}
