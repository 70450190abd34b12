/**
 * The client of the alarm server, and this package's face: one socket, commands with ids, and a store of what the user
 * sees. Needs nothing but a WebSocket and fetch, so it runs in Node and in browsers.
 */
import type { ClientEvents } from './client-events.js';
import type { CommandMessage, Commands, CommandType } from './commands.js';
import { Connection, platformSocket, type SocketConstructor, socketAddress } from './connection.js';
import { ConnectionClosedError, type MalformedMessageError } from './errors.js';
import { Listeners } from './listeners.js';
import type { Alarm, Answer, Grant, InitialState, MessageOf, Page, ServerMessage } from './messages.js';
import { parseServerMessage } from './parse-message.js';
import { PendingCommands, refusal } from './pending-commands.js';
import { randomId } from './random-id.js';
import { AlarmStore } from './store.js';
import { waitFor } from './wait-for.js';

export { type Credentials, login, register } from './account.js';
export type { ClientEvents } from './client-events.js';
export type { CommandMessage, Commands, CommandType } from './commands.js';
export type { SocketConstructor, StandardSocket } from './connection.js';
export { AlarmServerError, ConnectionClosedError, MalformedMessageError, OutcomeUnknownError } from './errors.js';
export { type Reply, request, type RequestOptions } from './http.js';
export type * from './messages.js';
export { AlarmStore, type Cursor, type Gap, type Outcome } from './store.js';

export interface AlarmClientOptions {
  /** The server's address, like http://127.0.0.1:8080, or its socket's, like wss://alarms.example/ws. */
  readonly url: string;
  /** From `login`. */
  readonly token: string;
  /** The platform's own by default. Node 20 has none: pass that of the ws package. */
  readonly WebSocket?: SocketConstructor;
  /** How long opening may take until the state has arrived, in ms. 30,000 by default. */
  readonly openTimeoutMs?: number;
  /** How long a command waits for its answer, in ms. 30,000 by default. */
  readonly answerTimeoutMs?: number;
}

export interface CommandOptions {
  /** 1 to 64 characters, the user's own; a random UUID by default. The same command sent again with the same id takes effect once. */
  readonly id?: string;
}

export class AlarmClient {
  /** What the user sees, as of the last message. */
  readonly store = new AlarmStore();
  readonly #options: Required<AlarmClientOptions>;
  readonly #listeners = new Listeners<ClientEvents>();
  readonly #pending = new PendingCommands();
  /** From the moment it begins to open. */
  #connection: Connection | undefined;
  /** The same, from the moment the state has arrived: commands go here. */
  #live: Connection | undefined;
  #lastEnd: Pick<ConnectionClosedError, 'code' | 'reason'> = { code: 1006, reason: 'it was never opened' };

  /** A client that is not connected yet: listeners added before `open` hear everything from the first message on. */
  constructor({ url, token, WebSocket = platformSocket(), openTimeoutMs = 30_000, answerTimeoutMs = 30_000 }: AlarmClientOptions) {
    this.#options = { url, token, WebSocket, openTimeoutMs, answerTimeoutMs };
  }

  /** A connected client whose store holds the user's state. Rejects as `open` does. */
  static async connect(options: AlarmClientOptions): Promise<AlarmClient> {
    const client = new AlarmClient(options);
    await client.open();
    return client;
  }

