/** A first-in-first-out queue whose entries can be removed by key before they are taken. */
export class RemovableQueue<Key, Value> {
  /** In order of arrival. */
  readonly #entries = new Map<Key, Value>();
  /** An iterator over `#entries`, so that removed entries are not skipped again on every call. */
  #iterator: Iterator<[Key, Value]> | undefined;

  get size(): number {
    return this.#entries.size;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  /** Appends an entry whose key is not in the queue. */
  add(key: Key, value: Value): void {
    this.#entries.set(key, value);
  }

  /** True if it was in the queue. */
  remove(key: Key): boolean {
    return this.#entries.delete(key);
  }

  /** Removes and returns the first entry. The queue must not be empty. */
  take(): Value {
    this.#iterator ??= this.#entries.entries();
    const { done, value } = this.#iterator.next() as IteratorResult<[Key, Value], undefined>;
    if (done) {
      // The iterator ended before the current entries were added.
      this.#iterator = undefined;
      return this.take();
    }
    this.#entries.delete(value[0]);
    return value[1];
  }
}
