/** One client's socket: an outlet that may be told to send at any time, also after it has closed. */
import type uWS from 'uWebSockets.js';
import type { Outlet, Viewer } from './audience.js';
import { BadMessages } from './bad-messages.js';
import { closeCodes, type CloseReason } from './close-codes.js';

/** What is known of a socket from its handshake on. */
export interface Handshake {
  readonly userId: string;
  readonly sessionId: string;
  readonly address: string;
  socket?: Socket;
}

/** uWebSockets.js answers 2 when it has dropped a message because the socket is too far behind. */
const DROPPED = 2;

export class Socket implements Outlet {
  readonly userId: string;
  viewer: Viewer | undefined;
  readonly badMessages = new BadMessages();
  readonly #ws: uWS.WebSocket<Handshake>;
  #open = true;
  #dropped = false;

  constructor(ws: uWS.WebSocket<Handshake>) {
    this.#ws = ws;
    this.userId = ws.getUserData().userId;
  }

  send(text: string): void {
    if (this.#open && !this.#dropped && this.#ws.send(text) === DROPPED) this.drop();
  }

  subscribe(topic: string): void {
    if (this.#open) this.#ws.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    if (this.#open) this.#ws.unsubscribe(topic);
  }

  end(reason: CloseReason): void {
    if (this.#open) this.#ws.end(closeCodes[reason].code, closeCodes[reason].reason);
  }

  /** Cuts a socket that has missed a message: it will reconnect, which is better than a silent gap. Nothing more is sent. */
  drop(): void {
    if (this.#dropped) return;
    this.#dropped = true;
    // Not at once: uWebSockets.js may be in the middle of sending to it.
    setImmediate(() => {
      if (this.#open) this.#ws.close();
    });
  }

  /** To be called when it has closed: from then on its methods do nothing. */
  closed(): void {
    this.#open = false;
  }
}
