/** The handshake of /ws: authentication, limits, and the upgrade or the refusal. */
import type uWS from 'uWebSockets.js';
import { clientOf } from '../auth/client-address.js';
import { NO_SOCKET } from '../auth/program-tokens.js';
import type { Session, Sessions } from '../auth/sessions.js';
import type { Tickets } from '../auth/tickets.js';
import type { AccessToken } from '../domain/access-tokens.js';
import type { AllowedOrigins } from '../net/allowed-origins.js';
import { bearerToken } from '../net/bearer.js';
import type { RefusalLog } from '../net/refusal-log.js';
import type { ClientAddress } from '../net/trusted-proxies.js';
import { asksForUpgrade, UPGRADE_REQUIRED } from '../net/upgrade-required.js';
import { utf8 } from '../net/utf8.js';
import type { Handshake } from './socket.js';
import type { RefusedSocket } from './socket-refusal.js';

/** A socket that is upgraded only to be closed: a browser shows its page a close code, but not the status of a refused upgrade. */
export interface RefusedHandshake {
  readonly refusedWith: 'token_ended' | 'origin_not_allowed';
}

export interface HandshakesOptions {
  readonly sessions: Sessions;
  readonly tickets: Tickets;
  readonly clientAddress: ClientAddress;
  /** Called with the peer of each connection that becomes a socket. */
  readonly onUpgrade: (peer: string) => void;
  readonly allowedOrigins: AllowedOrigins;
  /** Where refused tokens are logged. */
  readonly refusals: RefusalLog;
  /** Why another socket of this user and client is refused; undefined if it is not. */
  readonly refusal: (userId: string, client: string) => RefusedSocket | undefined;
  /** Called when a socket is refused because a limit is reached. */
  readonly onRefused: (code: RefusedSocket['code']) => void;
}

/** What is kept of a User-Agent, in characters. */
const USER_AGENT_CHARACTERS = 200;

/** The only version of the protocol (RFC 6455, section 4.4). */
const WEBSOCKET_VERSION = '13';

export class Handshakes {
  readonly #options: HandshakesOptions;

  constructor(options: HandshakesOptions) {
    this.#options = options;
  }

  /**
   * Has to be synchronous. If an upgrade comes later, in res.cork, uWebSockets.js detects it by the connection's address; if the
   * allocator reuses that address, it takes the socket for a response and may close it.
   */
  upgrade(res: uWS.HttpResponse, req: uWS.HttpRequest, context: uWS.us_socket_context_t): void {
    if (!asksForUpgrade(req))
      return endWithProblem(res.writeStatus('426 Upgrade Required').writeHeader('Upgrade', 'websocket'), {
        title: 'Upgrade Required',
        status: 426,
        code: 'upgrade_required',
        detail: UPGRADE_REQUIRED,
      });
    if (req.getHeader('sec-websocket-version') !== WEBSOCKET_VERSION) {
      return endWithProblem(
        res.writeStatus('426 Upgrade Required').writeHeader('Sec-WebSocket-Version', WEBSOCKET_VERSION),
        {
          title: 'Upgrade Required',
          status: 426,
          code: 'upgrade_required',
          detail: `Only version ${WEBSOCKET_VERSION} of the WebSocket protocol (RFC 6455) is supported: send Sec-WebSocket-Version: ${WEBSOCKET_VERSION}`,
        },
      );
    }
    const peer = Buffer.from(res.getRemoteAddressAsText()).toString();
    const asksForClose = req.getQuery('reason') === 'close';
    if (!this.#options.allowedOrigins.allowsSocket(req.getHeader('origin'), req.getHeader('host'))) {
      if (asksForClose) return this.#close(res, req, context, peer, 'origin_not_allowed');
      return endWithProblem(res.writeStatus('403 Forbidden'), {
        title: 'Forbidden',
        status: 403,
        code: 'origin_not_allowed',
        detail: 'Web pages of this origin may not open sockets: the operator can add it to ALLOWED_ORIGINS',
      });
    }
    const address = this.#options.clientAddress(peer, req);
    const session = this.#sessionOf(req);
    // Only just after a start, or while the store does not answer.
    if (session === 'unread')
      return endWithProblem(res.writeStatus('503 Service Unavailable').writeHeader('Retry-After', '1'), {
        title: 'Service Unavailable',
        status: 503,
        code: 'not_caught_up',
        detail: 'The access token has not been read yet: try again',
      });
    if ('detail' in session) {
      if (session.wasSent) this.#options.refusals.write({ address }, 'token refused');
      if (asksForClose) return this.#close(res, req, context, peer, 'token_ended');
      return endWithProblem(res.writeStatus('401 Unauthorized').writeHeader('WWW-Authenticate', 'Bearer'), {
        title: 'Unauthorized',
        status: 401,
        code: 'unauthorized',
        detail: session.detail,
      });
    }
    const outside = session.program && outsideScope(session.program);
    if (outside !== undefined)
      return endWithProblem(res.writeStatus('403 Forbidden'), {
        title: 'Forbidden',
        status: 403,
        code: 'token_scope',
        detail: outside,
      });
    const client = clientOf(address);
    const refused = this.#options.refusal(session.userId, client);
    if (refused) return this.#refuse(res, refused);
    this.#options.onUpgrade(peer);
    const userAgent = req.getHeader('user-agent').slice(0, USER_AGENT_CHARACTERS);
    upgrade<Handshake>(res, req, context, {
      session,
      address,
      userAgent,
      client,
      resumes: req.getQuery('resume') === '1',
    });
  }

