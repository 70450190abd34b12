/**
 * Commands without an answer, in the order in which they were given. They are sent again on each connection until they are
 * answered. Independent of the socket.
 */
import { AlarmServerError, type ConnectionClosedError, NotSentError, OutcomeUnknownError } from './errors.js';
import type { Answer, ErrorMessage, ServerMessage } from './messages.js';
import type { Timers } from './timers.js';

/** Minimum time that a server remembers a command's id (docs/protocol.md, Idempotency), in ms. After it a repeat could have a second effect. */
const REMEMBERED_MS = 24 * 60 * 60 * 1_000;
/** Maximum number of pending commands, and of the UTF-16 units of their texts: a program that sends more than the server accepts has to notice it. */
const WAITING_LIMIT = 10_000;
const WAITING_LIMIT_UNITS = 16 * 1024 * 1024;

interface Pending {
  readonly text: string;
  /** On the timers' clock; undefined before it was sent. */
  firstSentAt: number | undefined;
  /** Answers to it that may still arrive on this connection. */
  expected: number;
  readonly timer: unknown;
  readonly resolve: (answer: Answer<unknown>) => void;
  readonly reject: (error: Error) => void;
}

/** Sent on this connection and abandoned. Its answer may still arrive and must not be attributed to another command with the same id. */
interface GivenUp {
  readonly text: string;
  readonly firstSentAt: number;
  expected: number;
}

export class PendingCommands {
  readonly #timers: Timers;
  readonly #pending = new Map<string, Pending>();
  readonly #givenUp = new Map<string, GivenUp>();
  #units = 0;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  get size(): number {
    return this.#pending.size;
  }

  /**
   * The answer to the command `id`, whose wire form is `text`. Rejects with AlarmServerError if it is refused, with
   * OutcomeUnknownError if it was sent and is not answered within `timeoutMs` or before the client ends; with an Error if it was
   * not sent. Throws NotSentError if another command has this `id`, or if too many are pending.
   */
  answerTo(id: string, text: string, timeoutMs: number | undefined): Promise<Answer<unknown>> {
    const earlier = this.#givenUp.get(id);
    if (this.#pending.has(id))
      throw new NotSentError('id_reused', `command ${id} is still pending; another command needs another id`);
    if (earlier && earlier.text !== text)
      throw new NotSentError(
        'id_reused',
        `the answer to another command with the id ${id} may still arrive; this one needs another id`,
      );
    if (this.#pending.size + this.#givenUp.size >= WAITING_LIMIT || this.#units + text.length > WAITING_LIMIT_UNITS) {
      throw new NotSentError(
        'too_many_waiting',
        `${this.#pending.size} commands are already pending; send this one when there are fewer`,
      );
    }
    this.#givenUp.delete(id);
    if (!earlier) this.#units += text.length;
    return new Promise((resolve, reject) => {
      const timer =
        timeoutMs === undefined
          ? undefined
          : this.#timers.setTimeout(() => this.#giveUp(id, `${timeoutMs} ms passed`), timeoutMs);
      this.#pending.set(id, {
        text,
        firstSentAt: earlier?.firstSentAt,
        expected: earlier?.expected ?? 0,
        timer,
        resolve,
        reject,
      });
    });
  }

  /** Sends the command `id` on a live connection. */
  sendOne(id: string, send: (text: string) => void): void {
    const waiting = this.#pending.get(id);
    if (!waiting) return;
    waiting.firstSentAt ??= this.#timers.now();
    waiting.expected += 1;
    send(waiting.text);
  }

  /** Sends all pending commands, in order, on a live connection. Those that are too old to be repeated are given up. */
  sendAll(send: (text: string) => void): void {
    const now = this.#timers.now();
    for (const [id, { firstSentAt }] of [...this.#pending]) {
      if (firstSentAt !== undefined && now - firstSentAt > REMEMBERED_MS) this.#giveUp(id, 'a day passed');
      else this.sendOne(id, send);
    }
  }

  /** The connection has ended: answers that have not arrived will not arrive. */
  connectionLost(): void {
    for (const waiting of this.#pending.values()) waiting.expected = 0;
    for (const { text } of this.#givenUp.values()) this.#units -= text.length;
    this.#givenUp.clear();
  }

  /** Settles the command that `message` answers. False if it answers none that was sent on this connection. */
  settle(message: ServerMessage): boolean {
    const { id } = message;
    if (id === undefined || (message.type !== 'success' && message.type !== 'error')) return false;
    const waiting = this.#pending.get(id);
    if (!waiting) return this.#settleGivenUp(id);
    this.#take(id, waiting, waiting.expected - 1);
    if (message.type === 'success') waiting.resolve(message.payload);
    else waiting.reject(refusal(message.payload));
    return true;
  }

  /** Rejects all pending commands. `cause` is the end of the client. */
  abandon(cause: ConnectionClosedError): void {
    this.#rejectEach((id, { firstSentAt }) =>
      firstSentAt === undefined
        ? cause
        : new OutcomeUnknownError(id, `the connection closed (code ${cause.code})`, { cause }),
    );
  }

  /** Rejects all pending commands, of which none was or will be sent. */
  rejectAll(error: Error): void {
    this.#rejectEach(() => error);
  }

  #rejectEach(errorOf: (id: string, waiting: Pending) => Error): void {
    for (const [id, waiting] of [...this.#pending]) {
      this.#take(id, waiting, 0);
      waiting.reject(errorOf(id, waiting));
    }
  }

  #giveUp(id: string, why: string): void {
    const waiting = this.#pending.get(id)!;
    this.#take(id, waiting, waiting.expected);
    if (waiting.firstSentAt === undefined)
      waiting.reject(new Error(`${why} before command ${id} could be sent: nothing took effect`));
    else waiting.reject(new OutcomeUnknownError(id, why));
  }

  /** Removes it from the pending commands; `expected` answers to it may still arrive. */
  #take(id: string, { text, firstSentAt, timer }: Pending, expected: number): void {
    this.#pending.delete(id);
    this.#timers.clearTimeout(timer);
    if (firstSentAt !== undefined && expected > 0) this.#givenUp.set(id, { text, firstSentAt, expected });
    else this.#units -= text.length;
  }

  #settleGivenUp(id: string): boolean {
    const givenUp = this.#givenUp.get(id);
    if (!givenUp) return false;
    givenUp.expected -= 1;
    if (givenUp.expected === 0) {
      this.#givenUp.delete(id);
      this.#units -= givenUp.text.length;
    }
    return false;
  }
}

/** The error for an `error` message. */
export function refusal({ message, code, details }: ErrorMessage['payload']): AlarmServerError {
  const retryAfterMs = (details as { retry_after_ms?: unknown } | undefined)?.retry_after_ms;
  return new AlarmServerError({
    detail: message,
    code,
    details,
    retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : undefined,
  });
}
