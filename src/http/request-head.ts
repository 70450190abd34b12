/** Parses and checks a request's line and headers. */
import type uWS from 'uWebSockets.js';
import { nearestName } from '../net/nearest-name.js';
import { formFields, percentDecoded, repeatedName } from '../net/percent-encoding.js';
import { REQUEST_HEAD_LIMIT } from '../net/request-head-limit.js';
import { type HttpRequest, headersRead, listsRead, type Reply } from './endpoint.js';
import { problem, validationFailed } from './problems.js';

export interface Route {
  /** With parameters in braces; the path's name in the log. */
  readonly path: string;
  /** Names of the path's parameters, in order. */
  readonly parameters: readonly string[];
  /** Allowed query parameters; undefined: any, and none is used. */
  readonly query: readonly string[] | undefined;
  /** The endpoint answers a problem of the query parameters itself. */
  readonly judgesQuery?: boolean | undefined;
}

export type Head = Pick<HttpRequest, 'params' | 'query' | 'queryProblem' | 'headers' | 'hasEmptyKey'> & {
  readonly origin: string;
};

const LISTS: ReadonlySet<string> = new Set(listsRead);

/** Headers that determine the body's end or the user: if sent twice, either could be used. */
const ONCE: ReadonlySet<string> = new Set([...headersRead, 'host', 'origin', 'content-length', 'transfer-encoding']);

/** RFC 9110, section 5.5: the characters of a field value, without the obsolete bytes beyond ASCII. uWebSockets.js removes those at its ends. */
const READABLE = /^[\t\x20-\x7e]*$/;

export function readHead(
  req: uWS.HttpRequest,
  { parameters, query: known, judgesQuery }: Route,
): { readonly head: Head } | { readonly problem: Reply } {
  const sent = new Map<string, string>();
  const lists = new Map<string, string>();
  let repeated: string | undefined;
  // The request line: method, target, version, spaces and line end.
  let bytes = req.getMethod().length + req.getUrl().length + (req.getQuery() ?? '').length + 13;
  req.forEach((name, value) => {
    bytes += name.length + value.length + 4;
    if (LISTS.has(name)) lists.set(name, lists.has(name) ? `${lists.get(name)}, ${value}` : value);
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
        'The path or the query contains bytes that are not UTF-8: percent-encode its UTF-8 bytes (é is %C3%A9)',
      ),
    };
  const wrong = known && checkQuery(query, known);
  if (wrong && !judgesQuery) return { problem: wrong };
  return {
    head: {
      params,
      query: new URLSearchParams(query),
      queryProblem: wrong,
      headers: Object.fromEntries([
        ...headersRead.map((name) => [name, sent.get(name) ?? '']),
        ...listsRead.map((name) => [name, lists.get(name) ?? '']),
      ]) as HttpRequest['headers'],
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
        `The request line and headers have ${bytes} bytes: at most ${REQUEST_HEAD_LIMIT} are allowed. Send fewer or shorter headers (cookies are not used)`,
      ),
      close: true,
    };
  if (repeated !== undefined)
    return { ...problem('invalid_request', `The header ${repeated} was sent twice: send it once`), close: true };
  const coding = sent.get('transfer-encoding');
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    return { ...problem('invalid_request', 'The only supported transfer coding is chunked'), close: true };
  if (coding !== undefined && sent.has('content-length'))
    return {
      ...problem('invalid_request', 'Content-Length and Transfer-Encoding were both sent: send one of them'),
      close: true,
    };
  for (const [name, value] of sent)
    if (!READABLE.test(value))
      return problem('invalid_request', `The header ${name} contains characters beyond ASCII: send ASCII only`);
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

/** uWebSockets.js has replaced raw bytes that are not UTF-8 by U+FFFD. */
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
    errors.push({ field: repeated, message: 'occurs more than once: send it once' });
  return errors.length === 0 ? undefined : validationFailed(errors);
}

function unknownParameter(name: string, known: readonly string[]): string {
  if (/^(access_)?token$/i.test(name))
    return 'is not a parameter: send the token as a header, Authorization: Bearer <token>';
  if (known.length === 0) return 'is unknown: this path has no query parameters';
  const nearest = nearestName(name, known);
  return `is unknown: ${nearest === undefined ? '' : `did you mean ${nearest}? `}this path has the query parameters ${known.join(', ')}`;
}
