/** The requests of a live connection that are no commands (`sync`, `refresh`), and who waits for their answers. */
import type { ServerMessage } from './messages.js';
import { randomId } from './random-id.js';
import type { Timers } from './timers.js';

/** How long a request waits for its answer, in ms. */
const TIMEOUT_MS = 30_000;

export interface PendingRequests {
  sync: { readonly page_id: string; readonly seq: number };
  refresh: { readonly token: string };
}

interface Asked {
  readonly timer: unknown;
  readonly answered: (message: ServerMessage) => void;
}

/** Those of one connection. */
export class OpenRequests {
  readonly #timers: Timers;
  readonly #sendText: (text: string) => void;
  readonly #asked = new Map<string, Asked>();

  constructor(timers: Timers, sendText: (text: string) => void) {
    this.#timers = timers;
    this.#sendText = sendText;
  }

  /** Resolves with the answer, which may be an error message. Rejects where none comes in time. */
  ask<Type extends keyof PendingRequests>(type: Type, payload: PendingRequests[Type]): Promise<ServerMessage> {
    return new Promise((resolve, reject) => {
      this.send(type, randomId(), payload, resolve, () => reject(new Error(`the server did not answer ${type}`)));
    });
  }

  /** Calls `answered` with the message that bears `id`, or `late` where none comes in time. */
  send<Type extends keyof PendingRequests>(
    type: Type,
    id: string,
    payload: PendingRequests[Type],
    answered: (message: ServerMessage) => void,
    late: () => void,
  ): void {
    const timer = this.#timers.setTimeout(() => {
      this.#asked.delete(id);
      late();
    }, TIMEOUT_MS);
    this.#asked.set(id, { timer, answered });
    this.#sendText(JSON.stringify({ type, id, payload }));
  }

  /** True where `message` answers one of them. */
  settle(message: ServerMessage): boolean {
    const { id } = message;
    const asked = id === undefined ? undefined : this.#asked.get(id);
    if (id === undefined || !asked) return false;
    this.#asked.delete(id);
    this.#timers.clearTimeout(asked.timer);
    asked.answered(message);
    return true;
  }

  /** The connection has ended: no answer will come. */
  clear(): void {
    for (const { timer } of this.#asked.values()) this.#timers.clearTimeout(timer);
    this.#asked.clear();
  }
}
