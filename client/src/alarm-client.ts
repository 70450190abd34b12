/**
 * The client of the alarm server: a reconnecting connection, commands with ids, and a store that equals what the server shows the
 * user. It only needs WebSocket and fetch, so it runs in Node and in browsers.
 */
import { BACK_OFF } from './back-off.js';
import type { ClientEvents } from './client-events.js';
import { type AlarmClientOptions, type CommandOptions, checkMs, checkOptions } from './client-options.js';
import { type ClientState, closedError } from './client-state.js';
import { CommandMethods } from './command-methods.js';
import type { CommandMessage, Commands, CommandType } from './commands.js';
import { platformSocket } from './connection.js';
import { Credential } from './credential.js';
import { type AlarmServerError, baseContractError, type MalformedMessageError } from './errors.js';
import { type EventsOptions, events } from './events.js';
import { Heartbeat } from './heartbeat.js';
import { Listeners } from './listeners.js';
import { emitChange, emitMessage } from './message-events.js';
import type { Answer, MessageOf, ServerMessage } from './messages.js';
import { checkBuffered, checkToken, commandText, messageText } from './outgoing.js';
import { parseServerMessage } from './parse-message.js';
import { PendingCommands, refusal } from './pending-commands.js';
import { PendingRequests } from './pending-requests.js';
import { probe } from './probe.js';
import { randomId } from './random-id.js';
import { ReconnectingConnection } from './reconnecting-connection.js';
import { type Change, Replica } from './replica.js';
import { Resumption } from './resumption.js';
import { AlarmStore, type Gap } from './store.js';
import { platformTimers, type Timers } from './timers.js';
import { TokenRenewal } from './token-renewal.js';
import { reached, waitFor } from './wait-for.js';

