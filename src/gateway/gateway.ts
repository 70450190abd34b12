/** The sockets: handshake, messages up, and the end of each. What goes down is delivery's. */
import type { Logger } from 'pino';
import type uWS from 'uWebSockets.js';
import { bearerToken } from '../auth/bearer.js';
import type { Session, Sessions } from '../auth/sessions.js';
import type { Tickets } from '../auth/tickets.js';
import { headerLines, type ClientAddress } from '../auth/trusted-proxies.js';
import type { CommandHandling, Outcome } from '../commands/handling.js';
import { answerData } from '../commands/answers.js';
import type { Projection } from '../projections/projection.js';
import { Audience } from './audience.js';
import { Delivery } from './delivery.js';
import { error, success, tokenRefreshed, type SocketError } from './down-messages.js';
import { SessionWatch } from './session-watch.js';
import { Socket, type Handshake } from './socket.js';
import { MESSAGE_LIMIT, parseUpMessage } from './up-messages.js';

/** Longest frame that is read at all, in bytes: up to it, what is too long is answered with an error; above, the socket is cut. */
const FRAME_LIMIT = 4 * 1024 * 1024;

/** Bytes that may wait for a slow client, on top of the message that was being sent. */
const BACKPRESSURE_LIMIT = 16 * 1024 * 1024;

/** A peer that has not answered a ping for this long, in seconds, is cut. */
const IDLE_TIMEOUT_S = 60;

/** A client of the seed's contract, which knows no ids, expects an answer to these. */
const ALWAYS_ANSWERED: ReadonlySet<string> = new Set(['create_page', 'share_page']);

