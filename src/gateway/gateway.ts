/** The sockets, from open to close. Their messages go to the inbox; delivery sends them events. */

import type uWS from 'uWebSockets.js';
import type { Logger } from 'pino';
import type { Sessions } from '../auth/sessions.js';
import type { Tickets } from '../auth/tickets.js';
import type { CommandHandler } from '../commands/handling/handler.js';
import { Delivery } from '../delivery/delivery.js';
import { Hub, topicOf } from '../delivery/hub.js';
import { RecentUpdates } from '../delivery/recent-updates.js';
import { Recovery } from '../delivery/recovery.js';
import { SlowConsumers } from '../delivery/slow-consumers.js';
import type { AllowedOrigins } from '../net/allowed-origins.js';
import type { ReadBudget } from '../net/read-budget.js';
import { RefusalLog } from '../net/refusal-log.js';
import type { ClientAddress } from '../net/trusted-proxies.js';
import type { Undelivered } from '../net/undelivered.js';
import { utf8 } from '../net/utf8.js';
import type { Projection } from '../projections/projection.js';
import { closeCodes } from '../protocol/close-codes.js';
import { AdministeredSockets } from './administered-sockets.js';
import { Backlogs } from './backlogs.js';
import { drain } from './draining.js';
import { Handshakes, type RefusedHandshake } from './handshake.js';
import { Inbox, type MessageLimits } from './inbox.js';
import { Joining } from './joining.js';
import { LoopBudget } from './loop-budget.js';
import { SendBuffer } from './send-buffer.js';
import { SessionExpiry, TICK_MS } from './session-expiry.js';
import { BACKLOG_LIMIT, type Handshake, Socket } from './socket.js';
import { OpenSockets, type SocketLimits } from './socket-limits.js';
import { type RefusedSocket, socketRefusal } from './socket-refusal.js';
import { MESSAGE_LIMIT, RESUME_LIMIT } from './up-messages.js';

/**
 * Longest frame, or message in fragments, that is buffered, in bytes. It leaves room above RESUME_LIMIT so that a slightly longer
 * message gets an error; beyond it uWebSockets.js cuts the socket.
 */
const FRAME_LIMIT = RESUME_LIMIT + MESSAGE_LIMIT;

/** Unsent bytes at which uWebSockets.js itself cuts a socket: reached by a socket that exceeds the backlog limit by that much between two checks. */
const HARD_LIMIT = 2 * BACKLOG_LIMIT;

/** How often the sockets are checked for slow ones and for those that do not resume, in milliseconds. */
const CHECK_MS = 250;

/** A peer that has not answered a ping for this long, in seconds, is cut. */
const IDLE_TIMEOUT_S = 60;

export interface SocketEnds {
  /** Refused, because a limit is reached. */
  refused(code: RefusedSocket['code']): void;
  /** Cut, because it does not read. */
  tooSlow(): void;
  closed(closeCode: number): void;
}

