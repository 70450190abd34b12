/** One socket, from opening to closing: data in, text out, and one end that is always told. Knows nothing of messages. */
import { ConnectionClosedError } from './errors.js';

/** As much of the standard WebSocket as is used. Browsers, Node 22 and the `ws` package have it. */
export interface StandardSocket {
  send(text: string): void;
  /** Bytes that were sent and have not been given to the network. */
  readonly bufferedAmount?: number;
  close(code?: number, reason?: string): void;
  /** Of ws alone: ends the connection without asking the other side. */
  terminate?(): void;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'error', listener: (event: object) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
}

export type SocketConstructor = new (url: string) => StandardSocket;

/** The reason of a socket that did not open where the platform does not tell why, as browsers do not. */
export const UNTOLD = 'the server was not reached, or refused';

export interface ConnectionEvents {
  opened(): void;
  /** A frame's data, once the socket is open. */
  received(data: unknown): void;
  /** The end, told once, also when the socket never opened. Nothing is received after it. */
  closed(error: ConnectionClosedError, opened: boolean): void;
}

export class Connection {
  readonly #socket: StandardSocket;
  /** Undefined once the end was told. */
  #events: ConnectionEvents | undefined;

  #opened = false;

  /** Starts to open a socket. */
  constructor(Socket: SocketConstructor, address: string, events: ConnectionEvents) {
    this.#events = events;
    this.#socket = new Socket(address);
    this.#socket.addEventListener('open', () => {
      this.#opened = true;
      this.#events?.opened();
    });
    // Where opening fails, Node 22's own WebSocket tells of an error and of no close (nodejs/undici#3546). Browsers do not
    // tell why; elsewhere the message does (a 401, for one).
    this.#socket.addEventListener('error', (event) => {
      if (!this.#opened) this.#tellEnd(1006, 'message' in event ? String(event.message || UNTOLD) : UNTOLD);
    });
    this.#socket.addEventListener('message', ({ data }) => this.#events?.received(data));
    this.#socket.addEventListener('close', ({ code, reason }) => this.#tellEnd(code, reason));
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount ?? 0;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** Asks the other side for the end, which is told when it has come. */
  close(): void {
    this.#socket.close(1000);
  }

  /** Gives the socket up: the end is told now, whether or not the other side still answers. */
  drop(reason: string): void {
    this.#tellEnd(1006, reason);
    if (this.#socket.terminate) this.#socket.terminate();
    else this.#socket.close(1000);
  }

  #tellEnd(code: number, reason: string): void {
    const events = this.#events;
    this.#events = undefined;
    events?.closed(new ConnectionClosedError(code, reason), this.#opened);
  }
}

/** The platform's own WebSocket. Throws where there is none. */
export function platformSocket(): SocketConstructor {
  const { WebSocket } = globalThis as { WebSocket?: SocketConstructor };
  if (WebSocket) return WebSocket;
  throw new TypeError(
    'there is no global WebSocket here (Node has one from 22 on): pass one as `WebSocket`, that of the ws package for one',
  );
}