  /** The session of the ticket or token; or why there is none, and whether a credential was sent. */
  #sessionOf(req: uWS.HttpRequest): Session | 'unread' | { readonly detail: string; readonly wasSent: boolean } {
    const { sessions, tickets } = this.#options;
    const ticket = req.getQuery('ticket');
    if (ticket) {
      const session = tickets.redeem(ticket);
      return session && sessions.isGoing(session)
        ? session
        : {
            detail:
              'The ticket was used before, is older than 30 s, is of another node, or its session has ended: get another one from POST /ws-ticket',
            wasSent: true,
          };
    }
    const token = req.getQuery('token') || bearerToken(req.getHeader('authorization'));
    if (!token)
      return {
        detail: 'No token: connect to /ws?ticket=<ticket> or /ws?token=<token>, or send Authorization: Bearer <token>',
        wasSent: false,
      };
    const session = sessions.authenticate(token);
    if (session) return session;
    const reading = sessions.prepare(token);
    if (!reading) return { detail: 'The token is not valid or has expired: log in again', wasSent: true };
    reading.catch(() => undefined);
    return 'unread';
  }

  #close(
    res: uWS.HttpResponse,
    req: uWS.HttpRequest,
    context: uWS.us_socket_context_t,
    peer: string,
    refusedWith: RefusedHandshake['refusedWith'],
  ): void {
    this.#options.onUpgrade(peer);
    upgrade<RefusedHandshake>(res, req, context, { refusedWith });
  }

  #refuse(res: uWS.HttpResponse, { status, code, detail, retryAfterS }: RefusedSocket): void {
    this.#options.onRefused(code);
    endWithProblem(res.writeStatus(status).writeHeader('Retry-After', String(retryAfterS)), {
      title: status.slice(4),
      status: Number(status.slice(0, 3)),
      code,
      detail,
    });
  }
}

/** Why a program's access token opens no socket; undefined if it does. */
function outsideScope({ can, types }: AccessToken): string | undefined {
  if (!can.has('read')) return 'A socket needs an access token that may read: make one with "can": ["read"]';
  return types ? NO_SOCKET : undefined;
}

/** Selects none of the offered subprotocols: RFC 6455 requires an answer without the header then. */
function upgrade<T>(res: uWS.HttpResponse, req: uWS.HttpRequest, context: uWS.us_socket_context_t, data: T): void {
  res.upgrade<T>(data, req.getHeader('sec-websocket-key'), '', req.getHeader('sec-websocket-extensions'), context);
}

function endWithProblem(
  res: uWS.HttpResponse,
  problem: { title: string; status: number; code: string; detail: string },
): void {
  res
    .writeHeader('Content-Type', 'application/problem+json')
    .end(utf8(JSON.stringify({ type: 'about:blank', ...problem })));
}
