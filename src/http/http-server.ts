/**
 * Serves endpoints on a uWebSockets.js app. Every route goes through one wrapper, because an exception in a handler, an aborted
 * request or an endless body would otherwise end or block the process.
 */

import type uWS from 'uWebSockets.js';
import { randomBytes } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Logger } from 'pino';
import type { AllowedOrigins } from '../net/allowed-origins.js';
import type { Connections } from '../net/connections.js';
import type { RefusalLog } from '../net/refusal-log.js';
import type { ClientAddress } from '../net/trusted-proxies.js';
import type { Undelivered } from '../net/undelivered.js';
import { UPGRADE_REQUIRED } from '../net/upgrade-required.js';
import { corsHeaders, preflightHeaders } from './cors.js';
import {
  type Endpoint,
  type HttpRequest,
  type LogLine,
  type Method,
  pathParameters,
  type Reply,
  type WholeReply,
} from './endpoint.js';
import { nothingHere, problem, withRequestId } from './problems.js';
import { bodyLength, sendBody, WHOLE_BYTES } from './reply-body.js';
import { streamHeaders } from './reply-stream.js';
import type { ReplyStreams } from './reply-streams.js';
import { type Route, readHead } from './request-head.js';

/** Maximum body size, in bytes. */
const BODY_LIMIT = 64 * 1024;

/**
 * Maximum time for a body to arrive, in milliseconds. uWebSockets.js cuts a connection, without a response, after 8 to 12 s in
 * which its body arrived more slowly than 16 KiB per second.
 */
const BODY_MS = 7_000;

/** Maximum time to answer a request after its body has arrived, in milliseconds. */
const ANSWER_MS = 30_000;

const verbs: Readonly<Record<Method, 'get' | 'post' | 'put' | 'patch' | 'del'>> = {
  GET: 'get',
  POST: 'post',
  PUT: 'put',
  PATCH: 'patch',
  DELETE: 'del',
};

export interface ServeOptions {
  readonly logger: Logger;
  readonly refusals: RefusalLog;
  readonly clientAddress: ClientAddress;
  readonly connections: Pick<Connections, 'isCrowded' | 'ended'>;
  readonly allowedOrigins: AllowedOrigins;
  /** Whether this server itself uses HTTPS, not a proxy in front of it. */
  readonly isTls: boolean;
  /** Where large replies wait. */
  readonly undelivered: Undelivered;
  /** Where replies without a known length are sent. */
  readonly streams: ReplyStreams;
  /** Called for every request. */
  readonly onRequest: () => void;
}

type Handle = (request: HttpRequest) => Reply | Promise<Reply>;

