/** Commands that were sent and not answered yet, by id. Knows no socket: an answer settles one, a lost connection all of them. */
import { AlarmServerError, type ConnectionClosedError, OutcomeUnknownError } from './errors.js';
import type { Answer, ServerMessage } from './messages.js';

interface Waiting {
  readonly resolve: (answer: Answer<unknown>) => void;
  readonly reject: (error: Error) => void;
}

export class PendingCommands {
  readonly #waiting = new Map<string, Waiting>();

  /**
   * The answer to the command `id`. Rejects with AlarmServerError when it is refused, with OutcomeUnknownError when no
   * answer comes within `timeoutMs` or the connection ends. Throws if `id` is waited for already.
   */
  answerTo(id: string, timeoutMs: number): Promise<Answer<unknown>> {
    if (this.#waiting.has(id)) throw new TypeError(`command ${id} is already waiting for its answer; another command needs another id`);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new OutcomeUnknownError(id, `${timeoutMs} ms passed`));
      }, timeoutMs);
      this.#waiting.set(id, {
        resolve: (answer) => {
          clearTimeout(timer);
          resolve(answer);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
    });
  }

  /** Settles the command that `message` answers. False if it answers none that is waited for. */
  settle(message: ServerMessage): boolean {
    if (message.id === undefined || (message.type !== 'success' && message.type !== 'error')) return false;
    const waiting = this.#waiting.get(message.id);
    if (!waiting) return false;
    this.#waiting.delete(message.id);
    if (message.type === 'success') waiting.resolve(message.payload);
    else waiting.reject(refusal(message.payload));
    return true;
  }

  /** Gives up on all that wait. */
  abandon(cause: ConnectionClosedError): void {
    const abandoned = [...this.#waiting];
    this.#waiting.clear();
    for (const [id, { reject }] of abandoned) {
      reject(new OutcomeUnknownError(id, `the connection closed (code ${cause.code})`, { cause }));
    }
  }
}

/** The error that an `error` message stands for. */
export function refusal({ message, code, details }: { message: string; code?: string; details?: unknown }): AlarmServerError {
  return new AlarmServerError({ detail: message, code, details });
}
