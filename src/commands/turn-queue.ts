/**
 * Who is decided when. What waits for a stream is taken together, one turn of a stream at a time, turns of different streams
 * side by side. An item that must be alone waits until nothing else is under way, and all that came after it waits for it.
 */
interface InLine<T> {
  readonly stream: string;
  readonly item: T;
  readonly alone: boolean;
}

export interface TurnQueueOptions<T> {
  /** Items in one turn at the most. */
  readonly limit: number;
  /** Begins a turn. True if it goes on, until `end` is called; false if it is over already. */
  readonly begin: (stream: string, items: readonly T[]) => boolean;
  /** If it gives a function, nothing begins before that has called back. */
  readonly paused: () => ((then: () => void) => void) | undefined;
}

export class TurnQueue<T> {
  readonly #options: TurnQueueOptions<T>;
  readonly #queues = new Map<string, T[]>();
  readonly #underWay = new Set<string>();
  /** The first one must be alone; behind it stands whatever came later. */
  readonly #line: InLine<T>[] = [];
  #aloneUnderWay = false;
  #scheduled = false;

  constructor(options: TurnQueueOptions<T>) {
    this.#options = options;
  }

  add(stream: string, item: T, alone: boolean): void {
    if (alone || this.#aloneUnderWay || this.#line.length > 0) this.#line.push({ stream, item, alone });
    else this.#toQueue(stream, item);
    this.#schedule();
  }

  /** Begins at once the turns that would begin when this turn of the event loop is over. */
  beginNow(): void {
    if (!this.#scheduled) return;
    this.#scheduled = false;
    const wait = this.#options.paused();
    if (wait) wait(() => this.#schedule());
    else this.#beginTurns();
  }

  /** Items that wait for the stream's next turn, but for those that stand in the line. */
  waiting(stream: string): number {
    return this.#queues.get(stream)?.length ?? 0;
  }

  /** The turn of the stream is over. */
  end(stream: string): void {
    this.#underWay.delete(stream);
    if (this.#aloneUnderWay) this.#endAlone();
    if (this.#queues.size > 0 || this.#line.length > 0) this.#schedule();
  }

  /** The turn of the stream is over, and these of its items have to be decided again, before all that came later. */
  putBack(stream: string, items: readonly T[]): void {
    if (this.#aloneUnderWay) this.#line.unshift(...items.map((item) => ({ stream, item, alone: true })));
    else this.#queues.set(stream, [...items, ...(this.#queues.get(stream) ?? [])]);
    this.end(stream);
  }

  /** Takes out all that waits; what is under way goes on. */
  takeAll(): T[] {
    const items = [...[...this.#queues.values()].flat(), ...this.#line.map(({ item }) => item)];
    this.#queues.clear();
    this.#line.length = 0;
    return items;
  }

  #toQueue(stream: string, item: T): void {
    const queue = this.#queues.get(stream);
    if (queue) queue.push(item);
    else this.#queues.set(stream, [item]);
  }

  /** Turns begin when this turn of the event loop has brought all it has: what came together is decided and committed together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.beginNow());
  }

  #beginTurns(): void {
    let left = false;
    for (const [stream, queue] of this.#queues) {
      if (this.#underWay.has(stream)) continue;
      const items = queue.length > this.#options.limit ? queue.splice(0, this.#options.limit) : queue;
      if (items === queue) this.#queues.delete(stream);
      const goesOn = this.#begin(stream, items);
      left ||= !goesOn && items !== queue;
    }
    if (this.#line.length > 0 && this.#underWay.size === 0 && this.#queues.size === 0) {
      const { stream, item } = this.#line.shift()!;
      this.#aloneUnderWay = true;
      if (!this.#begin(stream, [item])) this.#endAlone();
      left ||= this.#underWay.size === 0 && (this.#queues.size > 0 || this.#line.length > 0);
    }
    if (left) this.#schedule();
  }

  #begin(stream: string, items: readonly T[]): boolean {
    const goesOn = this.#options.begin(stream, items);
    if (goesOn) this.#underWay.add(stream);
    return goesOn;
  }

  #endAlone(): void {
    this.#aloneUnderWay = false;
    while (this.#line.length > 0 && !this.#line[0]!.alone) {
      const { stream, item } = this.#line.shift()!;
      this.#toQueue(stream, item);
    }
  }
}