/** Serves the endpoints and answers all other requests. May be called again for another name that the app serves (uWS.TemplatedApp.domain). */
export function serveEndpoints(app: uWS.TemplatedApp, endpoints: readonly Endpoint[], options: ServeOptions): void {
  const server = new HttpServer(options);
  const ofPath = new Map<string, Endpoint[]>();
  for (const endpoint of endpoints) ofPath.set(endpoint.path, [...(ofPath.get(endpoint.path) ?? []), endpoint]);
  for (const [path, there] of ofPath) {
    const pattern = path.replace(/\{(\w+)\}/g, ':$1');
    const route = (query: readonly string[] | undefined): Route => ({ path, parameters: pathParameters(path), query });
    for (const { method, describe, handle, judgesQuery } of there) {
      // Monitoring tools may add a parameter to bypass caches; everywhere else an unknown parameter is a mistake.
      const known = describe.tag === 'operations' ? undefined : Object.keys(describe.query?.shape ?? {});
      const own: Route = { ...route(known), judgesQuery };
      app[verbs[method]](pattern, (res, req) => server.serve(res, req, own, handle));
      if (method === 'GET') app.head(pattern, (res, req) => server.serve(res, req, own, handle));
    }
    const methods = there.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    const allow = [...methods, 'OPTIONS'].join(', ');
    app.options(pattern, (res, req) => {
      const headers = {
        Allow: allow,
        ...preflightHeaders(options.allowedOrigins, req.getHeader('origin'), methods.join(', ')),
      };
      server.serve(res, req, route(undefined), () => ({ status: 204, headers }));
    });
    app.any(pattern, (res, req) =>
      server.serve(res, req, route(undefined), () =>
        problem('method_not_allowed', `This path supports ${allow}`, { headers: { Allow: allow } }),
      ),
    );
  }
  const elsewhere: Route = { path: '(none)', parameters: [], query: undefined };
  // The socket's own handler runs first; requests that are not a handshake reach this one.
  for (const verb of ['get', 'head'] as const)
    app[verb]('/ws', (res, req) =>
      server.serve(res, req, elsewhere, () =>
        problem('upgrade_required', UPGRADE_REQUIRED, { headers: { Upgrade: 'websocket' } }),
      ),
    );
  app.options('/ws', (res, req) =>
    server.serve(res, req, elsewhere, () => ({ status: 204, headers: { Allow: 'GET, HEAD, OPTIONS' } })),
  );
  app.any('/ws', (res, req) =>
    server.serve(res, req, elsewhere, () =>
      problem('method_not_allowed', 'This path supports GET with an upgrade to WebSocket', {
        headers: { Allow: 'GET, HEAD, OPTIONS' },
      }),
    ),
  );
  app.any('/*', (res, req) => server.serve(res, req, elsewhere, nothingHere));
}

class HttpServer {
  readonly #options: ServeOptions;
  /** Headers of every response. Browsers must not guess content types; and after HTTPS was used once, they must not go back to HTTP. */
  readonly #headers: Readonly<Record<string, string>>;
  readonly #run = randomBytes(4).toString('hex');
  #requests = 0;

