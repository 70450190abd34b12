/**
 * A bounded queue that is fair to its users: each user's items come in order, users take turns, and when it is full the user who has
 * most in it loses their newest item to one who has less.
 */
export class FairQueue<T> {
  readonly #limit: number;
  /** The user whose turn is next first. */
  readonly #ofUser = new Map<string, T[]>();
  #size = 0;

  /** `limit`: items at the most. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds the item. Gives the item that has no room, if one has not: this one, or the newest of the user who has most. */
  push(user: string, item: T): T | undefined {
    const own = this.#ofUser.get(user);
    let displaced: T | undefined;
    if (this.#size >= this.#limit) {
      const heaviest = this.#heaviest();
      if (!heaviest || heaviest.length <= (own?.length ?? 0) + 1) return item;
      // It has one at least, so it stays in the map.
      displaced = heaviest.pop();
      this.#size -= 1;
    }
    this.#size += 1;
    if (own) own.push(item);
    else this.#ofUser.set(user, [item]);
    return displaced;
  }

  /** Takes out the next item. */
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