  /**
   * Connects, and resolves when the state has arrived. May be called again after `closed`: the store then starts anew.
   * Rejects with ConnectionClosedError where the server is not reached or refuses the token.
   */
  async open(): Promise<InitialState> {
    if (this.#connection) throw new Error('this client is open already');
    const { url, token, WebSocket, openTimeoutMs } = this.#options;
    const connection = new Connection(WebSocket, socketAddress(url, token), {
      received: (data) => this.#receive(data),
      closed: (error) => this.#end(error),
    });
    this.#connection = connection;
    try {
      return await this.waitFor('initial_state', { timeoutMs: openTimeoutMs });
    } catch (error) {
      connection.drop('the state did not arrive in time');
      throw error;
    }
  }

  /** Ends the connection. Resolves when it has ended; commands not answered by then reject with OutcomeUnknownError. */
  async close(): Promise<void> {
    const connection = this.#connection;
    if (!connection) return;
    await new Promise<unknown>((resolve) => {
      const stop = this.on('closed', (error) => {
        stop();
        resolve(error);
      });
      connection.close();
    });
  }

  /** Calls `hear` on each such event from now on. Returns the function that ends this. */
  on<Name extends keyof ClientEvents>(event: Name, hear: (value: ClientEvents[Name]) => void): () => void {
    return this.#listeners.on(event, hear);
  }

  /**
   * The first message from now on of a type (and for which `where` is true), or that a predicate accepts, whether the
   * store applied it or not. Start to wait before doing what brings it about. Rejects after `timeoutMs` (5,000 by
   * default), and with ConnectionClosedError when the connection ends first.
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
    const fits = typeof what === 'function' ? what : (message: ServerMessage) => message.type === what && where(message as never);
    return waitFor(this.#listeners, fits, timeoutMs);
  }

  /**
   * Sends a command and resolves with its answer: it is durable then. Rejects with AlarmServerError when it is refused,
   * with OutcomeUnknownError when no answer came (the same command with the same id is then safe to send again), with
   * ConnectionClosedError when it was not sent.
   */
  async command<Type extends CommandType>(
    type: Type,
    payload: Commands[Type]['payload'],
    { id = randomId() }: CommandOptions = {},
  ): Promise<Answer<Commands[Type]['data']>> {
    const connection = this.#liveConnection();
    if (this.store.log === undefined) {
      throw new Error('this server answers no ids (it knows only the base contract): use send(), and listen for what comes of it');
    }
    const answer = this.#pending.answerTo(id, this.#options.answerTimeoutMs);
    connection.send(JSON.stringify({ type, id, payload }));
    return (await answer) as Answer<Commands[Type]['data']>;
  }

  /** Sends without waiting: a message as it is, or any text. Throws ConnectionClosedError when it cannot be sent. */
  send(message: CommandMessage | string): void {
    this.#liveConnection().send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  // One method a command: its payload in, what it made or changed out. They reject as `command` does.

  async createPage(payload: Commands['create_page']['payload'], options?: CommandOptions): Promise<Page> {
    return (await this.command('create_page', payload, options)).data;
  }

  async renamePage(payload: Commands['rename_page']['payload'], options?: CommandOptions): Promise<Page> {
    return (await this.command('rename_page', payload, options)).data;
  }

  async deletePage(payload: Commands['delete_page']['payload'], options?: CommandOptions): Promise<Page> {
    return (await this.command('delete_page', payload, options)).data;
  }

  async sharePage(payload: Commands['share_page']['payload'], options?: CommandOptions): Promise<Grant> {
    return (await this.command('share_page', payload, options)).data;
  }

  async createAlarm(payload: Commands['create_alarm']['payload'], options?: CommandOptions): Promise<Alarm> {
    return (await this.command('create_alarm', payload, options)).data;
  }

  async updateAlarm(payload: Commands['update_alarm']['payload'], options?: CommandOptions): Promise<Alarm> {
    return (await this.command('update_alarm', payload, options)).data;
  }

  async deleteAlarm(payload: Commands['delete_alarm']['payload'], options?: CommandOptions): Promise<Alarm> {
    return (await this.command('delete_alarm', payload, options)).data;
  }

  async triggerAlarm(payload: Commands['trigger_alarm']['payload'], options?: CommandOptions): Promise<Alarm> {
    return (await this.command('trigger_alarm', payload, options)).data;
  }

  #liveConnection(): Connection {
    if (this.#live) return this.#live;
    throw new ConnectionClosedError(this.#lastEnd.code, this.#lastEnd.reason);
  }

  #receive(data: unknown): void {
    let message: ServerMessage;
    try {
      message = parseServerMessage(data);
    } catch (error) {
      this.#listeners.emit('error', error as MalformedMessageError);
      return;
    }
    const outcome = this.store.apply(message);
    if (message.type === 'initial_state') this.#live = this.#connection;
    const settled = this.#pending.settle(message);
    this.#listeners.emit('message', message);
    if (outcome.kind === 'gap') this.#listeners.emit('gap', outcome.gap);
    else if (outcome.kind === 'stray') this.#listeners.emit('stray', message);
    else if (message.type === 'error') {
      if (!settled) this.#listeners.emit('error', refusal(message.payload));
    } else if (outcome.kind === 'applied' || message.type === 'success') {
      this.#listeners.emit(message.type, message);
    }
  }

  #end(error: ConnectionClosedError): void {
    this.#connection = undefined;
    this.#live = undefined;
    this.#lastEnd = error;
    this.#pending.abandon(error);
    this.#listeners.emit('closed', error);
  }
}
