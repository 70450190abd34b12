/** The sockets: handshake, messages up, and the end of each. What goes down is delivery's. */
import type { Logger } from 'pino';
import type uWS from 'uWebSockets.js';
import { clientOf } from '../auth/client-address.js';
import type { Session, Sessions } from '../auth/sessions.js';
import type { Tickets } from '../auth/tickets.js';
import type { CommandHandling } from '../commands/handling.js';
import type { Outcome } from '../commands/waiting.js';
import { answerData } from '../commands/answers.js';
import { POSITION_WAIT_MS } from '../projections/position-waiters.js';
import type { Projection } from '../projections/projection.js';
import { bearerToken } from '../wire/bearer.js';
import type { ClientAddress } from '../wire/trusted-proxies.js';
import { utf8 } from '../wire/utf8.js';
import { Admission } from './admission.js';
import { Audience } from './audience.js';
import { BAD_MESSAGES_LIMIT } from './bad-messages.js';
import { Delivery } from './delivery.js';
import { error, success, tokenRefreshed, type SocketError } from './down-messages.js';
import { drain } from './draining.js';
import { LongTurns } from './long-turns.js';
import { PageTail } from './page-tail.js';
import { RESUME_WAIT_MS, Resuming } from './resuming.js';
import { SessionWatch } from './session-watch.js';
import { SlowLinks } from './slow-links.js';
import { OpenSockets, type SocketLimits } from './socket-limits.js';
import { BACKLOG_LIMIT, Socket, type Handshake } from './socket.js';
import { parseUpMessage, type UpRequest } from './up-messages.js';

/** Longest frame that is read at all, in bytes: up to it, what is too long is answered with an error; above, the socket is cut. */
const FRAME_LIMIT = 4 * 1024 * 1024;

/** Unsent bytes at which uWebSockets.js itself cuts a socket: whoever fills so much more than the limit between two looks at it. */
const HARD_LIMIT = 2 * BACKLOG_LIMIT;

/** How often the sockets are looked at for those that are too slow or do not resume, in milliseconds. */
const LOOK_MS = 250;

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
  readonly limits: SocketLimits;
  /** Told of every request for a socket, good or not. */
  readonly onRequest: () => void;
  /** Told of a socket that was refused for want of room. */
  readonly onRefused: (code: RefusedSocket['code']) => void;
  /** Told of a socket that is cut because it does not read. */
  readonly onTooSlow: () => void;
  readonly logger: Logger;
}

