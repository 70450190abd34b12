/** One connection after another, for as long as the application wants: opening, backing off, ending. Knows nothing of what messages mean. */
import { socketAddress } from './addresses.js';
import { type BackOff, pauseMs } from './back-off.js';
import type { ClientState } from './client-state.js';
import { mayReconnect } from './close-codes.js';
import { Connection, type SocketConstructor, UNTOLD } from './connection.js';
import type { Credential } from './credential.js';
import { AlarmServerError, ConnectionClosedError, NotSentError } from './errors.js';
import type { Timers } from './timers.js';

/** A connection that lived this long was a good one: the next pause is a first one again. In ms. */
const GOOD_MS = 10_000;
/** How long the other side may take to end a connection in order, in ms. */
const GOODBYE_MS = 5_000;
/** How much longer than `openTimeoutMs` a connection may take, where the ones before it opened and their state came too late. */
const LONGEST_OPEN_FACTOR = 16;
/** The close code for a token that has ended or is refused (docs/protocol.md, Close codes). */
const TOKEN_ENDED = 4001;
/** The close code for a page whose origin is not in the server's ALLOWED_ORIGINS. */
const ORIGIN_NOT_ALLOWED = 4004;
/** What the ws package says of a handshake that was answered with 401. Other platforms do not tell. */
const WS_UNAUTHORIZED = /^Unexpected server response: 401$/;

export interface ReconnectingConnectionOptions {
  readonly url: string;
  readonly credential: Credential;
  readonly WebSocket: SocketConstructor;
  readonly timers: Timers;
  readonly random: () => number;
  readonly openTimeoutMs: number;
  /** Undefined: the first end is the last. */
  readonly backOff: BackOff | undefined;
}

export interface ReconnectingConnectionEvents {
  /** Before each connection: what is added to its address. */
  opening(): Readonly<Record<string, string>>;
  opened(): void;
  received(data: unknown): void;
  /** A connection ended or did not come about; the state that follows from it is told next. */
  lost(): void;
  became(state: ClientState): void;
}

export class ReconnectingConnection {
  readonly #options: ReconnectingConnectionOptions;
  readonly #events: ReconnectingConnectionEvents;
  #state: ClientState = { name: 'idle' };
  #connection: Connection | undefined;
  /** What began under another turn is of no interest when it is done. */
  #turn = 0;
  #timer: unknown;
  #failures = 0;
  #liveSince: number | undefined;
  #retryAfterMs = 0;
  #isStopping = false;
  #isOpen = false;
  /** Of `openTimeoutMs`. */
  #openFactor = 1;
  /** Asks the server to refuse a bad token, or the page's origin, by a close code after the upgrade: the handshake failed, and nothing told why. */
  #asksReason = false;

  constructor(options: ReconnectingConnectionOptions, events: ReconnectingConnectionEvents) {
    this.#options = options;
    this.#events = events;
  }

  get state(): ClientState {
    return this.#state;
  }

  start(): void {
    this.#failures = 0;
    this.#isStopping = false;
    this.#openFactor = 1;
    this.#asksReason = false;
    void this.#connect();
  }

