/** What a client asks on a live connection that is no command (`sync`, `refresh`), and whoever waits for the answer. */
import type { ServerMessage } from './messages.js';
import type { Timers } from './timers.js';

export interface PendingRequests {
  sync: { readonly page_id: string; readonly seq: number };
  refresh: { readonly token: string };
}

export const questionText = <Type extends keyof PendingRequests>(
  type: Type,
  id: string,
  payload: PendingRequests[Type],
): string => JSON.stringify({ type, id, payload });

interface Asked {
  readonly timer: unknown;
  readonly answered: (message: ServerMessage) => void;
}

/** Those of one connection. */
export class OpenRequests {
  readonly #timers: Timers;
  readonly #asked = new Map<string, Asked>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Calls `answered` with the message that bears `id`, or `late` where none does within `timeoutMs`. */
  ask(id: string, timeoutMs: number, answered: (message: ServerMessage) => void, late: () => void): void {
    const timer = this.#timers.setTimeout(() => {
      this.#asked.delete(id);
      late();
    }, timeoutMs);
    this.#asked.set(id, { timer, answered });
  }

  /** True where `message` answers one of them. */
  settle(message: ServerMessage): boolean {
    const asked = message.id === undefined ? undefined : this.#asked.get(message.id);
    if (!asked) return false;
    this.#asked.delete(message.id!);
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
