/** Commands that were not answered yet, in the order they were given: sent again on each connection until they are. Knows no socket. */
import { AlarmServerError, type ConnectionClosedError, OutcomeUnknownError } from './errors.js';
import type { Answer, ErrorMessage, ServerMessage } from './messages.js';
import type { Timers } from './timers.js';

/** How long a server remembers a command's id at the least (docs/protocol.md, Idempotency), in ms. Later a repetition could be a second effect. */
const REMEMBERED_MS = 24 * 60 * 60 * 1_000;

interface Waiting {
  readonly text: string;
  /** Of the timers' clock; undefined until it was sent. */
  firstSentAt: number | undefined;
  readonly resolve: (answer: Answer<unknown>) => void;
  readonly reject: (error: Error) => void;
}

export class Outbox {
  readonly #timers: Timers;
  readonly #waiting = new Map<string, Waiting>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /**
   * The answer to the command `id`, which goes over the wire as `text`. Rejects with AlarmServerError when it is refused, with
   * OutcomeUnknownError when it was sent and is not answered within `timeoutMs` of now or before the client ends; with an
   * Error where it was not even sent. Throws if `id` is waited for already.
   */
  answerTo(id: string, text: string, timeoutMs: number | undefined): Promise<Answer<unknown>> {
    if (this.#waiting.has(id)) throw new TypeError(`command ${id} is already waiting for its answer; another command needs another id`);
    return new Promise((resolve, reject) => {
      const timer = timeoutMs === undefined ? undefined : this.#timers.setTimeout(() => this.#giveUp(id, `${timeoutMs} ms passed`), timeoutMs);
      const settled = (): void => {
        this.#waiting.delete(id);
        this.#timers.clearTimeout(timer);
      };
      this.#waiting.set(id, {
        text,
        firstSentAt: undefined,
        resolve: (answer) => {
          settled();
          resolve(answer);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      });
    });
  }

  /** Sends the command `id` for the first time. */
  sendOne(id: string, send: (text: string) => void): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    waiting.firstSentAt = this.#timers.now();
    send(waiting.text);
  }

  /** Sends all that wait, in order, on a connection that is live. What is too old to be repeated is given up. */
  sendAll(send: (text: string) => void): void {
    const now = this.#timers.now();
    for (const [id, waiting] of [...this.#waiting]) {
      waiting.firstSentAt ??= now;
      if (now - waiting.firstSentAt > REMEMBERED_MS) this.#giveUp(id, 'a day passed');
      else send(waiting.text);
    }
  }

  /** Settles the command that `message` answers. False if it answers none that is waited for. */
  settle(message: ServerMessage): boolean {
    if (message.id === undefined || (message.type !== 'success' && message.type !== 'error')) return false;
    const waiting = this.#waiting.get(message.id);
    if (!waiting) return false;
    if (message.type === 'success') waiting.resolve(message.payload);
    else waiting.reject(refusal(message.payload));
    return true;
  }

  /** Gives up on all that wait: `cause` is the end of the client. */
  abandon(cause: ConnectionClosedError): void {
    for (const [id, { firstSentAt, reject }] of [...this.#waiting]) {
      if (firstSentAt === undefined) reject(cause);
      else reject(new OutcomeUnknownError(id, `the connection closed (code ${cause.code})`, { cause }));
    }
  }

  /** None of them was or will be sent. */
  rejectAll(error: Error): void {
    for (const { reject } of [...this.#waiting.values()]) reject(error);
  }

  #giveUp(id: string, why: string): void {
    const { firstSentAt, reject } = this.#waiting.get(id)!;
    if (firstSentAt === undefined) reject(new Error(`${why} before command ${id} could be sent: nothing took effect`));
    else reject(new OutcomeUnknownError(id, why));
  }
}

/** The error that an `error` message stands for. */
export function refusal({ message, code, details }: ErrorMessage['payload']): AlarmServerError {
  const retryAfterMs = (details as { retry_after_ms?: unknown } | undefined)?.retry_after_ms;
  return new AlarmServerError({ detail: message, code, details, retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : undefined });
}
