/**
 * Which commands are decided when. What waits for a stream is taken as one batch, one batch of a stream at a time; batches of different
 * streams go on side by side. Where much waits, the streams of different users alternate, so that one user's many streams do not hold
 * up others.
 */
export interface BatchQueueOptions<T> {
  /** Items in one batch at the most. */
  readonly limit: number;
  /** Items that are taken in one iteration of the event loop, at about the most; the rest goes on in the next. */
  readonly budget: number;
  /** Whose item it is. */
  readonly userOf: (item: T) => string;
  /** Of what waits for a stream, in order: the items that may be decided now. When that changes, `wake` is to be called. */
  readonly free: (items: readonly T[]) => readonly T[];
  /** Begins a batch. True if it goes on, until `end` is called; false if it is over already. */
  readonly begin: (stream: string, items: readonly T[]) => boolean;
  /** If it gives a function, nothing begins before that has called back. */
  readonly paused: () => ((then: () => void) => void) | undefined;
}

export class BatchQueue<T> {
  readonly #options: BatchQueueOptions<T>;
  readonly #queues = new Map<string, T[]>();
  readonly #underWay = new Set<string>();
  #scheduled = false;

  constructor(options: BatchQueueOptions<T>) {
    this.#options = options;
  }

  add(stream: string, item: T): void {
    const queue = this.#queues.get(stream);
    if (queue) queue.push(item);
    else this.#queues.set(stream, [item]);
    this.#schedule();
  }

  /** Begins at once the batches that would begin when this iteration of the event loop is over. */
  beginNow(): void {
    if (!this.#scheduled) return;
    this.#scheduled = false;
    const wait = this.#options.paused();
    if (wait) wait(() => this.#schedule());
    else this.#beginBatches();
  }

  /** Items that wait for the stream's next batch. */
  waiting(stream: string): number {
    return this.#queues.get(stream)?.length ?? 0;
  }

  /** The batch of the stream is over. */
  end(stream: string): void {
    this.#underWay.delete(stream);
    this.wake();
  }

  /** The batch of the stream is over, and these of its items have to be decided again, before all that came later. */
  putBack(stream: string, items: readonly T[]): void {
    this.#queues.set(stream, [...items, ...(this.#queues.get(stream) ?? [])]);
    this.end(stream);
  }

  /** Looks again at what waits, because items that had to wait need not any more. */
  wake(): void {
    if (this.#queues.size > 0) this.#schedule();
  }

  /** Takes out all that waits; what is under way goes on. */
  takeAll(): T[] {
    const items = [...this.#queues.values()].flat();
    this.#queues.clear();
    return items;
  }

  /** Batches begin when this iteration of the event loop has brought all it has: what came together is decided and committed together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.beginNow());
  }

  #beginBatches(): void {
    const ready = [...this.#queues.keys()].filter((stream) => !this.#underWay.has(stream));
    let left = false;
    let taken = 0;
    for (const stream of ready.length > this.#options.budget ? this.#inTurns(ready) : ready) {
      if (taken >= this.#options.budget) {
        left = true;
        break;
      }
      const items = this.#take(stream);
      if (items.length === 0) continue;
      taken += items.length;
      if (this.#options.begin(stream, items)) this.#underWay.add(stream);
      else left ||= this.#queues.has(stream);
    }
    if (left) this.#schedule();
  }

  /** Takes what may be decided now of what waits for the stream: at most one batch. */
  #take(stream: string): readonly T[] {
    const queue = this.#queues.get(stream);
    if (!queue) return [];
    const { limit } = this.#options;
    const free = this.#options.free(queue);
    if (free.length === queue.length) {
      if (queue.length > limit) return queue.splice(0, limit);
      this.#queues.delete(stream);
      return queue;
    }
    const taken = free.slice(0, limit);
    if (taken.length === 0) return taken;
    const gone = new Set(taken);
    this.#queues.set(
      stream,
      queue.filter((item) => !gone.has(item)),
    );
    return taken;
  }

  /** The streams in rounds, one of each user in a round, by whose item is the first of the stream. */
  #inTurns(streams: readonly string[]): string[] {
    const ofUser = new Map<string, string[]>();
    for (const stream of streams) {
      const first = this.#queues.get(stream)?.[0];
      if (first === undefined) continue;
      const user = this.#options.userOf(first);
      const others = ofUser.get(user);
      if (others) others.push(stream);
      else ofUser.set(user, [stream]);
    }
    const rounds: string[] = [];
    for (let round = 0, goesOn = true; goesOn; round += 1) {
      goesOn = false;
      for (const own of ofUser.values()) {
        const stream = own[round];
        if (stream === undefined) continue;
        rounds.push(stream);
        goesOn = true;
      }
    }
    return rounds;
  }
}
