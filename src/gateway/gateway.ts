/** The sockets: from their opening to the end of each. What they send is the inbox's, what goes down is delivery's. */

import type uWS from 'uWebSockets.js';
import type { Logger } from 'pino';
import type { Sessions } from '../auth/sessions.js';
import type { Tickets } from '../auth/tickets.js';
import type { CommandHandler } from '../commands/handling/handler.js';
import { Delivery } from '../delivery/delivery.js';
import { Hub } from '../delivery/hub.js';
import { RecentUpdates } from '../delivery/recent-updates.js';
import { RESUME_WAIT_MS, Recovery } from '../delivery/recovery.js';
import { SlowConsumers } from '../delivery/slow-consumers.js';
import type { AllowedOrigins } from '../net/allowed-origins.js';
import { type ReadBudget, readsRefused } from '../net/read-budget.js';
import { RefusalLog } from '../net/refusal-log.js';
import type { ClientAddress } from '../net/trusted-proxies.js';
import type { Undelivered } from '../net/undelivered.js';
import { utf8 } from '../net/utf8.js';
import { POSITION_WAIT_MS } from '../projections/position-waiters.js';
import type { Projection } from '../projections/projection.js';
import { closeCodes } from '../protocol/close-codes.js';
import { drain } from './draining.js';
import { Handshakes, type RefusedHandshake, type RefusedSocket } from './handshake.js';
import { Inbox, type MessageLimits } from './inbox.js';
import { JoinQueue } from './join-queue.js';
import { LoopBudget } from './loop-budget.js';
import { SessionExpiry } from './session-expiry.js';
import { BACKLOG_LIMIT, type Handshake, Socket } from './socket.js';
import { OpenSockets, type SocketLimits } from './socket-limits.js';
import { MESSAGE_LIMIT, RESUME_LIMIT } from './up-messages.js';

/**
 * Longest frame that is read at all, in bytes, and most of a message in fragments that is kept until it is whole: what the largest
 * message needs, and as much again as an ordinary one so that what is a little too long is answered with an error. Above, the socket
 * is cut.
 */
const FRAME_LIMIT = RESUME_LIMIT + MESSAGE_LIMIT;

/** Unsent bytes at which uWebSockets.js itself cuts a socket: whoever fills so much more than the limit between two looks at it. */
const HARD_LIMIT = 2 * BACKLOG_LIMIT;

/** How often the sockets are looked at for those that are too slow or do not resume, in milliseconds. */
const LOOK_MS = 250;

/** A peer that has not answered a ping for this long, in seconds, is cut. */
const IDLE_TIMEOUT_S = 60;