export interface GatewayOptions {
  readonly logId: string;
  readonly projection: Projection;
  readonly handling: CommandHandler;
  readonly sessions: Sessions;
  readonly tickets: Tickets;
  readonly clientAddress: ClientAddress;
  /** Called with the peer of each connection that becomes a socket. */
  readonly onUpgrade: (peer: string) => void;
  readonly allowedOrigins: AllowedOrigins;
  /** Where refused tokens are logged. */
  readonly refusals: RefusalLog;
  readonly reads: ReadBudget;
  readonly undelivered: Undelivered;
  readonly limits: SocketLimits & MessageLimits;
  /** Called for every socket request, accepted or not. */
  readonly onRequest: () => void;
  /** Told how sockets end. */
  readonly ends: SocketEnds;
  readonly logger: Logger;
}

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #apps: uWS.TemplatedApp[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #hub = new Hub();
  readonly #loopBudget: LoopBudget;
  readonly #expiry: SessionExpiry<Socket>;
  readonly #openSockets: OpenSockets;
  readonly #administered: AdministeredSockets;
  readonly #slowConsumers: SlowConsumers;
  readonly #sendBuffer = new SendBuffer();
  readonly #backlogs: Backlogs;
  readonly #joining: Joining;
  readonly #handshakes: Handshakes;
  readonly #inbox: Inbox;
  /** Where connects and disconnects are logged, with a limit: a user can cause them all day. */
  readonly #connections: RefusalLog;
  #closing = false;

  /** From now on pushes what the projection folds. Listens on nothing before it is attached to an app. */
  constructor(options: GatewayOptions) {
    const { projection, logId, undelivered, reads, limits } = options;
    const { live, history, pageStates } = projection;
    this.#options = options;
    this.#loopBudget = new LoopBudget({ onLong: () => options.handling.decideNow() });
    this.#openSockets = new OpenSockets(limits);
    this.#administered = new AdministeredSockets(this.#openSockets);
    this.#connections = new RefusalLog(options.logger, 'info');

    const state = { live, hub: this.#hub, recent: new RecentUpdates(history), pageStates };
    this.#slowConsumers = new SlowConsumers(state);
    const parts = { ...state, logId, slowConsumers: this.#slowConsumers };
    const delivery = new Delivery({
      ...parts,
      publish: (topic, text) => this.#publish(topic, text),
      isUrgent: () => this.#loopBudget.isBroken,
    });
    const recovery = new Recovery({ ...parts, delivery });
    this.#expiry = new SessionExpiry({ endedSessions: live.endedSessions });
    projection.listen((folded, data, entry) => delivery.onFolded(folded, data, entry));
    projection.listen((folded) => this.#expiry.onFolded(folded));

    this.#backlogs = new Backlogs({ sockets: this.#sockets, undelivered, slowConsumers: this.#slowConsumers });
    this.#joining = new Joining({ limit: limits.socketsJoining, projection, delivery, reads });
    const room = { joining: this.#joining, openSockets: this.#openSockets, reads };
    this.#handshakes = new Handshakes({
      ...options,
      refusal: (userId, client) => socketRefusal(userId, client, room),
      onRefused: (code) => options.ends.refused(code),
    });
    this.#inbox = new Inbox({
      ...options,
      isAwaited: (socket) => this.#joining.isAwaited(socket),
      resume: (socket, id, payload) => {
        this.#joining.resumed(socket);
        socket.viewer = recovery.resume(socket, socket, id, payload);
      },
      // Without a viewer it closed before its message was read.
      sync: (socket, id, payload) => socket.viewer && recovery.sync(socket.viewer, socket, id, payload),
      onRenewed: (socket) => this.#expiry.renewed(socket),
    });
  }

  /** What must be done at intervals while it is attached. */
  get timedWork(): readonly { readonly name: string; readonly everyMs: number; readonly run: () => void }[] {
    return [
      { name: 'slow sockets', everyMs: CHECK_MS, run: () => this.#check(performance.now()) },
      { name: 'session expiry', everyMs: TICK_MS, run: () => this.#expiry.tick() },
    ];
  }

  /** Open sockets. */
  get sockets(): number {
    return this.#sockets.size;
  }

  /** The open sockets as operators see them. */
  get administered(): AdministeredSockets {
    return this.#administered;
  }

  /** Sockets that wait for their state. */
  get joining(): number {
    return this.#joining.waiting;
  }

  /** How often an iteration of the event loop exceeded the budget for work on connections. */
  get loopBreaks(): number {
    return this.#loopBudget.broken;
  }

  /** How many updates of a page its sockets get with one system call each; Infinity where it is not worth caring (send-buffer.ts). */
  updatesAtOnce(pageId: string): number {
    // Asking for a page's subscribers costs about 1 µs.
    if (this.#sendBuffer.updates(this.#sockets.size) === Infinity) return Infinity;
    const topic = topicOf(pageId);
    return this.#sendBuffer.updates(this.#apps.reduce((sum, app) => sum + app.numSubscribers(topic), 0));
  }

  /** Serves /ws on the app, in addition to apps attached before. */
  attach(app: uWS.TemplatedApp): void {
    this.#apps.push(app);
    app.ws<Handshake | RefusedHandshake>('/ws', {
      maxPayloadLength: FRAME_LIMIT,
      maxBackpressure: HARD_LIMIT,
      closeOnBackpressureLimit: 1,
      idleTimeout: IDLE_TIMEOUT_S,
      sendPingsAutomatically: true,
      upgrade: (res, req, context) => this.#upgrade(res, req, context),
      open: (ws) => this.#onOpen(ws),
      message: (ws, message, isBinary) => this.#onMessage(socketOf(ws), message, isBinary),
      ping: (ws) => this.#onControl(socketOf(ws)),
      pong: (ws) => this.#onControl(socketOf(ws)),
      drain: (ws) => this.#onDrain(socketOf(ws)),
      dropped: (ws) => socketOf(ws)?.drop(),
      close: (ws, code) => this.#onClose(ws.getUserData(), code),
    });
  }

  /** A topic's subscribers may be on several apps. */
  #publish(topic: string, text: string): void {
    const bytes = utf8(text);
    this.#sendBuffer.published(bytes.length);
    for (const app of this.#apps) app.publish(topic, bytes);
  }

  /**
   * Drains all sockets (draining.ts). Resolves `lingerMs` after the last close message, so that it can arrive: uWebSockets.js
   * counts a socket as closed as soon as the close frame is written, but if the connection is cut while its client still sends, it
   * is reset and the client never reads the frame.
   */
  async close(lingerMs: number): Promise<void> {
    this.#closing = true;
    const sockets = [...this.#sockets];
    await drain(sockets);
    if (sockets.length > 0) await new Promise((resolve) => setTimeout(resolve, lingerMs));
  }

  #upgrade(res: uWS.HttpResponse, req: uWS.HttpRequest, context: uWS.us_socket_context_t): void {
    this.#loopBudget.step();
    this.#options.onRequest();
    if (this.#closing) return void res.writeStatus('503 Service Unavailable').writeHeader('Retry-After', '1').end();
    this.#handshakes.upgrade(res, req, context);
  }

  #onOpen(ws: uWS.WebSocket<Handshake | RefusedHandshake>): void {
    const handshake = ws.getUserData();
    if ('refusedWith' in handshake) {
      const { code, reason } = closeCodes[handshake.refusedWith];
      return void ws.end(code, reason);
    }
    const { undelivered, ends } = this.#options;
    const socket: Socket = new Socket(ws as uWS.WebSocket<Handshake>, {
      undelivered,
      onCut: () => ends.tooSlow(),
      onStateSent: () => this.#onDrain(socket),
    });
    handshake.socket = socket;
    this.#sockets.add(socket);
    this.#administered.opened(socket, handshake);
    this.#openSockets.opened(socket.userId, handshake.client);
    this.#connections.write(
      { user: socket.userId, address: handshake.address, sockets: this.#sockets.size },
      'socket connected',
    );
    this.#expiry.add(socket);
    this.#joining.opened(socket, handshake.resumes);
  }

  #onDrain(socket: Socket | undefined): void {
    if (socket?.onDrain()) this.#slowConsumers.drained(socket, socket);
  }

  #check(now: number): void {
    this.#backlogs.look(now);
    this.#joining.look(now);
  }

  #onClose(handshake: Handshake | RefusedHandshake, code: number): void {
    if ('refusedWith' in handshake || !handshake.socket) return;
    const { address, client, socket } = handshake;
    const tooSlow = socket.isCut;
    this.#options.ends.closed(code);
    // First, because uWebSockets.js has already released the socket, and the following calls may answer its commands.
    socket.closed();
    this.#sockets.delete(socket);
    this.#administered.closed(socket);
    this.#openSockets.closed(socket.userId, client);
    this.#joining.closed(socket);
    this.#expiry.remove(socket);
    this.#slowConsumers.forget(socket);
    if (socket.viewer) this.#hub.leave(socket.viewer, socket);
    this.#connections.write(
      { user: socket.userId, address, code, tooSlow, sockets: this.#sockets.size },
      'socket disconnected',
    );
    this.#loopBudget.step();
  }

  /** A ping, which the library answers, or a pong. Both count towards the message rate limit. */
  #onControl(socket: Socket | undefined): void {
    if (socket) this.#inbox.mayArrive(socket);
  }

  #onMessage(socket: Socket | undefined, bytes: ArrayBuffer, isBinary: boolean): void {
    if (!socket || !this.#inbox.mayArrive(socket)) return;
    if (!this.#joining.isPending(socket)) return this.#inbox.read(socket, bytes, isBinary);
    // The bytes are invalid after this call returns.
    const copy = bytes.slice(0);
    this.#joining.readLater(socket, copy.byteLength, () => this.#inbox.read(socket, copy, isBinary));
  }
}

/** Undefined for a socket that was upgraded only to be refused. */
const socketOf = (ws: uWS.WebSocket<Handshake | RefusedHandshake>): Socket | undefined => {
  const handshake = ws.getUserData();
  return 'refusedWith' in handshake ? undefined : handshake.socket;
};
