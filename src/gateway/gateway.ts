/** The sockets: handshake, messages up, and the end of each. What goes down is delivery's. */
import type { Logger } from 'pino';
import type uWS from 'uWebSockets.js';
import { bearerToken } from '../auth/bearer.js';
import { headerLines, type ClientAddress } from '../auth/trusted-proxies.js';
import type { CommandHandling, Outcome } from '../commands/handling.js';
import { answerData } from '../commands/answers.js';
import type { Projection } from '../projections/projection.js';
import { Admission } from './admission.js';
import { Audience } from './audience.js';
import { BAD_MESSAGES_LIMIT } from './bad-messages.js';
import { Delivery } from './delivery.js';
import { error, success, type SocketError } from './down-messages.js';
import { drain } from './draining.js';
import { OpenSockets, type SocketLimits } from './socket-limits.js';
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
  /** The user and session of a token, or undefined if it is not valid (any more). */
  readonly authenticate: (token: string) => { userId: string; sessionId: string } | undefined;
  readonly clientAddress: ClientAddress;
  readonly limits: SocketLimits;
  /** Told of a socket that was refused for want of room. */
  readonly onRefused: (code: RefusedSocket['code']) => void;
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
  readonly #open: OpenSockets;
  readonly #admission: Admission<Socket>;
  #delivery: Delivery | undefined;
  #closing = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
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

  /** Serves /ws on the app, and from then on pushes what the projection folds. */
  attach(app: uWS.TemplatedApp): void {
    const { projection, logId } = this.#options;
    const delivery = new Delivery(projection.live, logId, this.#audience, (topic, text) => app.publish(topic, text));
    this.#delivery = delivery;
    projection.listen((folded, data) => delivery.onFolded(folded, data));
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
   * Says goodbye to every socket (draining.ts), and resolves when the last one has had `lingerMs` to arrive. uWebSockets.js counts a socket as closed as
   * soon as that is on its way; but a connection that is cut while its client still sends is reset, and the client never reads it.
   */
  async close(lingerMs: number): Promise<void> {
    this.#closing = true;
    const sockets = [...this.#sockets];
    await drain(sockets);
    if (sockets.length > 0) await new Promise((resolve) => setTimeout(resolve, lingerMs));
  }

  /**
   * All at once, and so it has to be: when an upgrade comes later, in res.cork, uWebSockets.js tells by the connection's address
   * whether it happened; where the allocator has given it the same one again, it takes the socket for a response, and may close it.
   */
  #upgrade(res: uWS.HttpResponse, req: uWS.HttpRequest, context: uWS.us_socket_context_t): void {
    if (this.#closing) return void res.writeStatus('503 Service Unavailable').writeHeader('Retry-After', '1').end();
    const token = req.getQuery('token') || bearerToken(req.getHeader('authorization'));
    const identity = token ? this.#options.authenticate(token) : undefined;
    if (!identity) {
      const detail = token ? 'The token is not valid or has expired: log in again' : 'No token: connect to /ws?token=<token>, or send it as Authorization: Bearer <token>';
      return endWithProblem(res.writeStatus('401 Unauthorized').writeHeader('WWW-Authenticate', 'Bearer'), { title: 'Unauthorized', status: 401, code: 'unauthorized', detail });
    }
    const address = this.#options.clientAddress(Buffer.from(res.getRemoteAddressAsText()).toString(), headerLines(req, 'x-forwarded-for'));
    const refused = this.#refusal(identity.userId, address);
    if (refused) return this.#refuseSocket(res, refused);
    const [key, protocol, extensions] = ['sec-websocket-key', 'sec-websocket-protocol', 'sec-websocket-extensions'].map((name) => req.getHeader(name)) as [string, string, string];
    res.upgrade<Handshake>({ ...identity, address }, key, protocol, extensions, context);
  }

  #refusal(userId: string, address: string): RefusedSocket | undefined {
    if (this.#admission.isFull) return { status: '503 Service Unavailable', code: 'busy', detail: 'Too many sockets wait for their state: connect again in a moment', retryAfterS: 1 };
    const detail = this.#open.refusal(userId, address);
    return detail === undefined ? undefined : { status: '429 Too Many Requests', code: 'too_many_sockets', detail, retryAfterS: 10 };
  }

  #refuseSocket(res: uWS.HttpResponse, { status, code, detail, retryAfterS }: RefusedSocket): void {
    this.#options.onRefused(code);
    endWithProblem(res.writeStatus(status).writeHeader('Retry-After', String(retryAfterS)), { title: status.slice(4), status: Number(status.slice(0, 3)), code, detail });
  }

  #onOpen(ws: uWS.WebSocket<Handshake>): void {
    const handshake = ws.getUserData();
    const socket = new Socket(ws);
    handshake.socket = socket;
    this.#sockets.add(socket);
    this.#open.opened(handshake.userId, handshake.address);
    this.#options.logger.info({ user: handshake.userId, address: handshake.address, sockets: this.#sockets.size }, 'socket connected');
    this.#admission.admit(socket, () => (socket.viewer = this.#delivery!.join(socket.userId, socket)));
  }

  #onClose({ userId, address, socket }: Handshake, code: number): void {
    if (!socket) return;
    socket.closed();
    this.#sockets.delete(socket);
    this.#open.closed(userId, address);
    this.#admission.leave(socket);
    if (socket.viewer) this.#audience.leave(socket.viewer, socket);
    this.#options.logger.info({ user: userId, address, code, sockets: this.#sockets.size }, 'socket disconnected');
  }

  #onMessage(socket: Socket, bytes: ArrayBuffer, isBinary: boolean): void {
    if (this.#admission.isWaiting(socket)) {
      // The bytes are dead once this returns.
      const copy = bytes.slice(0);
      return this.#admission.hold(socket, copy.byteLength, () => this.#onMessage(socket, copy, isBinary));
    }
    if (isBinary) {
      refuse(socket, { code: 'binary_message', message: 'Binary frames are not understood: send text frames' });
      return socket.end('protocol_misuse');
    }
    if (bytes.byteLength > MESSAGE_LIMIT) return this.#notUnderstood(socket, undefined, { code: 'message_too_large', message: `The message has ${bytes.byteLength} bytes: at most ${MESSAGE_LIMIT} are allowed` });
    const parsed = parseUpMessage(Buffer.from(bytes).toString());
    if ('error' in parsed) return this.#notUnderstood(socket, parsed.id, parsed.error);
    socket.badMessages.good();
    const { id, command, payload } = parsed;
    this.#options.handling.submit({ command, payload, by: socket.userId, clientId: id, settle: (outcome) => answer(socket, id, command.kind, outcome) });
  }

  #notUnderstood(socket: Socket, id: string | undefined, problem: SocketError): void {
    socket.send(error(id, problem));
    if (!socket.badMessages.bad(performance.now())) return;
    refuse(socket, { code: 'too_many_errors', message: `The last ${BAD_MESSAGES_LIMIT} messages were not understood, and none between them was: the socket is closed` });
    socket.end('protocol_misuse');
  }
}

function endWithProblem(res: uWS.HttpResponse, problem: { title: string; status: number; code: string; detail: string }): void {
  res.writeHeader('Content-Type', 'application/problem+json').end(JSON.stringify({ type: 'about:blank', ...problem }));
}

const refuse = (socket: Socket, problem: SocketError): void => socket.send(error(undefined, problem));

function answer(socket: Socket, id: string | undefined, kind: string, outcome: Outcome): void {
  if (outcome.kind === 'refused') socket.send(error(id, outcome.refusal));
  else if (id !== undefined || ALWAYS_ANSWERED.has(kind)) socket.send(success(id, outcome.action, answerData(outcome), outcome.seq, outcome.position));
}
