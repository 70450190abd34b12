/**
 * A map with uncommitted changes on top of a base map that stays unchanged. A batch's decisions are not facts before the log has
 * stored them: the next decision of the batch sees the changes, and a failed append leaves nothing behind.
 */
export interface Lookup<V> {
  readonly size: number;
  get(key: string): V | undefined;
  set(key: string, value: V): unknown;
  delete(key: string): unknown;
  entries(): Iterable<[string, V]>;
}

export class Overlay<V> implements Lookup<V> {
  readonly #base: Lookup<V>;
  readonly #changed = new Map<string, V | undefined>();
  /** How many more entries than the base. */
  #more = 0;

  constructor(base: Lookup<V>) {
    this.#base = base;
  }

  get size(): number {
    return this.#base.size + this.#more;
  }

  get(key: string): V | undefined {
    return this.#changed.has(key) ? this.#changed.get(key) : this.#base.get(key);
  }

  set(key: string, value: V): void {
    if (this.get(key) === undefined) this.#more += 1;
    this.#changed.set(key, value);
  }

  delete(key: string): void {
    if (this.get(key) !== undefined) this.#more -= 1;
    this.#changed.set(key, undefined);
  }

  /** The entries of the base in its order, then those that only the overlay has. */
  *entries(): Iterable<[string, V]> {
    const added = new Map(this.#changed);
    for (const [key, value] of this.#base.entries()) {
      const now = this.#changed.has(key) ? this.#changed.get(key) : value;
      added.delete(key);
      if (now !== undefined) yield [key, now];
    }
    for (const [key, value] of added) if (value !== undefined) yield [key, value];
  }
}
