/** Sends a large state over one socket in fragments: the next one is handed over when the previous one is nearly sent. */
import type { StateText } from '../net/state-text.js';
import { CHUNK_BYTES, type Undelivered, type UndeliveredState } from '../net/undelivered.js';

/** uWebSockets.js returns 2 when it has dropped a message because the socket's backlog is too large. */
export const DROPPED = 2;

/** It returns 1 when all of the message is written. */
const SENT = 1;

/** Which fragment of a message it is. */
export type Fragment = 'first' | 'middle' | 'last';

export interface StateSenderOptions {
  /** Where the states wait. */
  readonly undelivered: Undelivered;
  /** Bytes that wait in the library. */
  readonly buffered: () => number;
  /** Hands a fragment over; returns what the library returns, or undefined if the socket has closed. */
  readonly send: (fragment: Fragment, bytes: Uint8Array) => number | undefined;
  /** There is no room for the state, or its client has missed a fragment. */
  readonly onLost: () => void;
  /** Called when the last byte has been handed over. */
  readonly onSent: () => void;
}

export class StateSender {
  readonly #options: StateSenderOptions;
  #state: UndeliveredState | undefined;
  #sent = 0;
  #isPumped = false;

  constructor(options: StateSenderOptions) {
    this.#options = options;
  }

  get isSending(): boolean {
    return this.#state !== undefined;
  }

  /** Bytes that are not handed over yet. */
  get left(): number {
    return this.#state ? this.#state.length - this.#sent : 0;
  }

  /** Begins with a state. `isOpen`: whether the socket is, after older states have been given up for this one. Returns its bytes, or 0. */
  begin(text: StateText, isOpen: () => boolean): number {
    const state = this.#options.undelivered.add(text, () => this.#options.onLost());
    if (!isOpen()) {
      state.over();
      return 0;
    }
    this.#state = state;
    this.#sent = 0;
    this.goOn();
    return state.length;
  }

  /** Has to be called when the socket's backlog has shrunk. */
  goOn(): void {
    if (!this.#state || this.#isPumped) return;
    this.#isPumped = true;
    this.#options.undelivered.pump(() => (this.#isPumped = this.#pump()));
  }

  /** Forgets the state, sent or not. */
  end(): void {
    this.#state?.over();
    this.#state = undefined;
  }

  /** Sends the next fragment if the previous one is nearly sent. True if another one could follow immediately. */
  #pump(): boolean {
    const state = this.#state;
    if (!state || this.#options.buffered() >= CHUNK_BYTES) return false;
    const chunk = state.chunk(this.#sent);
    const end = this.#sent + chunk.length;
    const isLast = end === state.length;
    const status = this.#options.send(this.#sent === 0 ? 'first' : isLast ? 'last' : 'middle', chunk);
    if (this.#state !== state) return false;
    if (status === DROPPED) {
      this.#options.onLost();
      return false;
    }
    this.#sent = end;
    state.took(end);
    if (!isLast) return status === SENT;
    this.end();
    // Deferred, because the caller may be about to send more.
    setImmediate(() => this.#options.onSent());
    return false;
  }
}
