/** Opens connections one after another until the application ends it: opening, backing off, ending. Independent of the messages' content. */
import { socketAddress } from './addresses.js';
import { type BackOff, pauseMs } from './back-off.js';
import type { ClientState } from './client-state.js';
import { mayReconnect } from './close-codes.js';
import { Connection, NO_REASON, type SocketConstructor } from './connection.js';
import type { Credential } from './credential.js';
import { AlarmServerError, ConnectionClosedError, NotSentError } from './errors.js';
import type { Timers } from './timers.js';

/** After a connection that was live for this long, in ms, the pauses start again with the first. */
const GOOD_MS = 10_000;
/** How long the closing handshake may take, in ms. */
const CLOSE_MS = 5_000;
/** Maximum factor for `openTimeoutMs`, if earlier connections opened and their state arrived too late. */
const LONGEST_OPEN_FACTOR = 16;
/** The close code for a token that has expired or is refused (docs/protocol.md, Close codes). */
const TOKEN_ENDED = 4001;
/** The close code for a page whose origin is not in the server's ALLOWED_ORIGINS. */
const ORIGIN_NOT_ALLOWED = 4004;
/** The ws package's error for a handshake that was answered with 401. Other platforms do not report it. */
const WS_UNAUTHORIZED = /^Unexpected server response: 401$/;

export interface ReconnectingConnectionOptions {
  readonly url: string;
  readonly credential: Credential;
  readonly WebSocket: SocketConstructor;
  readonly timers: Timers;
  readonly random: () => number;
  readonly openTimeoutMs: number;
  /** Undefined: the client ends with the first connection. */
  readonly backOff: BackOff | undefined;
}

export interface ReconnectingConnectionEvents {
  /** Called before each connection; returns additions to its address. */
  opening(): Readonly<Record<string, string>>;
  opened(): void;
  received(data: unknown): void;
  /** A connection ended or failed to open; the resulting state follows. */
  lost(): void;
  became(state: ClientState): void;
}

export class ReconnectingConnection {
  readonly #options: ReconnectingConnectionOptions;
  readonly #events: ReconnectingConnectionEvents;
  #state: ClientState = { name: 'idle' };
  #connection: Connection | undefined;
  /** Number of the current attempt: results of an earlier attempt are ignored. */
  #attempt = 0;
  #timer: unknown;
  #failures = 0;
  #liveSince: number | undefined;
  #retryAfterMs = 0;
  #isStopping = false;
  #isOpen = false;
  /** Factor for `openTimeoutMs`. */
  #openFactor = 1;
  /**
   * Asks the server to refuse an invalid token, or the page's origin, by a close code after the upgrade, because the handshake
   * failed for an unknown reason.
   */
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

  /** The state has arrived on the open connection. */
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

  /** Abandons the current connection; what follows is the same as after any loss. */
  drop(reason: string): void {
    this.#connection?.drop(reason);
  }

  /** Minimum pause after the current connection, in ms. */
  retryAfter(ms: number): void {
    if (Number.isFinite(ms) && ms >= 0) this.#retryAfterMs = ms;
  }

  retryNow(): void {
    if (this.#state.name === 'offline') void this.#connect();
  }

  /** Ends with a closing handshake if there is a connection; the end is reported as a state. */
  stop(): void {
    this.#isStopping = true;
    if (this.#state.name === 'live') {
      this.#connection!.close();
      this.#timer = this.#options.timers.setTimeout(
        () => this.drop('the server did not end the connection in time'),
        CLOSE_MS,
      );
    } else if (this.#connection) this.drop('closed by the application');
    else if (this.#state.name !== 'ended') this.#end(new ConnectionClosedError(1000, 'closed by the application'));
  }

  async #connect(): Promise<void> {
    const { credential, timers, openTimeoutMs, url, WebSocket } = this.#options;
    const attempt = this.#nextAttempt();
    this.#retryAfterMs = 0;
    this.#isOpen = false;
    this.#timer = timers.setTimeout(() => this.#isLate(), openTimeoutMs * this.#openFactor);
    this.#become({ name: 'connecting', attempt: this.#failures + 1 });
    let query: Readonly<Record<string, string>>;
    try {
      query = await credential.query();
    } catch (error) {
      if (attempt !== this.#attempt) return;
      // The application has no token any more, or an invalid one: as final as the server's own 401.
      const isFinal = (error instanceof AlarmServerError && error.status === 401) || error instanceof NotSentError;
      return isFinal ? this.#end(error) : this.#goOffline(asError(error));
    }
    if (attempt !== this.#attempt) return;
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
      // The platform never opens this address: for example ws: from a page of https:.
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
    const attempt = this.#nextAttempt();
    const wasLive = this.#state.name === 'live';
    this.#connection = undefined;
    this.#events.lost();
    if (this.#isStopping) return this.#end(error);
    if (!mayReconnect(error.code))
      return this.#end(this.#asksReason && !wasLive ? (refusalOf(error.code) ?? error) : error);
    if (opened) return this.#goOffline(error);
    const verdict = WS_UNAUTHORIZED.test(error.reason) ? 'refused' : await this.#options.credential.verdict();
    if (attempt !== this.#attempt) return;
    if (verdict === 'refused') return this.#end(tokenRefused());
    // A valid token over HTTP does not mean that the page's origin is allowed: a proxy may hide the server's own name.
    const isUnexplained = verdict !== 'ticket' && error.reason === NO_REASON;
    const isNew = isUnexplained && !this.#asksReason;
    this.#asksReason ||= isUnexplained;
    // Without reconnection, one more attempt finds out the reason.
    if (isNew && !this.#options.backOff) void this.#connect();
    else this.#goOffline(error);
  }

  #goOffline(why: Error): void {
    const { backOff, random, timers } = this.#options;
    if (!backOff) return this.#end(why);
    this.#nextAttempt();
    if (this.#liveSince !== undefined && timers.now() - this.#liveSince >= GOOD_MS) this.#failures = 0;
    this.#liveSince = undefined;
    this.#failures += 1;
    const retryInMs = pauseMs(this.#failures, backOff, random(), this.#retryAfterMs);
    this.#timer = timers.setTimeout(() => void this.#connect(), retryInMs);
    this.#become({ name: 'offline', why, retryInMs });
  }

  #end(why: Error): void {
    this.#nextAttempt();
    this.#liveSince = undefined;
    this.#become({ name: 'ended', why });
  }

  #nextAttempt(): number {
    this.#options.timers.clearTimeout(this.#timer);
    this.#attempt += 1;
    return this.#attempt;
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
      detail: "the server does not allow pages of this page's origin: its operator can add it to ALLOWED_ORIGINS",
    });
  return undefined;
};

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
