/** Which of many things is due first: a binary heap with one entry for each id, which can be moved and removed. */
interface Entry {
  readonly id: string;
  /** In milliseconds since 1970. */
  readonly dueMs: number;
}

export class DueHeap {
  readonly #entries: Entry[] = [];
  /** Place of each id in `#entries`. */
  readonly #places = new Map<string, number>();

  get size(): number {
    return this.#entries.length;
  }

  get first(): Entry | undefined {
    return this.#entries[0];
  }

  has(id: string): boolean {
    return this.#places.has(id);
  }

  /** Adds the id, or moves it to another due time. */
  set(id: string, dueMs: number): void {
    const place = this.#places.get(id) ?? this.#entries.length;
    this.#put({ id, dueMs }, place);
    this.#down(this.#up(place));
  }

  /** Does nothing for an id that is not in it. */
  delete(id: string): void {
    const place = this.#places.get(id);
    const last = this.#entries.pop();
    if (place === undefined) {
      if (last) this.#entries.push(last);
      return;
    }
    this.#places.delete(id);
    if (!last || last.id === id) return;
    this.#put(last, place);
    this.#down(this.#up(place));
  }

  /** Number of entries that are due before this time. Costs what it counts. */
  countBefore(dueMs: number, place = 0): number {
    const entry = this.#entries[place];
    if (!entry || entry.dueMs >= dueMs) return 0;
    return 1 + this.countBefore(dueMs, 2 * place + 1) + this.countBefore(dueMs, 2 * place + 2);
  }

  #put(entry: Entry, place: number): void {
    this.#entries[place] = entry;
    this.#places.set(entry.id, place);
  }

  /** Moves the entry towards the root, and returns its place. */
  #up(from: number): number {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfBefore(at, parent)) break;
      at = parent;
    }
    return at;
  }

  #down(from: number): void {
    let at = from;
    for (;;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const child = this.#dueOf(right) < this.#dueOf(left) ? right : left;
      if (!this.#swapIfBefore(child, at)) return;
      at = child;
    }
  }

  #dueOf(place: number): number {
    return this.#entries[place]?.dueMs ?? Infinity;
  }

  #swapIfBefore(place: number, other: number): boolean {
    const [one, two] = [this.#entries[place], this.#entries[other]];
    if (!one || !two || one.dueMs >= two.dueMs) return false;
    this.#put(one, other);
    this.#put(two, place);
    return true;
  }
}
