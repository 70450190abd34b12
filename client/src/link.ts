/** One connection after another, for as long as the application wants: opening, backing off, ending. Knows nothing of what messages mean. */
import { socketAddress } from './addresses.js';
import { type BackOff, pauseMs } from './back-off.js';
import type { ClientState } from './client-state.js';
import { mayReconnect } from './close-codes.js';
import { Connection, type SocketConstructor } from './connection.js';
import type { Credential } from './credential.js';
import { AlarmServerError, ConnectionClosedError } from './errors.js';
import type { Timers } from './timers.js';

/** A connection that lived this long was a good one: the next pause is a first one again. In ms. */
const GOOD_MS = 10_000;
/** How long the other side may take to end a connection in order, in ms. */
const GOODBYE_MS = 5_000;

export interface LinkOptions {
  readonly url: string;
  readonly credential: Credential;
  readonly WebSocket: SocketConstructor;
  readonly timers: Timers;
  readonly random: () => number;
  readonly openTimeoutMs: number;
  /** Undefined: the first end is the last. */
  readonly backOff: BackOff | undefined;
}

export interface LinkEvents {
  /** Before each connection: what is added to its address. */
  opening(): Readonly<Record<string, string>>;
  opened(): void;
  received(data: unknown): void;
  /** A connection ended or did not come about; the state that follows from it is told next. */
  lost(): void;
  became(state: ClientState): void;
}

export class Link {
  readonly #options: LinkOptions;
  readonly #events: LinkEvents;
  #state: ClientState = { name: 'idle' };
  #connection: Connection | undefined;
  /** What began under another turn is of no interest when it is done. */
  #turn = 0;
  #timer: unknown;
  #failures = 0;
  #liveSince: number | undefined;
  #retryAfterMs = 0;
  #isStopping = false;

  constructor(options: LinkOptions, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
  }

  get state(): ClientState {
    return this.#state;
  }

  start(): void {
    this.#failures = 0;
    this.#isStopping = false;
    void this.#connect();
  }

  /** The state has arrived on the connection that was opened. */
  live(): void {
    if (this.#state.name !== 'connecting') return;
    this.#options.timers.clearTimeout(this.#timer);
    this.#liveSince = this.#options.timers.now();
    this.#become({ name: 'live' });
  }

  send(text: string): void {
    this.#connection?.send(text);
  }

  /** Gives the present connection up; what follows is what follows any loss. */
  drop(reason: string): void {
    this.#connection?.drop(reason);
  }

  /** The least pause after the present connection, in ms. */
  retryAfter(ms: number): void {
    this.#retryAfterMs = ms;
  }

  retryNow(): void {
    if (this.#state.name === 'offline') void this.#connect();
  }

  /** Ends in order where there is a connection; the end is told as a state. */
  stop(): void {
    this.#isStopping = true;
    if (this.#state.name === 'live') {
      this.#connection!.close();
      this.#timer = this.#options.timers.setTimeout(() => this.drop('the server did not end the connection in time'), GOODBYE_MS);
    } else if (this.#connection) this.drop('closed by the application');
    else if (this.#state.name !== 'ended') this.#end(new ConnectionClosedError(1000, 'closed by the application'));
  }

  async #connect(): Promise<void> {
    const { credential, timers, openTimeoutMs, url, WebSocket } = this.#options;
    const turn = this.#nextTurn();
    this.#retryAfterMs = 0;
    this.#timer = timers.setTimeout(() => this.#isLate(), openTimeoutMs);
    this.#become({ name: 'connecting', attempt: this.#failures + 1 });
    try {
      const query = await credential.query();
      if (turn !== this.#turn) return;
      this.#connection = new Connection(WebSocket, socketAddress(url, { ...query, ...this.#events.opening() }), {
        opened: () => this.#events.opened(),
        received: (data) => this.#events.received(data),
        closed: (error, opened) => void this.#lose(error, opened),
      });
    } catch (error) {
      if (turn !== this.#turn) return;
      // The application has no token any more: as final as the server's own 401.
      if (error instanceof AlarmServerError && error.status === 401) this.#end(error);
      else this.#goOffline(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #isLate(): void {
    if (this.#connection) this.drop('the state did not arrive in time');
    else this.#goOffline(new ConnectionClosedError(1006, 'no token or ticket came in time'));
  }

  async #lose(error: ConnectionClosedError, opened: boolean): Promise<void> {
    const turn = this.#nextTurn();
    this.#connection = undefined;
    this.#events.lost();
    if (this.#isStopping || !this.#options.backOff || !mayReconnect(error.code)) return this.#end(error);
    if (opened) return this.#goOffline(error);
    const isRefused = await this.#options.credential.isRefused();
    if (turn !== this.#turn) return;
    if (isRefused) this.#end(new AlarmServerError({ status: 401, code: 'unauthorized', detail: 'the server refuses the token' }));
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