export interface GatewayOptions {
  readonly logId: string;
  readonly projection: Projection;
  readonly handling: CommandHandling;
  readonly sessions: Sessions;
  readonly tickets: Tickets;
  readonly clientAddress: ClientAddress;
  readonly logger: Logger;
}

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #sockets = new Set<Socket>();
  readonly #audience = new Audience();
  readonly #watch: SessionWatch<Socket>;
  #delivery: Delivery | undefined;
  #closing = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#watch = new SessionWatch({ endedSessions: options.projection.live.endedSessions });
  }

  /** Sockets open now. */
  get sockets(): number {
    return this.#sockets.size;
  }

  /** Serves /ws on the app, and from then on pushes what the projection folds. */
  attach(app: uWS.TemplatedApp): void {
    const { projection, logId } = this.#options;
    const delivery = new Delivery(projection.live, logId, this.#audience, (topic, text) => app.publish(topic, text));
    this.#delivery = delivery;
    projection.listen((folded, data) => delivery.onFolded(folded, data));
    projection.listen((folded) => this.#watch.onFolded(folded));
    this.#watch.start();
    app.ws<Handshake>('/ws', {
      maxPayloadLength: FRAME_LIMIT,
      maxBackpressure: BACKPRESSURE_LIMIT,
      closeOnBackpressureLimit: 1,
      idleTimeout: IDLE_TIMEOUT_S,
      sendPingsAutomatically: true,
      upgrade: (res, req, context) => this.#upgrade(res, req, context),
      open: (ws) => this.#onOpen(ws),
      message: (ws, message, isBinary) => this.#onMessage(ws.getUserData().socket!, message, isBinary),
      dropped: (ws) => ws.getUserData().socket!.drop(),
      close: (ws, code) => this.#onClose(ws.getUserData(), code),
    });
  }

  /**
   * Says goodbye to every socket, and resolves when that has had `lingerMs` to arrive. uWebSockets.js counts a socket as closed as
   * soon as that is on its way; but a connection that is cut while its client still sends is reset, and the client never reads it.
   */
  async close(lingerMs: number): Promise<void> {
    this.#closing = true;
    this.#watch.stop();
    const sockets = [...this.#sockets];
    for (const socket of sockets) socket.end('going_away');
    if (sockets.length > 0) await new Promise((resolve) => setTimeout(resolve, lingerMs));
  }

  /**
   * All at once, and so it has to be: when an upgrade comes later, in res.cork, uWebSockets.js tells by the connection's address
   * whether it happened; where the allocator has given it the same one again, it takes the socket for a response, and may close it.
   */
  #upgrade(res: uWS.HttpResponse, req: uWS.HttpRequest, context: uWS.us_socket_context_t): void {
    if (this.#closing) return void res.writeStatus('503 Service Unavailable').writeHeader('Retry-After', '1').end();
    const admission = this.#admit(req);
    if ('detail' in admission) {
      res.writeStatus('401 Unauthorized').writeHeader('WWW-Authenticate', 'Bearer').writeHeader('Content-Type', 'application/problem+json');
      return void res.end(JSON.stringify({ type: 'about:blank', title: 'Unauthorized', status: 401, code: 'unauthorized', detail: admission.detail }));
    }
    const address = this.#options.clientAddress(Buffer.from(res.getRemoteAddressAsText()).toString(), headerLines(req, 'x-forwarded-for'));
    const [key, protocol, extensions] = ['sec-websocket-key', 'sec-websocket-protocol', 'sec-websocket-extensions'].map((name) => req.getHeader(name)) as [string, string, string];
    res.upgrade<Handshake>({ session: admission, address }, key, protocol, extensions, context);
  }

  /** The session of the ticket or token; or why there is none. */
  #admit(req: uWS.HttpRequest): Session | { readonly detail: string } {
    const { sessions, tickets } = this.#options;
    const ticket = req.getQuery('ticket');
    if (ticket) {
      const session = tickets.redeem(ticket);
      return session && sessions.isGoing(session) ? session : { detail: 'The ticket was used, is over 30 s old or of another node, or its session has ended: get another one from POST /ws-ticket' };
    }
    const token = req.getQuery('token') || bearerToken(req.getHeader('authorization'));
    if (!token) return { detail: 'No token: connect to /ws?ticket=<ticket> or /ws?token=<token>, or send Authorization: Bearer <token>' };
    return sessions.authenticate(token) ?? { detail: 'The token is not valid or has expired: log in again' };
  }

  #onOpen(ws: uWS.WebSocket<Handshake>): void {
    const handshake = ws.getUserData();
    const socket = new Socket(ws);
    handshake.socket = socket;
    this.#sockets.add(socket);
    this.#options.logger.info({ user: socket.userId, address: handshake.address, sockets: this.#sockets.size }, 'socket connected');
    socket.viewer = this.#delivery!.join(socket.userId, socket);
    this.#watch.add(socket);
  }

  #onClose({ address, socket }: Handshake, code: number): void {
    if (!socket) return;
    socket.closed();
    this.#sockets.delete(socket);
    this.#watch.remove(socket);
    if (socket.viewer) this.#audience.leave(socket.viewer, socket);
    this.#options.logger.info({ user: socket.userId, address, code, sockets: this.#sockets.size }, 'socket disconnected');
  }

  #onMessage(socket: Socket, bytes: ArrayBuffer, isBinary: boolean): void {
    if (isBinary) {
      refuse(socket, { code: 'binary_message', message: 'Binary frames are not understood: send text frames' });
      return socket.end('protocol_misuse');
    }
    if (bytes.byteLength > MESSAGE_LIMIT) return refuse(socket, { code: 'message_too_large', message: `The message has ${bytes.byteLength} bytes: at most ${MESSAGE_LIMIT} are allowed` });
    const parsed = parseUpMessage(Buffer.from(bytes).toString());
    if ('error' in parsed) return socket.send(error(parsed.id, parsed.error));
    if ('request' in parsed) return this.#refresh(socket, parsed.id, parsed.payload.token);
    const { id, command, payload } = parsed;
    this.#options.handling.submit({ command, payload, by: socket.userId, clientId: id, settle: (outcome) => answer(socket, id, command.kind, outcome) });
  }

  #refresh(socket: Socket, id: string | undefined, token: string): void {
    const session = this.#options.sessions.authenticate(token);
    if (!session) return socket.send(error(id, { code: 'token_refused', message: 'The token is not valid or has expired: the socket goes on with the one it has' }));
    if (session.userId !== socket.userId) return socket.send(error(id, { code: 'token_refused', message: 'The token is that of another user: the socket goes on with the one it has' }));
    socket.session = session;
    this.#watch.renewed(socket);
    socket.send(tokenRefreshed(id, session.expiresAt - Math.floor(Date.now() / 1_000)));
  }
}

const refuse = (socket: Socket, problem: SocketError): void => socket.send(error(undefined, problem));

function answer(socket: Socket, id: string | undefined, kind: string, outcome: Outcome): void {
  if (outcome.kind === 'refused') socket.send(error(id, outcome.refusal));
  else if (id !== undefined || ALWAYS_ANSWERED.has(kind)) socket.send(success(id, outcome.action, answerData(outcome), outcome.seq, outcome.position));
}
