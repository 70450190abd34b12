/**
 * Orders the removals of users from groups relative to those users' commands on pages (PERM-10, CMD-7). A removal waits for earlier
 * commands of its user; later ones wait until the removal is folded. Otherwise they could be decided on the state before it and
 * written after it, and would then be void. Other users' commands do not wait.
 *
 * Each waits only for earlier ones, so there is no deadlock.
 */
interface Removal {
  /** Sequence number of its arrival. */
  readonly no: number;
  readonly userId: string;
  /** Unsettled earlier commands of the user on pages. */
  ahead: number;
}

export class LosingRights<T> {
  /** Number of unsettled commands on pages, by user. */
  readonly #onPages = new Map<string, number>();
  readonly #removals = new Map<T, Removal>();
  readonly #ofUser = new Map<string, Set<Removal>>();

  /** Whether no removal is pending. */
  get isEmpty(): boolean {
    return this.#removals.size === 0;
  }

  /** A command of the user on a page has arrived. */
  came(userId: string): void {
    this.#onPages.set(userId, (this.#onPages.get(userId) ?? 0) + 1);
  }

  /** A command on a page is settled: of this user, with this sequence number. */
  settled(userId: string, no: number): void {
    const left = (this.#onPages.get(userId) ?? 0) - 1;
    if (left > 0) this.#onPages.set(userId, left);
    else this.#onPages.delete(userId);
    for (const removal of this.#ofUser.get(userId) ?? []) if (no < removal.no) removal.ahead -= 1;
  }

  /** The command takes rights from the user. */
  add(command: T, userId: string, no: number): void {
    const removal: Removal = { no, userId, ahead: this.#onPages.get(userId) ?? 0 };
    this.#removals.set(command, removal);
    const others = this.#ofUser.get(userId);
    if (others) others.add(removal);
    else this.#ofUser.set(userId, new Set([removal]));
  }

  /** It is folded or refused. False if it was not added. */
  remove(command: T): boolean {
    const removal = this.#removals.get(command);
    if (!removal) return false;
    this.#removals.delete(command);
    const others = this.#ofUser.get(removal.userId);
    others?.delete(removal);
    if (others?.size === 0) this.#ofUser.delete(removal.userId);
    return true;
  }

  /** Whether the removal has to wait. False for other commands. */
  isWaiting(command: T): boolean {
    return (this.#removals.get(command)?.ahead ?? 0) > 0;
  }

  /** Whether a command on a page has to wait: of this user, with this sequence number. */
  holds(userId: string, no: number): boolean {
    for (const removal of this.#ofUser.get(userId) ?? []) if (removal.no < no) return true;
    return false;
  }
}
