/**
 * One client's socket. Its methods may be called at any time, also after it has closed, and never throw: uWebSockets.js throws from
 * every method of a closed socket, and an exception in one of its callbacks ends the process.
 */
import type uWS from 'uWebSockets.js';
import type { Session } from '../auth/sessions.js';
import type { Sink, Viewer } from '../delivery/hub.js';
import { bytesOf, type StateText } from '../net/state-text.js';
import { CHUNK_BYTES, STALL_MS, type Undelivered } from '../net/undelivered.js';
import { utf8 } from '../net/utf8.js';
import { type CloseReason, closeCodes } from '../protocol/close-codes.js';
import { BadMessages } from './bad-messages.js';
import { DROPPED, StateSender } from './state-sender.js';

/** A socket's data from the handshake. */
export interface Handshake {
  readonly session: Session;
  readonly address: string;
  /** The User-Agent that it sent, its beginning; empty if none. */
  readonly userAgent: string;
  /** The group of addresses it counts as (clientOf). */
  readonly client: string;
  /** It will send a resume and is to be sent only what it missed. */
  readonly resumes: boolean;
  socket?: Socket;
}

/** Unsent bytes at which a client is too slow. */
export const BACKLOG_LIMIT = 16 * 1024 * 1024;

/** How long a client that is too slow may take to empty its backlog, so that it receives the close code, in milliseconds. */
const CLOSE_CODE_MS = 5_000;

/** Bytes of answers that may wait while a socket is held back, and the overhead of each. */
const DEFERRED_LIMIT = 1024 * 1024;
const DEFERRED_BYTES = 256;

export interface SocketOptions {
  /** Where large states wait. */
  readonly undelivered: Undelivered;
  /** Called when the socket is cut; it closes some time later. */
  readonly onCut: () => void;
  /** Called when the last byte of a large state has been handed over. */
  readonly onStateSent: () => void;
}

/** `held`: a state is being sent, and later messages wait. `cut`: nothing more is sent, and the socket is being closed. */
type Phase = 'open' | 'held' | 'cut' | 'closed';

export class Socket implements Sink {
  readonly userId: string;
  /** Ids of the pages that its access token is limited to. */
  readonly only: ReadonlySet<string> | undefined;
  /** The session of its latest token. */
  session: Session;
  viewer: Viewer | undefined;
  readonly badMessages = new BadMessages();
  readonly #ws: uWS.WebSocket<Handshake>;
  readonly #options: SocketOptions;
  #phase: Phase = 'open';
  #deferred: (() => void)[] = [];
  #deferredBytes = 0;
  #sentBytes = 0;
  /** When it was cut, or when its backlog last shrank while it was held; on the monotonic clock. */
  #since = 0;
  #backlogThen = 0;
  /** Most sockets are never sent a large state. */
  #state: StateSender | undefined;
  #progressedAt = performance.now();

  constructor(ws: uWS.WebSocket<Handshake>, options: SocketOptions) {
    this.#ws = ws;
    this.#options = options;
    this.session = ws.getUserData().session;
    this.userId = this.session.userId;
    this.only = this.session.program?.pages;
  }

  get isHeld(): boolean {
    return this.#phase === 'held';
  }

  get isClosed(): boolean {
    return this.#phase === 'closed';
  }

  /** Bytes sent to it directly; topic messages are not counted. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  get isCut(): boolean {
    return this.#phase === 'cut';
  }

  get isSendingState(): boolean {
    return this.#state?.isSending ?? false;
  }

  get backlog(): number {
    return this.#buffered + (this.#state?.left ?? 0);
  }

  /** Bytes of memory that wait in the library or here until the client reads; of a large state only the current chunk. */
  get unsent(): number {
    return this.#buffered + this.#deferredBytes;
  }

  /** When its backlog last shrank, on the monotonic clock in milliseconds. */
  get progressedAt(): number {
    return this.#progressedAt;
  }

