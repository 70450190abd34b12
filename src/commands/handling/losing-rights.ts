/**
 * Orders commands that take a group's rights from users relative to those users' commands on pages (PERM-10, CMD-7). Such a removal, of
 * one member or of all with the group, waits for earlier commands of its users; later ones wait until the removal is folded. Otherwise
 * they could be decided on the state before it and written after it, and would then be void. Other users' commands do not wait.
 *
 * Each waits only for earlier ones, so there is no deadlock.
 */
interface Removal {
  /** Sequence number of its arrival. */
  readonly no: number;
  readonly userIds: ReadonlySet<string>;
  /** Unsettled earlier commands of its users on pages. */
  ahead: number;
}

const NOBODY: ReadonlyMap<unknown, string> = new Map();

export class LosingRights<T> {
  /** Number of unsettled commands on pages, by user. */
  readonly #onPages = new Map<string, number>();
  readonly #removals = new Map<T, Removal>();
  readonly #ofUser = new Map<string, Set<Removal>>();
  /** By group, the unsettled commands that add a user to it, with that user. */
  readonly #coming = new Map<string, Map<T, string>>();

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

  /** The command adds the user to the group. */
  comes(command: T, userId: string, groupId: string): void {
    const others = this.#coming.get(groupId);
    if (others) others.set(command, userId);
    else this.#coming.set(groupId, new Map([[command, userId]]));
  }

  /** A command on the group is settled. Does nothing for one that adds nobody to it. */
  hasCome(command: T, groupId: string): void {
    const others = this.#coming.get(groupId);
    if (others?.delete(command) && others.size === 0) this.#coming.delete(groupId);
  }

  /** Ids of the users whom unsettled commands add to the group. */
  comingInto(groupId: string): Iterable<string> {
    return (this.#coming.get(groupId) ?? NOBODY).values();
  }

  /** The command takes rights from the users. */
  add(command: T, users: Iterable<string>, no: number): void {
    const userIds = new Set(users);
    let ahead = 0;
    for (const userId of userIds) ahead += this.#onPages.get(userId) ?? 0;
    const removal: Removal = { no, userIds, ahead };
    this.#removals.set(command, removal);
    for (const userId of userIds) {
      const others = this.#ofUser.get(userId);
      if (others) others.add(removal);
      else this.#ofUser.set(userId, new Set([removal]));
    }
  }

  /** It is folded or refused. False if it was not added. */
  remove(command: T): boolean {
    const removal = this.#removals.get(command);
    if (!removal) return false;
    this.#removals.delete(command);
    for (const userId of removal.userIds) {
      const others = this.#ofUser.get(userId);
      others?.delete(removal);
      if (others?.size === 0) this.#ofUser.delete(userId);
    }
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
