/**
 * Decides when commands are taken into batches. The commands queued for a stream form one batch; a stream has one batch at a time,
 * and batches of different streams run concurrently. Under load, streams of different users alternate, so that one user's many
 * streams do not delay the others.
 */
export interface BatchQueueOptions<T> {
  /** Maximum number of items in a batch. */
  readonly limit: number;
  /** Approximate maximum number of items taken in one iteration of the event loop; the rest follows in the next. */
  readonly budget: number;
  /** Maximum number of items of this stream, and of all others that have a maximum, together in one iteration; Infinity: it has none. */
  readonly atOnce: (stream: string) => number;
  /** Id of the user whose item it is. */
  readonly userOf: (item: T) => string;
  /** Given the items queued for a stream, in order: those that may be decided now. Call `wake` when the answer may have changed. */
  readonly free: (items: readonly T[]) => readonly T[];
  /** Begins a batch. True if it continues until `end` is called; false if it is already over. */
  readonly begin: (stream: string, items: readonly T[]) => boolean;
  /** If it returns a function, nothing begins before that function has called back. */
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

  /** Begins the scheduled batches now instead of at the end of this iteration of the event loop. */
  beginNow(): void {
    if (!this.#scheduled) return;
    this.#scheduled = false;
    const wait = this.#options.paused();
    if (wait) wait(() => this.#schedule());
    else this.#beginBatches();
  }

  /** Number of items queued for the stream's next batch. */
  waiting(stream: string): number {
    return this.#queues.get(stream)?.length ?? 0;
  }

  /** Ends the stream's batch. */
  end(stream: string): void {
    this.#underWay.delete(stream);
    this.wake();
  }

  /** Ends the stream's batch. These items of it have to be decided again, before later ones. */
  putBack(stream: string, items: readonly T[]): void {
    this.putFirst(stream, items);
    this.end(stream);
  }

  /** These items of the stream are decided before later ones. */
  putFirst(stream: string, items: readonly T[]): void {
    this.#queues.set(stream, [...items, ...(this.#queues.get(stream) ?? [])]);
  }

  /** Checks the queues again, because items that had to wait may be free now. */
  wake(): void {
    if (this.#queues.size > 0) this.#schedule();
  }

  /** Removes and returns all queued items; running batches continue. */
  takeAll(): T[] {
    const items = [...this.#queues.values()].flat();
    this.#queues.clear();
    return items;
  }

  /** Batches begin at the end of this iteration of the event loop, so that commands that arrive together are decided and committed together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.beginNow());
  }

  #beginBatches(): void {
    const ready = [...this.#queues.keys()].filter((stream) => !this.#underWay.has(stream));
    let left = false;
    let taken = 0;
    let room = Infinity;
    for (const stream of ready.length > this.#options.budget ? this.#alternatingUsers(ready) : ready) {
      if (taken >= this.#options.budget) {
        left = true;
        break;
      }
      const own = this.#options.atOnce(stream);
      const isBounded = own < Infinity;
      if (isBounded) room = Math.min(room, own);
      if (isBounded && room === 0) {
        left = true;
        continue;
      }
      const items = this.#take(stream, isBounded ? room : Infinity);
      if (items.length === 0) continue;
      taken += items.length;
      if (isBounded) room -= items.length;
      if (this.#options.begin(stream, items)) this.#underWay.add(stream);
      else left ||= this.#queues.has(stream);
    }
    if (left) this.#schedule();
  }

  /** Takes up to one batch, and up to `most`, of the stream's items that may be decided now. Its others wait behind other streams. */
  #take(stream: string, most: number): readonly T[] {
    const queue = this.#queues.get(stream);
    const free = queue ? this.#options.free(queue) : [];
    if (!queue || free.length === 0) return [];
    const limit = Math.min(this.#options.limit, most);
    this.#queues.delete(stream);
    if (free.length < queue.length) {
      const taken = free.slice(0, limit);
      const gone = new Set(taken);
      this.#queues.set(
        stream,
        queue.filter((item) => !gone.has(item)),
      );
      return taken;
    }
    if (queue.length <= limit) return queue;
    const taken = queue.splice(0, limit);
    this.#queues.set(stream, queue);
    return taken;
  }

  /** The streams in rounds, with one stream of each user per round. A stream counts for the user of its first item. */
  #alternatingUsers(streams: readonly string[]): string[] {
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