/** Why a socket with a good token is refused all the same. */
interface RefusedSocket {
  readonly status: '429 Too Many Requests' | '503 Service Unavailable';
  readonly code: 'too_many_sockets' | 'busy';
  readonly detail: string;
  readonly retryAfterS: number;
}

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #sockets = new Set<Socket>();
  readonly #audience = new Audience();
  /** Sockets that were opened to resume and have not said from where: since when, on the monotonic clock, those of longest ago first. */
  readonly #awaited = new Map<Socket, number>();
  readonly #turns: LongTurns;
  readonly #watch: SessionWatch<Socket>;
  readonly #open: OpenSockets;
  readonly #admission: Admission<Socket>;
  #delivery: Delivery | undefined;
  #resuming: Resuming | undefined;
  #slowLinks: SlowLinks | undefined;
  #looking: NodeJS.Timeout | undefined;
  #closing = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#turns = new LongTurns({ onLong: () => options.handling.decideNow() });
    this.#watch = new SessionWatch({ endedSessions: options.projection.live.endedSessions });
    this.#open = new OpenSockets(options.limits);
    this.#admission = new Admission({ limit: options.limits.socketsJoining });
  }

  /** Sockets open now. */
  get sockets(): number {
    return this.#sockets.size;
  }

  /** Sockets that wait for their state. */
  get joining(): number {
    return this.#admission.waiting;
  }

  /** Times that a turn of the event loop was broken because connections had made it long. */
  get turnsBroken(): number {
    return this.#turns.broken;
  }

  /** Serves /ws on the app, and from then on pushes what the projection folds. */
  attach(app: uWS.TemplatedApp): void {
    const { projection, logId } = this.#options;
    const { live, history, pageStates } = projection;
    const tail = new PageTail(history);
    const state = { live, audience: this.#audience, tail, pageStates };
    const slowLinks = (this.#slowLinks = new SlowLinks(state));
    const parts = { ...state, logId, slowLinks };
    const delivery = (this.#delivery = new Delivery({ ...parts, publish: (topic, text) => void app.publish(topic, utf8(text)), isUrgent: () => this.#turns.isBroken }));
    this.#resuming = new Resuming({ ...parts, delivery });
    projection.listen((folded, data) => delivery.onFolded(folded, data));
    projection.listen((folded) => this.#watch.onFolded(folded));
    this.#watch.start();
    app.ws<Handshake>('/ws', {
      maxPayloadLength: FRAME_LIMIT,
      maxBackpressure: HARD_LIMIT,
      closeOnBackpressureLimit: 1,
      idleTimeout: IDLE_TIMEOUT_S,
      sendPingsAutomatically: true,
      upgrade: (res, req, context) => this.#upgrade(res, req, context),
      open: (ws) => this.#onOpen(ws),
      message: (ws, message, isBinary) => this.#onMessage(ws.getUserData().socket!, message, isBinary),
      drain: (ws) => this.#onDrain(ws.getUserData().socket!),
      dropped: (ws) => ws.getUserData().socket!.drop(),
      close: (ws, code) => this.#onClose(ws.getUserData(), code),
    });
    this.#looking = setInterval(() => this.#look(performance.now()), LOOK_MS).unref();
  }

  /**
   * Says goodbye to every socket (draining.ts), and resolves when the last one has had `lingerMs` to arrive. uWebSockets.js counts a
   * socket as closed as soon as that is on its way; but a connection that is cut while its client still sends is reset, and the client
   * never reads it.
   */
  async close(lingerMs: number): Promise<void> {
    this.#closing = true;
    clearInterval(this.#looking);
    this.#watch.stop();
    const sockets = [...this.#sockets];
    await drain(sockets);
    if (sockets.length > 0) await new Promise((resolve) => setTimeout(resolve, lingerMs));
  }

  /**
   * All at once, and so it has to be: when an upgrade comes later, in res.cork, uWebSockets.js tells by the connection's address
   * whether it happened; where the allocator has given it the same one again, it takes the socket for a response, and may close it.
   */
  #upgrade(res: uWS.HttpResponse, req: uWS.HttpRequest, context: uWS.us_socket_context_t): void {
    this.#turns.step();
    this.#options.onRequest();
    if (this.#closing) return void res.writeStatus('503 Service Unavailable').writeHeader('Retry-After', '1').end();
    const session = this.#sessionOf(req);
    if ('detail' in session) return endWithProblem(res.writeStatus('401 Unauthorized').writeHeader('WWW-Authenticate', 'Bearer'), { title: 'Unauthorized', status: 401, code: 'unauthorized', detail: session.detail });
    const address = this.#options.clientAddress(Buffer.from(res.getRemoteAddressAsText()).toString(), req);
    const client = clientOf(address);
    const refused = this.#refusal(session.userId, client);
    if (refused) return this.#refuseSocket(res, refused);
    const resumes = req.getQuery('resume') === '1';
    const [key, protocol, extensions] = ['sec-websocket-key', 'sec-websocket-protocol', 'sec-websocket-extensions'].map((name) => req.getHeader(name)) as [string, string, string];
    res.upgrade<Handshake>({ session, address, client, resumes }, key, protocol, extensions, context);
  }

  /** The session of the ticket or token; or why there is none. */
  #sessionOf(req: uWS.HttpRequest): Session | { readonly detail: string } {
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

  #refusal(userId: string, client: string): RefusedSocket | undefined {
    if (this.#admission.isFull) return { status: '503 Service Unavailable', code: 'busy', detail: 'Too many sockets wait for their state: connect again in a moment', retryAfterS: 1 };
    const detail = this.#open.refusal(userId, client);
    return detail === undefined ? undefined : { status: '429 Too Many Requests', code: 'too_many_sockets', detail, retryAfterS: 10 };
  }

  #refuseSocket(res: uWS.HttpResponse, { status, code, detail, retryAfterS }: RefusedSocket): void {
    this.#options.onRefused(code);
    endWithProblem(res.writeStatus(status).writeHeader('Retry-After', String(retryAfterS)), { title: status.slice(4), status: Number(status.slice(0, 3)), code, detail });
  }

  #onOpen(ws: uWS.WebSocket<Handshake>): void {
    const handshake = ws.getUserData();
    const socket = new Socket(ws, this.#options.onTooSlow);
    handshake.socket = socket;
    this.#sockets.add(socket);
    this.#open.opened(socket.userId, handshake.client);
    this.#options.logger.info({ user: socket.userId, address: handshake.address, sockets: this.#sockets.size }, 'socket connected');
    this.#watch.add(socket);
    if (handshake.resumes) this.#awaited.set(socket, performance.now());
    else this.#join(socket);
  }

  #join(socket: Socket): void {
    this.#awaited.delete(socket);
    this.#admit(socket, () => (socket.viewer = this.#delivery!.join(socket.userId, socket)));
  }

  /** What the client has heard on another node this one has to know first: or it would see a page again that was taken from it, and its own changes undone. */
  #admit(socket: Socket, work: () => void): void {
    this.#admission.admit(socket, work, this.#options.projection.present(POSITION_WAIT_MS));
  }

  #onDrain(socket: Socket): void {
    if (socket.onDrain()) this.#slowLinks!.drained(socket.userId, socket);
  }

  #look(now: number): void {
    for (const socket of [...this.#sockets]) socket.checkBacklog(now);
    for (const [socket, since] of [...this.#awaited]) {
      if (now - since < RESUME_WAIT_MS) break;
      // What it has sent may be its resume: that is seen when its turn comes.
      if (!this.#admission.isWaiting(socket)) this.#join(socket);
    }
  }

  #onClose({ address, client, socket }: Handshake, code: number): void {
    if (!socket) return;
    const tooSlow = socket.isCut;
    // First of all: uWebSockets.js has let go of it already, and what follows may answer its commands.
    socket.closed();
    this.#sockets.delete(socket);
    this.#awaited.delete(socket);
    this.#open.closed(socket.userId, client);
    this.#admission.leave(socket);
    this.#watch.remove(socket);
    this.#slowLinks!.forget(socket);
    if (socket.viewer) this.#audience.leave(socket.viewer, socket);
    this.#options.logger.info({ user: socket.userId, address, code, tooSlow, sockets: this.#sockets.size }, 'socket disconnected');
    this.#turns.step();
  }

  #onMessage(socket: Socket, bytes: ArrayBuffer, isBinary: boolean): void {
    if (this.#admission.isWaiting(socket)) {
      // The bytes are dead once this returns.
      const copy = bytes.slice(0);
      return this.#admission.hold(socket, copy.byteLength, () => this.#onMessage(socket, copy, isBinary));
    }
    if (!this.#awaited.has(socket)) return this.#read(socket, bytes, isBinary);
    // Its resume, most likely: to be read in the line too, for when all come at once, that takes as long as to answer it.
    const copy = bytes.slice(0);
    this.#admit(socket, () => this.#read(socket, copy, isBinary));
  }

  #read(socket: Socket, bytes: ArrayBuffer, isBinary: boolean): void {
    if (isBinary) {
      refuse(socket, { code: 'binary_message', message: 'Binary frames are not understood: send text frames' });
      return socket.end('protocol_misuse');
    }
    if (socket.isCut) return;
    const parsed = parseUpMessage(Buffer.from(bytes).toString(), bytes.byteLength);
    if ('error' in parsed) return this.#notUnderstood(socket, parsed.id, parsed.error);
    socket.badMessages.good();
    if (this.#awaited.has(socket) && !('request' in parsed && parsed.request === 'resume')) {
      return socket.send(error(parsed.id, { code: 'resume_first', message: 'The socket was opened with resume=1: send resume first, or wait for initial_state' }));
    }
    if ('request' in parsed) return this.#onRequest(socket, parsed);
    const { id, command, payload } = parsed;
    this.#options.handling.submit({ command, payload, by: socket.userId, clientId: id, settle: (outcome) => answer(socket, id, command.kind, outcome) });
  }

  #onRequest(socket: Socket, { id, request, payload }: UpRequest): void {
    switch (request) {
      case 'resume':
        if (!this.#awaited.delete(socket)) return socket.send(error(id, { code: 'already_live', message: 'There is nothing to resume: the socket has its state. To resume, connect with resume=1' }));
        socket.viewer = this.#resuming!.resume(socket.userId, socket, id, payload);
        return;
      case 'sync':
        // Without a viewer it has closed before its turn came.
        return socket.viewer && this.#resuming!.sync(socket.viewer, socket, id, payload);
      case 'refresh':
        return this.#refresh(socket, id, payload.token);
    }
  }

  #refresh(socket: Socket, id: string | undefined, token: string): void {
    const session = this.#options.sessions.authenticate(token);
    if (!session) return socket.send(error(id, { code: 'token_refused', message: 'The token is not valid or has expired: the socket goes on with the one it has' }));
    if (session.userId !== socket.userId) return socket.send(error(id, { code: 'token_refused', message: 'The token is that of another user: the socket goes on with the one it has' }));
    socket.session = session;
    this.#watch.renewed(socket);
    socket.send(tokenRefreshed(id, session.expiresAt - Math.floor(Date.now() / 1_000)));
  }

  #notUnderstood(socket: Socket, id: string | undefined, problem: SocketError): void {
    socket.send(error(id, problem));
    if (!socket.badMessages.bad(performance.now())) return;
    refuse(socket, { code: 'too_many_errors', message: `The last ${BAD_MESSAGES_LIMIT} messages were not understood, and none between them was: the socket is closed` });
    socket.end('protocol_misuse');
  }
}

function endWithProblem(res: uWS.HttpResponse, problem: { title: string; status: number; code: string; detail: string }): void {
  res.writeHeader('Content-Type', 'application/problem+json').end(utf8(JSON.stringify({ type: 'about:blank', ...problem })));
}

const refuse = (socket: Socket, problem: SocketError): void => socket.send(error(undefined, problem));

function answer(socket: Socket, id: string | undefined, kind: string, outcome: Outcome): void {
  if (outcome.kind === 'refused') socket.send(error(id, outcome.refusal));
  else if (id !== undefined || ALWAYS_ANSWERED.has(kind)) socket.send(success(id, outcome.action, answerData(outcome), outcome.seq, outcome.position));
}