export interface GatewayOptions {
  readonly logId: string;
  readonly projection: Projection;
  readonly handling: CommandHandler;
  readonly sessions: Sessions;
  readonly tickets: Tickets;
  readonly clientAddress: ClientAddress;
  /** Told of each connection that becomes a socket. */
  readonly onUpgrade: (peer: string) => void;
  readonly allowedOrigins: AllowedOrigins;
  /** Where refused tokens are logged. */
  readonly refusals: RefusalLog;
  readonly reads: ReadBudget;
  readonly undelivered: Undelivered;
  readonly limits: SocketLimits & MessageLimits;
  /** Told of every request for a socket, good or not. */
  readonly onRequest: () => void;
  /** Told of a socket that was refused for want of room. */
  readonly onRefused: (code: RefusedSocket['code']) => void;
  /** Told of a socket that is cut because it does not read. */
  readonly onTooSlow: () => void;
  readonly logger: Logger;
}

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #apps: uWS.TemplatedApp[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #hub = new Hub();
  /** Sockets that were opened to resume and have not said from where: since when, on the monotonic clock, those of longest ago first. */
  readonly #awaited = new Map<Socket, number>();
  readonly #turns: LoopBudget;
  readonly #watch: SessionExpiry<Socket>;
  readonly #open: OpenSockets;
  readonly #joinQueue: JoinQueue<Socket>;
  readonly #handshakes: Handshakes;
  readonly #inbox: Inbox;
  /** Where sockets that come and go are logged: a user can let them do so all day. */
  readonly #connections: RefusalLog;
  #delivery: Delivery | undefined;
  #resuming: Recovery | undefined;
  #slowConsumers: SlowConsumers | undefined;
  #looking: NodeJS.Timeout | undefined;
  #closing = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#turns = new LoopBudget({ onLong: () => options.handling.decideNow() });
    this.#watch = new SessionExpiry({ endedSessions: options.projection.live.endedSessions });
    this.#open = new OpenSockets(options.limits);
    this.#connections = new RefusalLog(options.logger, 'info');
    this.#joinQueue = new JoinQueue({ limit: options.limits.socketsJoining });
    this.#handshakes = new Handshakes({ ...options, refusal: (userId, client) => this.#refusal(userId, client) });
    this.#inbox = new Inbox({
      ...options,
      isAwaited: (socket) => this.#awaited.has(socket),
      resume: (socket, id, payload) => {
        this.#awaited.delete(socket);
        socket.viewer = this.#resuming!.resume(socket.userId, socket, id, payload);
      },
      // Without a viewer it has closed before its turn came.
      sync: (socket, id, payload) => socket.viewer && this.#resuming!.sync(socket.viewer, socket, id, payload),
      onRenewed: (socket) => this.#watch.renewed(socket),
    });
  }

  /** Sockets open now. */
  get sockets(): number {
    return this.#sockets.size;
  }

  /** Sockets that wait for their state. */
  get joining(): number {
    return this.#joinQueue.waiting;
  }

  /** Times that a turn of the event loop was broken because connections had made it long. */
  get loopBreaks(): number {
    return this.#turns.broken;
  }

  /** From now on pushes what the projection folds. */
  start(): void {
    const { projection, logId } = this.#options;
    const { live, history, pageStates } = projection;
    const recent = new RecentUpdates(history);
    const state = { live, hub: this.#hub, recent, pageStates };
    const slowConsumers = (this.#slowConsumers = new SlowConsumers(state));
    const parts = { ...state, logId, slowConsumers };
    const delivery = (this.#delivery = new Delivery({
      ...parts,
      publish: (topic, text) => this.#publish(topic, text),
      isUrgent: () => this.#turns.isBroken,
    }));
    this.#resuming = new Recovery({ ...parts, delivery });
    projection.listen((folded, data) => delivery.onFolded(folded, data));
    projection.listen((folded) => this.#watch.onFolded(folded));
    this.#watch.start();
    this.#options.undelivered.whenFull = () => this.#makeRoom();
    this.#looking = setInterval(() => this.#look(performance.now()), LOOK_MS).unref();
  }

  /** Serves /ws on the app, beside those that it was attached to before. */
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

  /** A topic's sockets may be on several apps. */
  #publish(topic: string, text: string): void {
    const bytes = utf8(text);
    for (const app of this.#apps) app.publish(topic, bytes);
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

  #upgrade(res: uWS.HttpResponse, req: uWS.HttpRequest, context: uWS.us_socket_context_t): void {
    this.#turns.step();
    this.#options.onRequest();
    if (this.#closing) return void res.writeStatus('503 Service Unavailable').writeHeader('Retry-After', '1').end();
    this.#handshakes.upgrade(res, req, context);
  }

  #refusal(userId: string, client: string): RefusedSocket | undefined {
    if (this.#joinQueue.isFull)
      return {
        status: '503 Service Unavailable',
        code: 'busy',
        detail: 'Too many sockets wait for their state: connect again in a moment',
        retryAfterS: 1,
      };
    const detail = this.#open.refusal(userId, client);
    if (detail !== undefined)
      return { status: '429 Too Many Requests', code: 'too_many_sockets', detail, retryAfterS: 10 };
    const waitMs = this.#options.reads.wait(userId);
    return waitMs > 0
      ? {
          status: '429 Too Many Requests',
          code: 'rate_limited',
          detail: readsRefused(waitMs),
          retryAfterS: Math.ceil(waitMs / 1_000),
        }
      : undefined;
  }

  #onOpen(ws: uWS.WebSocket<Handshake | RefusedHandshake>): void {
    const handshake = ws.getUserData();
    if ('refusedWith' in handshake) {
      const { code, reason } = closeCodes[handshake.refusedWith];
      return void ws.end(code, reason);
    }
    const { undelivered, onTooSlow } = this.#options;
    const socket: Socket = new Socket(ws as uWS.WebSocket<Handshake>, {
      undelivered,
      onCut: onTooSlow,
      onStateSent: () => this.#onDrain(socket),
    });
    handshake.socket = socket;
    this.#sockets.add(socket);
    this.#open.opened(socket.userId, handshake.client);
    this.#connections.write(
      { user: socket.userId, address: handshake.address, sockets: this.#sockets.size },
      'socket connected',
    );
    this.#watch.add(socket);
    if (handshake.resumes) this.#awaited.set(socket, performance.now());
    else this.#join(socket);
  }

  #join(socket: Socket): void {
    this.#awaited.delete(socket);
    this.#admit(socket, () => {
      const startedAt = performance.now();
      socket.viewer = this.#delivery!.join(socket.userId, socket);
      this.#options.reads.spend(socket.userId, performance.now() - startedAt, socket.sentBytes);
    });
  }

  /** What the client has heard on another node this one has to know first: or it would see a page again that was taken from it, and its own changes undone. */
  #admit(socket: Socket, work: () => void, bytes = 0): void {
    const whenTold = (): Promise<void> | void => this.#delivery!.whenSettled(socket.userId) ?? work();
    this.#joinQueue.admit(socket, whenTold, this.#options.projection.present(POSITION_WAIT_MS), bytes);
  }

  #onDrain(socket: Socket | undefined): void {
    if (socket?.onDrain()) this.#slowConsumers!.drained(socket.userId, socket);
  }

  #look(now: number): void {
    for (const socket of [...this.#sockets]) socket.checkBacklog(now);
    this.#countUnsent();
    this.#options.undelivered.look();
    for (const [socket, since] of [...this.#awaited]) {
      if (now - since < RESUME_WAIT_MS) break;
      // What it has sent may be its resume: that is seen when its turn comes.
      if (!this.#joinQueue.isWaiting(socket)) this.#join(socket);
    }
  }

  #countUnsent(): void {
    let bytes = this.#slowConsumers!.bytes;
    for (const socket of this.#sockets) bytes += socket.unsent;
    this.#options.undelivered.otherBytes = bytes;
  }

  /** Where too much waits, the sockets are cut that have read nothing for the longest time, until the rest fits. */
  #makeRoom(): void {
    const { undelivered } = this.#options;
    this.#countUnsent();
    if (undelivered.allBytes <= undelivered.limitBytes) return;
    const slow = [...this.#sockets]
      .filter(({ unsent, isSendingState }) => isSendingState || unsent > 0)
      .sort((a, b) => a.progressedAt - b.progressedAt);
    for (const socket of slow) {
      if (undelivered.allBytes <= undelivered.limitBytes) return;
      const { unsent } = socket;
      socket.drop();
      undelivered.otherBytes = undelivered.otherBytes - unsent;
    }
  }

  #onClose(handshake: Handshake | RefusedHandshake, code: number): void {
    if ('refusedWith' in handshake || !handshake.socket) return;
    const { address, client, socket } = handshake;
    const tooSlow = socket.isCut;
    // First of all: uWebSockets.js has let go of it already, and what follows may answer its commands.
    socket.closed();
    this.#sockets.delete(socket);
    this.#awaited.delete(socket);
    this.#open.closed(socket.userId, client);
    this.#joinQueue.leave(socket);
    this.#watch.remove(socket);
    this.#slowConsumers!.forget(socket);
    if (socket.viewer) this.#hub.leave(socket.viewer, socket);
    this.#connections.write(
      { user: socket.userId, address, code, tooSlow, sockets: this.#sockets.size },
      'socket disconnected',
    );
    this.#turns.step();
  }

  /** A ping, which the library answers, or a pong: of no interest here, but no more of them may come than of messages. */
  #onControl(socket: Socket | undefined): void {
    if (socket) this.#inbox.mayArrive(socket);
  }

  #onMessage(socket: Socket | undefined, bytes: ArrayBuffer, isBinary: boolean): void {
    if (!socket || !this.#inbox.mayArrive(socket)) return;
    const isWaiting = this.#joinQueue.isWaiting(socket);
    if (!isWaiting && !this.#awaited.has(socket)) return this.#inbox.read(socket, bytes, isBinary);
    // The bytes are dead once this returns.
    const copy = bytes.slice(0);
    const read = (): void => this.#inbox.read(socket, copy, isBinary);
    // A resume, most likely: to be read in the line too, for when all come at once, that takes as long as to answer it.
    if (!isWaiting) return this.#admit(socket, read, copy.byteLength);
    if (!this.#joinQueue.hold(socket, copy.byteLength, read)) socket.end('sent_too_much');
  }
}

/** Undefined for one that was upgraded only to be refused. */
const socketOf = (ws: uWS.WebSocket<Handshake | RefusedHandshake>): Socket | undefined => {
  const handshake = ws.getUserData();
  return 'refusedWith' in handshake ? undefined : handshake.socket;
};
