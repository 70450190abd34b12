/** A single socket from opening to closing: data in, text out, and exactly one end event. Independent of the messages. */
import { ConnectionClosedError } from './errors.js';

/** The used part of the standard WebSocket. Browsers, Node 22 and the `ws` package have it. */
export interface StandardSocket {
  send(text: string): void;
  /** Bytes that were sent and not yet written to the network. */
  readonly bufferedAmount?: number;
  close(code?: number, reason?: string): void;
  /** Only in ws: ends the connection without a closing handshake. */
  terminate?(): void;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'error', listener: (event: object) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
}

export type SocketConstructor = new (url: string) => StandardSocket;

/** The reason for a socket that did not open, if the platform does not report one, as browsers do. */
export const NO_REASON = 'the server was not reached, or refused';

export interface ConnectionEvents {
  opened(): void;
  /** A frame's data, after the socket has opened. */
  received(data: unknown): void;
  /** The end, emitted once, also if the socket never opened. Nothing is received after it. */
  closed(error: ConnectionClosedError, opened: boolean): void;
}

export class Connection {
  readonly #socket: StandardSocket;
  /** Undefined after the end was emitted. */
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
    // If opening fails, Node 22's own WebSocket emits an error and no close (nodejs/undici#3546). Browsers do not report why;
    // elsewhere the message does (for example a 401).
    this.#socket.addEventListener('error', (event) => {
      if (!this.#opened) this.#emitEnd(1006, 'message' in event ? String(event.message || NO_REASON) : NO_REASON);
    });
    this.#socket.addEventListener('message', ({ data }) => this.#events?.received(data));
    this.#socket.addEventListener('close', ({ code, reason }) => this.#emitEnd(code, reason));
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount ?? 0;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** Starts the closing handshake; the end is emitted when it is complete. */
  close(): void {
    this.#socket.close(1000);
  }

  /** Abandons the socket: the end is emitted now, whether or not the other side still answers. */
  drop(reason: string): void {
    this.#emitEnd(1006, reason);
    if (this.#socket.terminate) this.#socket.terminate();
    else this.#socket.close(1000);
  }

  #emitEnd(code: number, reason: string): void {
    const events = this.#events;
    this.#events = undefined;
    events?.closed(new ConnectionClosedError(code, reason), this.#opened);
  }
}

/** The platform's own WebSocket. Throws if there is none. */
export function platformSocket(): SocketConstructor {
  const { WebSocket } = globalThis as { WebSocket?: SocketConstructor };
  if (WebSocket) return WebSocket;
  throw new TypeError(
    'there is no global WebSocket here (Node has one from 22 on): pass one as `WebSocket`, for example that of the ws package',
  );
}
