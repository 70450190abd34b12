/**
 * Endpoints on a uWebSockets.js app. Every route goes through one wrapper: a throw in a handler, a client that left or a
 * body without end would otherwise end the process or hold it.
 */
import { STATUS_CODES } from 'node:http';
import type { Logger } from 'pino';
import type uWS from 'uWebSockets.js';
import { refuse } from '../domain/refusals.js';
import type { ClientAddress } from '../wire/trusted-proxies.js';
import type { Undelivered } from '../wire/undelivered.js';
import { headersRead, pathParameters, type Endpoint, type HttpRequest, type Method, type Reply } from './endpoint.js';
import { problem, refused } from './problems.js';
import { sendBody } from './reply-body.js';

/** Longest body, in bytes. */
const BODY_LIMIT = 64 * 1024;

/** Longest time for a body to arrive and be answered, in milliseconds. */
const DEADLINE_MS = 30_000;

const verbs: Readonly<Record<Method, 'get' | 'post' | 'patch' | 'del'>> = { GET: 'get', POST: 'post', PATCH: 'patch', DELETE: 'del' };

export interface ServeOptions {
  readonly logger: Logger;
  readonly clientAddress: ClientAddress;
  /** Where large replies wait. */
  readonly undelivered: Undelivered;
  /** Told of every request. */
  readonly onRequest: () => void;
}

export function serveEndpoints(app: uWS.TemplatedApp, endpoints: readonly Endpoint[], options: ServeOptions): void {
  const methodsOf = new Map<string, Method[]>();
  for (const endpoint of endpoints) {
    const pattern = endpoint.path.replace(/\{(\w+)\}/g, ':$1');
    methodsOf.set(pattern, [...(methodsOf.get(pattern) ?? []), endpoint.method]);
    const parameters = pathParameters(endpoint.path);
    app[verbs[endpoint.method]](pattern, (res, req) => serve(res, req, parameters, endpoint.handle, options));
  }
  for (const [pattern, methods] of methodsOf) {
    const allow = methods.join(', ');
    app.any(pattern, (res, req) => serve(res, req, [], () => problem('method_not_allowed', `This path takes ${allow}`, { headers: { Allow: allow } }), options));
  }
  app.any('/*', (res, req) => serve(res, req, [], () => refused(refuse('not_found', 'There is nothing at this path: GET /docs lists what there is')), options));
}

function serve(res: uWS.HttpResponse, req: uWS.HttpRequest, parameters: readonly string[], handle: Endpoint['handle'], { logger, clientAddress, undelivered, onRequest }: ServeOptions): void {
  onRequest();
  let answered = false;
  const method = req.getMethod();
  const path = req.getUrl();
  const answer = (reply: Reply): void => {
    if (answered) return;
    answered = true;
    clearTimeout(deadline);
    res.cork(() => write(res, reply, undelivered));
  };
  res.onAborted(() => {
    answered = true;
    clearTimeout(deadline);
  });
  const deadline = setTimeout(() => answer(problem('busy', 'The request took too long to arrive or to be answered', { retryAfterMs: 1_000 })), DEADLINE_MS);

  const request = {
    params: Object.fromEntries(parameters.map((name, at) => [name, decode(req.getParameter(at) ?? '')])),
    query: new URLSearchParams(req.getQuery()),
    headers: Object.fromEntries(headersRead.map((name) => [name, req.getHeader(name)])) as HttpRequest['headers'],
    hasUnreadableKey: hasUnreadableKey(req),
    address: clientAddress(Buffer.from(res.getRemoteAddressAsText()).toString(), req),
  };
  collectBody(res, (body) => {
    if (answered) return;
    if (!body) return answer(problem('too_large', `The body is longer than ${BODY_LIMIT} bytes`));
    void (async () => handle({ ...request, body }))().then(answer, (error: unknown) => {
      logger.error({ err: error, method, path }, 'a request failed by an error of the server');
      answer(problem('internal_error', 'The server made an error; it has been logged'));
    });
  });
}

/** Calls back once: with the whole body, or with undefined as soon as it is too long. */
function collectBody(res: uWS.HttpResponse, then: (body: Buffer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  res.onData((chunk, isLast) => {
    if (length > BODY_LIMIT) return;
    length += chunk.byteLength;
    if (length > BODY_LIMIT) return then(undefined);
    // The chunk is dead once this returns.
    chunks.push(Buffer.from(chunk.slice(0)));
    if (isLast) then(Buffer.concat(chunks));
  });
}

function write(res: uWS.HttpResponse, { status, headers, body }: Reply, undelivered: Undelivered): void {
  res.writeStatus(`${status} ${STATUS_CODES[status]}`);
  for (const [name, value] of Object.entries(headers ?? {})) res.writeHeader(name, value);
  if (body === undefined) res.endWithoutBody();
  else sendBody(res, body, undelivered);
}

/** uWebSockets.js gives the value of a header beyond ASCII as ''. Taken for none, the command could be repeated and have its effect twice. */
function hasUnreadableKey(req: uWS.HttpRequest): boolean {
  let sent = false;
  if (req.getHeader('idempotency-key') === '') req.forEach((name) => (sent ||= name === 'idempotency-key'));
  return sent;
}

function decode(parameter: string): string {
  try {
    return decodeURIComponent(parameter);
  } catch {
    return parameter;
  }
}