export class AlarmClient extends CommandMethods {
  /** What the user sees, as of the last message. It is kept while there is no connection. */
  readonly store = new AlarmStore();
  /** The events of all pages that the user may see, in log order, over a connection of its own (events.ts). */
  readonly events = (options?: EventsOptions) => events(this.#credential.url, this.#credential.bearer, options);
  readonly #timers: Timers;
  readonly #answerTimeoutMs: number | undefined;
  readonly #listeners = new Listeners<ClientEvents>();
  readonly #replica = new Replica(this.store, randomId);
  readonly #pendingCommands: PendingCommands;
  readonly #pendingRequests: PendingRequests;
  readonly #heartbeat: Heartbeat;
  readonly #credential: Credential;
  readonly #connection: ReconnectingConnection;
  readonly #resumption = new Resumption(this.store);
  readonly #renewal: TokenRenewal;

  /**
   * A client that is not connected yet: listeners added before `open` receive everything from the first message on. Throws
   * TypeError for an invalid `url` and for invalid times.
   */
  constructor({
    url,
    WebSocket = platformSocket(),
    timers = platformTimers,
    reconnect = true,
    ...options
  }: AlarmClientOptions) {
    super();
    checkOptions({ reconnect, ...options });
    this.#timers = timers;
    this.#answerTimeoutMs = options.answerTimeoutMs;
    this.#pendingCommands = new PendingCommands(timers);
    this.#pendingRequests = new PendingRequests(timers, (text) => this.#connection.send(text));
    this.#heartbeat = new Heartbeat(
      timers,
      options.silenceLimitMs ?? 60_000,
      () =>
        probe(this.store, this.#pendingRequests, timers, (roundTripMs) =>
          this.#listeners.emit('heartbeat', { roundTripMs }),
        ),
      () => this.#connection.drop('the server has sent nothing for too long'),
    );
    this.#credential = new Credential(url, options);
    this.#renewal = new TokenRenewal({
      credential: this.#credential,
      timers,
      isLive: () => this.state.name === 'live',
      refresh: (token) => this.refresh(token),
      onError: (error) => this.#listeners.emit('error', error),
    });
    const { openTimeoutMs = 30_000, random = Math.random } = options;
    const backOff = reconnect === true ? BACK_OFF : reconnect || undefined;
    this.#connection = new ReconnectingConnection(
      { url, credential: this.#credential, WebSocket, timers, random, openTimeoutMs, backOff },
      {
        opening: () => this.#opening(),
        opened: () => {
          if (this.#resumption.text !== undefined) this.#connection.send(this.#resumption.text);
          this.#listeners.emit('opened', undefined);
        },
        received: (data) => this.#receive(data),
        lost: () => this.#lose(),
        became: (state) => this.#become(state),
      },
    );
  }

  /** A connected client whose store holds the user's state. Rejects as `open` does. */
  static async connect(options: AlarmClientOptions): Promise<AlarmClient> {
    const client = new AlarmClient(options);
    await client.open();
    return client;
  }

  get state(): ClientState {
    return this.#connection.state;
  }

  /** Number of commands that are not answered yet: sent, or waiting for a connection. */
  get pendingCommands(): number {
    return this.#pendingCommands.size;
  }

  /**
   * Connects, and resolves when the store holds the user's state; until then it keeps trying (`state` shows the progress), unless
   * `reconnect` is false. Rejects when the client ends first: with AlarmServerError if the token is refused, with
   * ConnectionClosedError otherwise. An ended client may be opened again and continues from what its store holds.
   */
  async open(): Promise<void> {
    if (this.state.name !== 'idle' && this.state.name !== 'ended') throw new Error('this client is already open');
    const isLive = reached('live', this.#listeners);
    this.#connection.start();
    await isLive;
  }

  /** Ends the client. Resolves when its connection has ended; commands without an answer by then reject. */
  async close(): Promise<void> {
    if (this.state.name === 'idle' || this.state.name === 'ended') return;
    const hasEnded = reached('ended', this.#listeners);
    this.#connection.stop();
    await hasEnded;
  }

  /** Ends the pause before the next attempt: for a browser's `online` event. Does nothing if there is no pause. */
  retryNow(): void {
    this.#connection.retryNow();
  }

  /**
   * Gives the open socket a new token of the same user, without affecting other messages. The client does it by itself when the
   * server announces that the token expires; this method is for applications that only use tickets, and for the token returned by
   * POST /password. It replaces a `token` that was given as text. Rejects with AlarmServerError if the token is refused, with
   * NotSentError if it cannot be a token.
   */
  async refresh(token: string): Promise<void> {
    if (this.state.name !== 'live') throw closedError(this.state);
    const answer = await this.#pendingRequests.ask('refresh', { token: checkToken(token, 'token') });
    if (answer.type === 'error') throw refusal(answer.payload);
    this.#credential.replace(token);
  }

  /** Calls `listener` on each such event from now on. Returns a function that removes it. */
  on<Name extends keyof ClientEvents>(event: Name, listener: (value: ClientEvents[Name]) => void): () => void {
    return this.#listeners.on(event, listener);
  }

  /**
   * The next message of a type (for which `where` is true), or that a predicate accepts, whether the store applied it or not. Start
   * to wait before the action that causes the message. Rejects after `timeoutMs` (5,000 by default), and when the client ends
   * first.
   */
  waitFor<Type extends ServerMessage['type']>(
    type: Type,
    options?: { where?: (message: MessageOf<Type>) => boolean; timeoutMs?: number },
  ): Promise<MessageOf<Type>>;
  waitFor(predicate: (message: ServerMessage) => boolean, options?: { timeoutMs?: number }): Promise<ServerMessage>;
  waitFor(
    what: ServerMessage['type'] | ((message: ServerMessage) => boolean),
    { where = () => true, timeoutMs = 5_000 }: { where?: (message: never) => boolean; timeoutMs?: number } = {},
  ): Promise<ServerMessage> {
    const fits =
      typeof what === 'function' ? what : (message: ServerMessage) => message.type === what && where(message as never);
    return waitFor(this.#listeners, this.#timers, fits, timeoutMs);
  }

  /**
   * Sends a command and resolves with its answer: it is durable then. Without a connection the command waits for the next one, and
   * it is sent again on each connection until it is answered. Rejects with AlarmServerError if it is refused; with
   * OutcomeUnknownError if it was sent and the client ended or the time was up before the answer (it is then safe to send the same
   * command with the same id again); with ConnectionClosedError or another Error if it was never sent: with NotSentError
   * immediately for a command that no server would accept, and if too many commands are pending.
   */
  async command<Type extends CommandType>(
    type: Type,
    payload: Commands[Type]['payload'],
    { id = randomId(), timeoutMs = this.#answerTimeoutMs }: CommandOptions = {},
  ): Promise<Answer<Commands[Type]['data']>> {
    const { name } = this.state;
    if (name === 'idle' || name === 'ended') throw closedError(this.state);
    if (this.store.user !== undefined && this.store.log === undefined) throw baseContractError();
    checkMs('timeoutMs', timeoutMs, 1);
    const answered = this.#pendingCommands.answerTo(id, commandText(type, id, payload), timeoutMs);
    if (name === 'live') this.#pendingCommands.sendOne(id, (text) => this.#connection.send(text));
    try {
      const answer = await answered;
      this.#listeners.emit('settled', { id, type, answer });
      return answer as Answer<Commands[Type]['data']>;
    } catch (error) {
      this.#listeners.emit('settled', { id, type, error: error as Error });
      throw error;
    }
  }

  /**
   * Sends a message or any text as it is, without waiting for an answer. Throws ConnectionClosedError if it cannot be sent;
   * NotSentError if it is longer than 64 KiB, cannot be written as JSON, or 16 MiB already wait for the network.
   */
  send(message: CommandMessage | string): void {
    if (this.state.name !== 'live') throw closedError(this.state);
    const text = messageText(message);
    checkBuffered(this.#connection.bufferedBytes);
    this.#connection.send(text);
  }

  #opening(): Record<string, string> {
    this.#replica.startConnection();
    return this.#resumption.opening();
  }

  #receive(data: unknown): void {
    this.#heartbeat.received();
    let message: ServerMessage;
    try {
      message = parseServerMessage(data);
    } catch (error) {
      this.#listeners.emit('error', error as MalformedMessageError);
      return;
    }
    const changes = this.#replica.take(message);
    const broken = changes.find((change) => change.kind === 'broken');
    if (!broken && (message.type === 'initial_state' || message.type === 'resumed')) this.#goLive();
    const isAnswer = this.#pendingRequests.settle(message) || this.#pendingCommands.settle(message);
    if (message.type === 'draining') this.#connection.retryAfter(message.payload.retry_after_ms);
    if (message.type === 'token_expiring') this.#renewal.expiring(message.payload.expires_in_s);
    this.#listeners.emit('message', message);
    for (const change of changes) this.#emitChange(change);
    this.#emitOther(message, isAnswer);
    if (broken) this.#reconnectWithFullState(broken.why);
  }

  #goLive(): void {
    this.#resumption.succeeded();
    // Here and not in #become: a server of the base contract does not answer ids, so pending commands are rejected.
    if (this.store.log === undefined) this.#pendingCommands.rejectAll(baseContractError());
    this.#connection.live();
  }

  #emitChange(change: Change): void {
    if (change.kind === 'gap') this.#sync(change.gap, change.sync);
    emitChange(this.#listeners, change);
  }

  /** Emits a message that does not change the store. */
  #emitOther(message: ServerMessage, isAnswer: boolean): void {
    if (message.type !== 'error') return emitMessage(this.#listeners, message);
    if (this.#resumption.isAnsweredBy(message.id)) return this.#resumeRefused(refusal(message.payload));
    if (!isAnswer) this.#listeners.emit('error', refusal(message.payload));
  }

  /** An older server sends its full state instead, and so does one that no longer waits for this client's resume: the state is on its way then. */
  #resumeRefused({ code, detail }: AlarmServerError): void {
    if (code !== 'unknown_type' && code !== 'already_live')
      this.#reconnectWithFullState(`the server refused to resume: ${detail}`);
  }

  #reconnectWithFullState(why: string): void {
    this.#resumption.requireFullState();
    this.#connection.drop(why);
  }

  /** If a sync fails, the next connection's resume closes the gap. */
  #sync({ page_id, expected }: Gap, id: string): void {
    const failed = (why: string): void => this.#connection.drop(`a gap could not be closed: ${why}`);
    const answered = (message: ServerMessage): void => {
      if (message.type === 'error' && message.payload.code === 'unknown_type')
        this.#reconnectWithFullState('the server does not support sync');
      else if (message.type === 'error' && this.store.pages.has(page_id)) failed(message.payload.message);
    };
    const payload = { page_id, seq: expected - 1 };
    this.#pendingRequests.send('sync', id, payload, answered, () => failed('no answer came'));
  }

  #lose(): void {
    this.#heartbeat.stop();
    this.#pendingRequests.clear();
    this.#pendingCommands.connectionLost();
  }

  #become(state: ClientState): void {
    if (state.name === 'live') {
      if (this.store.log !== undefined) this.#heartbeat.start();
      this.#pendingCommands.sendAll((text) => this.#connection.send(text));
    }
    if (state.name === 'ended') this.#pendingCommands.abandon(closedError(this.state));
    this.#listeners.emit('state', state);
  }
}