  /** The state has arrived on the connection that was opened. */
  live(): void {
    if (this.#state.name !== 'connecting') return;
    this.#options.timers.clearTimeout(this.#timer);
    this.#liveSince = this.#options.timers.now();
    this.#openFactor = 1;
    this.#asksReason = false;
    this.#become({ name: 'live' });
  }

  send(text: string): void {
    this.#connection?.send(text);
  }

  get bufferedBytes(): number {
    return this.#connection?.bufferedBytes ?? 0;
  }

  /** Gives the present connection up; what follows is what follows any loss. */
  drop(reason: string): void {
    this.#connection?.drop(reason);
  }

  /** The least pause after the present connection, in ms. */
  retryAfter(ms: number): void {
    if (Number.isFinite(ms) && ms >= 0) this.#retryAfterMs = ms;
  }

  retryNow(): void {
    if (this.#state.name === 'offline') void this.#connect();
  }

  /** Ends in order where there is a connection; the end is told as a state. */
  stop(): void {
    this.#isStopping = true;
    if (this.#state.name === 'live') {
      this.#connection!.close();
      this.#timer = this.#options.timers.setTimeout(
        () => this.drop('the server did not end the connection in time'),
        GOODBYE_MS,
      );
    } else if (this.#connection) this.drop('closed by the application');
    else if (this.#state.name !== 'ended') this.#end(new ConnectionClosedError(1000, 'closed by the application'));
  }

  async #connect(): Promise<void> {
    const { credential, timers, openTimeoutMs, url, WebSocket } = this.#options;
    const turn = this.#nextTurn();
    this.#retryAfterMs = 0;
    this.#isOpen = false;
    this.#timer = timers.setTimeout(() => this.#isLate(), openTimeoutMs * this.#openFactor);
    this.#become({ name: 'connecting', attempt: this.#failures + 1 });
    let query: Readonly<Record<string, string>>;
    try {
      query = await credential.query();
    } catch (error) {
      if (turn !== this.#turn) return;
      // The application has no token any more, or what it has is none: as final as the server's own 401.
      const isFinal = (error instanceof AlarmServerError && error.status === 401) || error instanceof NotSentError;
      return isFinal ? this.#end(error) : this.#goOffline(asError(error));
    }
    if (turn !== this.#turn) return;
    const address = socketAddress(url, {
      ...query,
      ...this.#events.opening(),
      ...(this.#asksReason && { reason: 'close' }),
    });
    try {
      this.#connection = new Connection(WebSocket, address, {
        opened: () => {
          this.#isOpen = true;
          this.#events.opened();
        },
        received: (data) => this.#events.received(data),
        closed: (error, opened) => void this.#lose(error, opened),
      });
    } catch (error) {
      // The platform never lets this address be opened: one of ws: from a page of https:, for one.
      this.#end(asError(error));
    }
  }

  #isLate(): void {
    if (this.#connection) {
      if (this.#isOpen) this.#openFactor = Math.min(this.#openFactor * 2, LONGEST_OPEN_FACTOR);
      this.drop('the state did not arrive in time');
    } else this.#goOffline(new ConnectionClosedError(1006, 'no token or ticket came in time'));
  }

  async #lose(error: ConnectionClosedError, opened: boolean): Promise<void> {
    const turn = this.#nextTurn();
    const wasLive = this.#state.name === 'live';
    this.#connection = undefined;
    this.#events.lost();
    if (this.#isStopping) return this.#end(error);
    if (!mayReconnect(error.code))
      return this.#end(this.#asksReason && !wasLive ? (refusalOf(error.code) ?? error) : error);
    if (opened) return this.#goOffline(error);
    const verdict = WS_UNAUTHORIZED.test(error.reason) ? 'refused' : await this.#options.credential.verdict();
    if (turn !== this.#turn) return;
    if (verdict === 'refused') return this.#end(tokenRefused());
    // A good token over HTTP says nothing of the page's origin: a proxy may hide the server's own name.
    const isUntold = verdict !== 'ticket' && error.reason === UNTOLD;
    const isNew = isUntold && !this.#asksReason;
    this.#asksReason ||= isUntold;
    // There is no next attempt that could find out: one more, for that alone.
    if (isNew && !this.#options.backOff) void this.#connect();
    else this.#goOffline(error);
  }

  #goOffline(why: Error): void {
    const { backOff, random, timers } = this.#options;
    if (!backOff) return this.#end(why);
    this.#nextTurn();
    if (this.#liveSince !== undefined && timers.now() - this.#liveSince >= GOOD_MS) this.#failures = 0;
    this.#liveSince = undefined;
    this.#failures += 1;
    const retryInMs = pauseMs(this.#failures, backOff, random(), this.#retryAfterMs);
    this.#timer = timers.setTimeout(() => void this.#connect(), retryInMs);
    this.#become({ name: 'offline', why, retryInMs });
  }

  #end(why: Error): void {
    this.#nextTurn();
    this.#liveSince = undefined;
    this.#become({ name: 'ended', why });
  }

  #nextTurn(): number {
    this.#options.timers.clearTimeout(this.#timer);
    this.#turn += 1;
    return this.#turn;
  }

  #become(state: ClientState): void {
    this.#state = state;
    this.#events.became(state);
  }
}

const tokenRefused = (): AlarmServerError =>
  new AlarmServerError({ status: 401, code: 'unauthorized', detail: 'the server refuses the token' });

const refusalOf = (code: number): AlarmServerError | undefined => {
  if (code === TOKEN_ENDED) return tokenRefused();
  if (code === ORIGIN_NOT_ALLOWED)
    return new AlarmServerError({
      status: 403,
      code: 'origin_not_allowed',
      detail:
        "the server does not let pages of this page's origin in: its operator can name the origin in ALLOWED_ORIGINS",
    });
  return undefined;
};

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
