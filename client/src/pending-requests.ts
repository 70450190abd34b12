/** Requests of a live connection that are not commands (`sync`, `refresh`), until they are answered. */
import type { ServerMessage } from './messages.js';
import { randomId } from './random-id.js';
import type { Timers } from './timers.js';

/** How long a request waits for its answer, in ms. */
const TIMEOUT_MS = 30_000;

export interface RequestPayloads {
  sync: { readonly page_id: string; readonly seq: number };
  refresh: { readonly token: string };
}

interface Pending {
  readonly timer: unknown;
  readonly answered: (message: ServerMessage) => void;
}

/** The pending requests of one connection. */
export class PendingRequests {
  readonly #timers: Timers;
  readonly #sendText: (text: string) => void;
  readonly #pending = new Map<string, Pending>();

  constructor(timers: Timers, sendText: (text: string) => void) {
    this.#timers = timers;
    this.#sendText = sendText;
  }

  /** Resolves with the answer, which may be an error message. Rejects if none arrives in time. */
  ask<Type extends keyof RequestPayloads>(type: Type, payload: RequestPayloads[Type]): Promise<ServerMessage> {
    return new Promise((resolve, reject) => {
      this.send(type, randomId(), payload, resolve, () => reject(new Error(`the server did not answer ${type}`)));
    });
  }

  /** Calls `answered` with the message that has `id`, or `late` if none arrives in time. */
  send<Type extends keyof RequestPayloads>(
    type: Type,
    id: string,
    payload: RequestPayloads[Type],
    answered: (message: ServerMessage) => void,
    late: () => void,
  ): void {
    const timer = this.#timers.setTimeout(() => {
      this.#pending.delete(id);
      late();
    }, TIMEOUT_MS);
    this.#pending.set(id, { timer, answered });
    this.#sendText(JSON.stringify({ type, id, payload }));
  }

  /** True if `message` answers one of them. */
  settle(message: ServerMessage): boolean {
    const { id } = message;
    const asked = id === undefined ? undefined : this.#pending.get(id);
    if (id === undefined || !asked) return false;
    this.#pending.delete(id);
    this.#timers.clearTimeout(asked.timer);
    asked.answered(message);
    return true;
  }

  /** The connection has ended: no answer will arrive. */
  clear(): void {
    for (const { timer } of this.#pending.values()) this.#timers.clearTimeout(timer);
    this.#pending.clear();
  }
}
