/**
 * A bounded queue that is fair to its users: items are taken from the users round-robin, each user's items in order. When it is full,
 * the newest item of the user with the most items is removed for a user with fewer items.
 */
export class FairQueue<T> {
  readonly #limit: number;
  /** In round-robin order: the user whose item is taken next is first. */
  readonly #ofUser = new Map<string, T[]>();
  #size = 0;

  /** `limit`: maximum number of items. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds the item. Returns the item that does not fit, if any: this one, or the newest of the user with the most items. */
  push(user: string, item: T): T | undefined {
    const own = this.#ofUser.get(user);
    let displaced: T | undefined;
    if (this.#size >= this.#limit) {
      const heaviest = this.#heaviest();
      if (!heaviest || heaviest.length <= (own?.length ?? 0) + 1) return item;
      // At least one item remains, so the user stays in the map.
      displaced = heaviest.pop();
      this.#size -= 1;
    }
    this.#size += 1;
    if (own) own.push(item);
    else this.#ofUser.set(user, [item]);
    return displaced;
  }

  /** Removes and returns the next item. */
  shift(): T | undefined {
    const next = this.#ofUser.entries().next();
    if (next.done) return undefined;
    const [user, items] = next.value;
    this.#ofUser.delete(user);
    const item = items.shift()!;
    if (items.length > 0) this.#ofUser.set(user, items);
    this.#size -= 1;
    return item;
  }

  #heaviest(): T[] | undefined {
    let heaviest: T[] | undefined;
    for (const items of this.#ofUser.values()) if (!heaviest || items.length > heaviest.length) heaviest = items;
    return heaviest;
  }
}
