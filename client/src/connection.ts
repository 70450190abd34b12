/** One socket, from opening to closing: data in, text out, and one end that is always told. Knows nothing of messages. */
import { ConnectionClosedError } from './errors.js';

/** As much of the standard WebSocket as is used. Browsers, Node 22 and the `ws` package have it. */
export interface StandardSocket {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'error', listener: (event: object) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
}

export type SocketConstructor = new (url: string) => StandardSocket;

export interface ConnectionEvents {
  /** A frame's data, once the socket is open. */
  received(data: unknown): void;
  /** The end, told once, also when the socket never opened. Nothing is received after it. */
  closed(error: ConnectionClosedError): void;
}

export class Connection {
  readonly #socket: StandardSocket;
  /** Undefined once the end was told. */
  #events: ConnectionEvents | undefined;

  /** Starts to open a socket. */
  constructor(Socket: SocketConstructor, address: string, events: ConnectionEvents) {
    this.#events = events;
    this.#socket = new Socket(address);
    let opened = false;
    this.#socket.addEventListener('open', () => (opened = true));
    // Where opening fails, Node 22's own WebSocket tells of an error and of no close (nodejs/undici#3546). Browsers do not
    // tell why; elsewhere the message does (a 401, for one).
    this.#socket.addEventListener('error', (event) => {
      if (!opened) this.#tellEnd(1006, 'message' in event ? String(event.message) : 'the server was not reached, or refused');
    });
    this.#socket.addEventListener('message', ({ data }) => this.#events?.received(data));
    this.#socket.addEventListener('close', ({ code, reason }) => this.#tellEnd(code, reason));
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
    this.#socket.close(1000);
  }

  #tellEnd(code: number, reason: string): void {
    const events = this.#events;
    this.#events = undefined;
    events?.closed(new ConnectionClosedError(code, reason));
  }
}

/**
 * The socket's address for a server's: `/ws` is appended to the path where it is missing, http becomes ws, https wss.
 * Throws TypeError, in words that show no part of a token.
 */
export function socketAddress(url: string, token: string): string {
  if (!URL.canParse(url)) throw new TypeError('`url` is no URL; it should be like http://127.0.0.1:8080');
  const address = new URL(url);
  if (!['http:', 'https:', 'ws:', 'wss:'].includes(address.protocol)) {
    throw new TypeError(`\`url\` begins with ${address.protocol} and should begin with http:, https:, ws: or wss:`);
  }
  address.protocol = address.protocol.replace('http', 'ws');
  address.pathname = address.pathname.replace(/\/?(ws\/?)?$/, '/ws');
  address.searchParams.set('token', token);
  address.hash = '';
  return address.href;
}

/** The platform's own WebSocket. Throws where there is none. */
export function platformSocket(): SocketConstructor {
  const { WebSocket } = globalThis as { WebSocket?: SocketConstructor };
  if (WebSocket) return WebSocket;
  throw new TypeError('there is no global WebSocket here (Node has one from 22 on): pass one as `WebSocket`, that of the ws package for one');
}
