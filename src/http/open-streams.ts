/** Bounds the streams that one user has open: each holds a connection, and is looked at with each event of its pages. */
import type { Reply } from './endpoint.js';
import { problem } from './problems.js';

export class OpenStreams {
  readonly #limit: number;
  readonly #ofUser = new Map<string, number>();

  /** `limit`: for each user; Infinity: none. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Open streams of all users. */
  get open(): number {
    return [...this.#ofUser.values()].reduce((sum, count) => sum + count, 0);
  }

  /** The same reply, counted while it is open if it is a stream; or a refusal. */
  bounded(userId: string, reply: Reply): Reply {
    const { stream } = reply;
    if (stream === undefined) return reply;
    if ((this.#ofUser.get(userId) ?? 0) >= this.#limit)
      return problem(
        'too_many_streams',
        `This user already has ${this.#limit} event streams open (LIMIT_EVENT_STREAMS_PER_USER): end one first`,
        { retryAfterMs: 1_000 },
      );
    return {
      ...reply,
      stream: {
        ...stream,
        open: (ending) => {
          this.#count(userId, 1);
          return stream.open(ending);
        },
        onOver: () => {
          this.#count(userId, -1);
          stream.onOver?.();
        },
      },
    };
  }

  #count(userId: string, difference: 1 | -1): void {
    const count = (this.#ofUser.get(userId) ?? 0) + difference;
    if (count > 0) this.#ofUser.set(userId, count);
    else this.#ofUser.delete(userId);
  }
}