  constructor(options: ServeOptions) {
    this.#options = options;
    this.#headers = {
      'X-Content-Type-Options': 'nosniff',
      ...(options.isTls ? { 'Strict-Transport-Security': 'max-age=31536000' } : {}),
    };
  }

  serve(res: uWS.HttpResponse, req: uWS.HttpRequest, route: Route, handle: Handle): void {
    const { logger, clientAddress, connections, onRequest, allowedOrigins, undelivered, streams } = this.#options;
    onRequest();
    const startedAt = performance.now();
    // Of constant length, so that response lengths reveal nothing.
    const id = `${this.#run}-${(this.#requests += 1).toString(36).padStart(7, '0')}`;
    const method = req.getMethod();
    const peer = Buffer.from(res.getRemoteAddressAsText()).toString();
    const address = clientAddress(peer, req);
    const read = readHead(req, route);
    const headers = {
      ...this.#headers,
      ...corsHeaders(allowedOrigins, 'head' in read ? read.head.origin : req.getHeader('origin')),
    };
    // This is how uWebSockets.js decides that the request is the last one of its connection, which it closes after the response.
    const isLast = req.getHeader('connection').length === 'close'.length;
    let answered = false;
    let isGone = false;
    let onStreamGone: (() => void) | undefined;
    let deadline: NodeJS.Timeout | undefined;
    const answer = (reply: Reply): void => {
      if (answered) return;
      answered = true;
      clearTimeout(deadline);
      const close =
        reply.body !== undefined &&
        bodyLength(reply.body) <= WHOLE_BYTES &&
        (reply.close === true || isLast || connections.isCrowded(peer));
      // Deferred if the connection ends with the response: uWebSockets.js continues to parse the same segment, and would answer a
      // further request in it on a connection whose memory is freed. While no response was sent, it cuts a connection on which more
      // arrives.
      if (isLast || close) setImmediate(() => isGone || send(reply, close));
      else send(reply, close);
    };
    const send = (reply: Reply, close: boolean): void => {
      if (close) connections.ended(peer);
      const whole = reply.status >= 400 ? withRequestId(reply, id) : reply;
      const isHead = method === 'head';
      res.cork(() => {
        writeHead(res, whole, headers);
        if (whole.stream === undefined) writeBody(res, whole, { isHead, isLast, close }, undelivered);
        // As GET would be answered; its source is not opened.
        else if (isHead) res.writeHeader('Transfer-Encoding', 'chunked').endWithoutBody();
        else onStreamGone = streams.start(res, whole.stream, id);
      });
      if (reply.logged) this.#log(reply.logged, id, address);
      logger.debug(
        {
          request: id,
          method,
          path: route.path,
          status: reply.status,
          ms: Math.round((performance.now() - startedAt) * 10) / 10,
        },
        'request',
      );
    };
    res.onAborted(() => {
      answered = true;
      isGone = true;
      onStreamGone?.();
      clearTimeout(deadline);
      connections.ended(peer);
    });
    if ('problem' in read && read.problem.close) return answer(read.problem);

    deadline = setTimeout(
      () =>
        answer({
          ...problem('request_timeout', `The body did not arrive within ${BODY_MS / 1_000} s: send it without pauses`),
          close: true,
        }),
      BODY_MS,
    );
    collectBody(res, (body) => {
      if (answered) return;
      if ('problem' in read) return answer(read.problem);
      if (!body)
        return answer({
          ...problem('too_large', `The body is longer than ${BODY_LIMIT} bytes: send less`),
          close: true,
        });
      clearTimeout(deadline);
      deadline = setTimeout(
        () =>
          answer(
            problem('busy', `The request was not answered within ${ANSWER_MS / 1_000} s: try again`, {
              retryAfterMs: 1_000,
            }),
          ),
        ANSWER_MS,
      );
      void (async () => handle({ id, address, ...read.head, body }))().then(answer, (error: unknown) => {
        logger.error(
          { err: error, request: id, method, path: route.path },
          'a request failed because of an internal error',
        );
        answer(problem('internal_error', 'Internal server error; it was logged'));
      });
    });
  }

  #log({ message, fromAnybody = false, user }: LogLine, request: string, address: string): void {
    const fields = { request, address, ...(user === undefined ? {} : { user }) };
    if (fromAnybody) this.#options.refusals.write(fields, message);
    else this.#options.logger.info(fields, message);
  }
}

/** Calls back once: with the whole body, or with undefined as soon as it is too long. */
function collectBody(res: uWS.HttpResponse, then: (body: Buffer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  res.onData((chunk, isLast) => {
    if (length > BODY_LIMIT) return;
    length += chunk.byteLength;
    if (length > BODY_LIMIT) return then(undefined);
    // The chunk is invalid after this call returns.
    chunks.push(Buffer.from(chunk.slice(0)));
    if (isLast) then(Buffer.concat(chunks));
  });
}

function writeHead(
  res: uWS.HttpResponse,
  { status, headers, stream }: Reply,
  shared: Readonly<Record<string, string>>,
): void {
  res.writeStatus(`${status} ${STATUS_CODES[status]}`);
  const all = [shared, stream ? streamHeaders : {}, headers ?? {}].flatMap((some) => Object.entries(some));
  for (const [name, value] of all) res.writeHeader(name, value);
}

function writeBody(
  res: uWS.HttpResponse,
  { body }: WholeReply,
  { isHead, isLast, close }: { isHead: boolean; isLast: boolean; close: boolean },
  undelivered: Undelivered,
): void {
  if (body === undefined) res.endWithoutBody();
  // With a length argument, uWebSockets.js considers the response unfinished and cuts the connection at the next request.
  else if (isHead && close && !isLast) res.endWithoutBody(0, true);
  else if (isHead) res.writeHeader('Content-Length', String(bodyLength(body))).endWithoutBody();
  else sendBody(res, body, undelivered, close);
}
