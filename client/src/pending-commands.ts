/** Commands that were not answered yet, in the order they were given: sent again on each connection until they are. Knows no socket. */
import { AlarmServerError, type ConnectionClosedError, NotSentError, OutcomeUnknownError } from './errors.js';
import type { Answer, ErrorMessage, ServerMessage } from './messages.js';
import type { Timers } from './timers.js';

/** How long a server remembers a command's id at the least (docs/protocol.md, Idempotency), in ms. Later a repetition could be a second effect. */
const REMEMBERED_MS = 24 * 60 * 60 * 1_000;
/** Commands that may wait at a time, and the UTF-16 units of their texts: a program that gives more than the server takes must notice. */
const WAITING_LIMIT = 10_000;
const WAITING_LIMIT_UNITS = 16 * 1024 * 1024;

interface Waiting {
  readonly text: string;
  /** Of the timers' clock; undefined until it was sent. */
  firstSentAt: number | undefined;
  /** Answers to it that may still come on this connection. */
  expected: number;
  readonly timer: unknown;
  readonly resolve: (answer: Answer<unknown>) => void;
  readonly reject: (error: Error) => void;
}

/** Sent on this connection and given up. Its answer may still come, and must not be taken for that of another command with its id. */
interface GivenUp {
  readonly text: string;
  readonly firstSentAt: number;
  expected: number;
}

export class PendingCommands {
  readonly #timers: Timers;
  readonly #waiting = new Map<string, Waiting>();
  readonly #givenUp = new Map<string, GivenUp>();
  #units = 0;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /**
   * The answer to the command `id`, which goes over the wire as `text`. Rejects with AlarmServerError when it is refused, with
   * OutcomeUnknownError when it was sent and is not answered within `timeoutMs` of now or before the client ends; with an
   * Error where it was not even sent. Throws NotSentError if another command has this `id`, or too many wait.
   */
  answerTo(id: string, text: string, timeoutMs: number | undefined): Promise<Answer<unknown>> {
    const earlier = this.#givenUp.get(id);
    if (this.#waiting.has(id))
      throw new NotSentError(
        'id_reused',
        `command ${id} is already waiting for its answer; another command needs another id`,
      );
    if (earlier && earlier.text !== text)
      throw new NotSentError(
        'id_reused',
        `the answer to another command with the id ${id} may still come; this one needs another id`,
      );
    if (this.#waiting.size + this.#givenUp.size >= WAITING_LIMIT || this.#units + text.length > WAITING_LIMIT_UNITS) {
      throw new NotSentError(
        'too_many_waiting',
        `${this.#waiting.size} commands wait for their answers already; send this one when there are fewer`,
      );
    }
    this.#givenUp.delete(id);
    if (!earlier) this.#units += text.length;
    return new Promise((resolve, reject) => {
      const timer =
        timeoutMs === undefined
          ? undefined
          : this.#timers.setTimeout(() => this.#giveUp(id, `${timeoutMs} ms passed`), timeoutMs);
      this.#waiting.set(id, {
        text,
        firstSentAt: earlier?.firstSentAt,
        expected: earlier?.expected ?? 0,
        timer,
        resolve,
        reject,
      });
    });
  }

  /** Sends the command `id` on a connection that is live. */
  sendOne(id: string, send: (text: string) => void): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    waiting.firstSentAt ??= this.#timers.now();
    waiting.expected += 1;
    send(waiting.text);
  }

  /** Sends all that wait, in order, on a connection that is live. What is too old to be repeated is given up. */
  sendAll(send: (text: string) => void): void {
    const now = this.#timers.now();
    for (const [id, { firstSentAt }] of [...this.#waiting]) {
      if (firstSentAt !== undefined && now - firstSentAt > REMEMBERED_MS) this.#giveUp(id, 'a day passed');
      else this.sendOne(id, send);
    }
  }

  /** The connection has ended: what it has not brought will not come. */
  connectionLost(): void {
    for (const waiting of this.#waiting.values()) waiting.expected = 0;
    for (const { text } of this.#givenUp.values()) this.#units -= text.length;
    this.#givenUp.clear();
  }

  /** Settles the command that `message` answers. False if it answers none that was sent on this connection. */
  settle(message: ServerMessage): boolean {
    const { id } = message;
    if (id === undefined || (message.type !== 'success' && message.type !== 'error')) return false;
    const waiting = this.#waiting.get(id);
    if (!waiting) return this.#settleGivenUp(id);
    this.#take(id, waiting, waiting.expected - 1);
    if (message.type === 'success') waiting.resolve(message.payload);
    else waiting.reject(refusal(message.payload));
    return true;
  }

  /** Gives up on all that wait: `cause` is the end of the client. */
  abandon(cause: ConnectionClosedError): void {
    this.#rejectEach((id, { firstSentAt }) =>
      firstSentAt === undefined
        ? cause
        : new OutcomeUnknownError(id, `the connection closed (code ${cause.code})`, { cause }),
    );
  }

  /** None of them was or will be sent. */
  rejectAll(error: Error): void {
    this.#rejectEach(() => error);
  }

  #rejectEach(errorOf: (id: string, waiting: Waiting) => Error): void {
    for (const [id, waiting] of [...this.#waiting]) {
      this.#take(id, waiting, 0);
      waiting.reject(errorOf(id, waiting));
    }
  }

  #giveUp(id: string, why: string): void {
    const waiting = this.#waiting.get(id)!;
    this.#take(id, waiting, waiting.expected);
    if (waiting.firstSentAt === undefined)
      waiting.reject(new Error(`${why} before command ${id} could be sent: nothing took effect`));
    else waiting.reject(new OutcomeUnknownError(id, why));
  }

  /** It waits no more; `expected` answers to it may still come. */
  #take(id: string, { text, firstSentAt, timer }: Waiting, expected: number): void {
    this.#waiting.delete(id);
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

/** The error that an `error` message stands for. */
export function refusal({ message, code, details }: ErrorMessage['payload']): AlarmServerError {
  const retryAfterMs = (details as { retry_after_ms?: unknown } | undefined)?.retry_after_ms;
  return new AlarmServerError({
    detail: message,
    code,
    details,
    retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : undefined,
  });
}
