/** A queue that one may leave before his turn. */
export class Line<Key, Value> {
  /** In the order of their coming. */
  readonly #waiting = new Map<Key, Value>();
  /** Goes along `#waiting`, so that those who have gone are not passed over again each time. */
  #front: Iterator<[Key, Value]> | undefined;

  get size(): number {
    return this.#waiting.size;
  }

  get(key: Key): Value | undefined {
    return this.#waiting.get(key);
  }

  has(key: Key): boolean {
    return this.#waiting.has(key);
  }

  /** Puts one who does not wait yet behind all others. */
  add(key: Key, value: Value): void {
    this.#waiting.set(key, value);
  }

  /** True if it waited. */
  leave(key: Key): boolean {
    return this.#waiting.delete(key);
  }

  /** Takes the first one out of the line, which must not be empty. */
  take(): Value {
    this.#front ??= this.#waiting.entries();
    const { done, value } = this.#front.next() as IteratorResult<[Key, Value], undefined>;
    if (done) {
      // It had come to the end before those who wait now came.
      this.#front = undefined;
      return this.take();
    }
    this.#waiting.delete(value[0]);
    return value[1];
  }
}