  get #buffered(): number {
    return this.#whileOpen((ws) => ws.getBufferedAmount()) ?? 0;
  }

  send(text: string): void {
    if (this.#phase === 'held') this.#defer(text.length, () => this.send(text));
    else this.push(text);
  }

  push(text: string | StateText): void {
    if (this.#phase === 'open') this.write(text);
  }

  write(text: string | StateText): void {
    if (this.#phase !== 'open' && this.#phase !== 'held') return;
    if (typeof text !== 'string' && isLarge(text)) return this.#sendState(text);
    const bytes = typeof text === 'string' ? utf8(text) : bytesOf(text);
    this.#sentBytes += bytes.length;
    if (this.#whileOpen((ws) => ws.send(bytes)) === DROPPED) this.drop();
  }

  defer(action: () => void): void {
    this.#defer(0, action);
  }

  hold(): void {
    if (this.#phase !== 'open') return;
    this.#phase = 'held';
    this.#leaveTopics();
    this.#backlogThen = Infinity;
  }

  release(topics: readonly string[]): void {
    if (this.#phase !== 'held') return;
    this.#phase = 'open';
    for (const topic of topics) this.#whileOpen((ws) => ws.subscribe(topic));
    this.#deferredBytes = 0;
    for (const action of this.#deferred.splice(0)) action();
  }

  subscribe(topic: string): void {
    if (this.#phase === 'open') this.#whileOpen((ws) => ws.subscribe(topic));
  }

  unsubscribe(topic: string): void {
    if (this.#phase === 'open') this.#whileOpen((ws) => ws.unsubscribe(topic));
  }

  end(reason: CloseReason): void {
    this.#whileOpen((ws) => ws.end(closeCodes[reason].code, closeCodes[reason].reason));
  }

  /** Has to be called regularly: cuts a client that is too slow, and closes one that takes no close code. `now`: monotonic, ms. */
  checkBacklog(now: number): void {
    if (this.#phase === 'cut' && now - this.#since > CLOSE_CODE_MS) return this.#close();
    const { backlog } = this;
    if (this.#phase === 'open' && backlog > BACKLOG_LIMIT) this.#tooSlow(now);
    if (this.#phase !== 'held') return;
    if (backlog < this.#backlogThen) this.#since = now;
    else if (now - this.#since > STALL_MS) this.#tooSlow(now);
    this.#backlogThen = backlog;
  }

  /** Has to be called when its backlog has shrunk. True if it was held back and everything is sent. */
  onDrain(): boolean {
    this.#progressedAt = performance.now();
    this.#state?.goOn();
    if (this.backlog > 0) return false;
    if (this.#phase === 'cut') this.end('too_slow');
    return this.#phase === 'held';
  }

  /** Cuts a socket that has missed a message. It will reconnect, which is better than a silent gap. Nothing more is sent. */
  drop(): void {
    if (this.#phase === 'cut' || this.#phase === 'closed') return;
    this.#cut();
    // Deferred, because uWebSockets.js may be in the middle of sending to it.
    setImmediate(() => this.#close());
  }

  /** Has to be called when it has closed: from then on its methods do nothing. */
  closed(): void {
    this.#phase = 'closed';
    this.#deferred = [];
    this.#deferredBytes = 0;
    this.#state?.end();
  }

  #sendState(text: StateText): void {
    this.#state ??= new StateSender({
      undelivered: this.#options.undelivered,
      buffered: () => this.#buffered,
      send: (fragment, bytes) =>
        this.#whileOpen((ws) => {
          if (fragment === 'first') return ws.sendFirstFragment(bytes);
          return fragment === 'last' ? ws.sendLastFragment(bytes) : ws.sendFragment(bytes);
        }),
      onLost: () => this.drop(),
      onSent: () => this.#options.onStateSent(),
    });
    // To make room for it, this socket may have been cut.
    this.#sentBytes += this.#state.begin(text, () => this.#phase !== 'cut' && this.#phase !== 'closed');
  }

  /** Messages sent before still arrive, followed by the close code if the client reads soon: none can be sent past a backlog. */
  #tooSlow(now: number): void {
    this.#cut();
    this.#since = now;
    this.#leaveTopics();
  }

  #cut(): void {
    this.#phase = 'cut';
    this.#deferred = [];
    this.#deferredBytes = 0;
    this.#state?.end();
    this.#options.onCut();
  }

  #leaveTopics(): void {
    this.#whileOpen((ws) => {
      for (const topic of ws.getTopics()) ws.unsubscribe(topic);
    });
  }

  #close(): void {
    this.#whileOpen((ws) => ws.close());
  }

  /** Calls the native socket; does nothing and returns undefined if it has closed. */
  #whileOpen<T>(use: (ws: uWS.WebSocket<Handshake>) => T): T | undefined {
    if (this.#phase === 'closed') return undefined;
    try {
      return use(this.#ws);
    } catch {
      // The only reason to throw: the socket has closed, and its close handler has not run yet.
      this.closed();
      return undefined;
    }
  }

  #defer(bytes: number, action: () => void): void {
    if (this.#phase !== 'held') return;
    this.#deferredBytes += bytes + DEFERRED_BYTES;
    if (this.#deferredBytes > DEFERRED_LIMIT) this.#tooSlow(performance.now());
    else this.#deferred.push(action);
  }
}

/** An estimate that is never below the length of an ASCII text: most states are small, and this detects them quickly. */
const isLarge = (text: StateText): boolean => text.reduce((sum, { length }) => sum + length, 0) > CHUNK_BYTES;
