/**
 * Places for commands that wait for their answer: so many in all, and so many for each user, so that one user cannot take all of them.
 * Nor can many users together: when all are taken, whoever has few is still let in, up to twice as many in all.
 */

/** Places of a user who is let in when all are taken: what a person or a small program needs at a time. */
const LIGHT_USER = 16;

export class PendingLimit {
  readonly #total: number;
  readonly #perUser: number;
  readonly #ofUser = new Map<string, number>();
  #taken = 0;

  /** Both may be Infinity: no limit. */
  constructor(total: number, perUser: number) {
    this.#total = total;
    this.#perUser = perUser;
  }

  /** Why there is no place for one more command of the user, or undefined if there is one. */
  refusal(userId: string): 'all taken' | 'own taken' | undefined {
    const own = this.#ofUser.get(userId) ?? 0;
    if (own >= this.#perUser) return 'own taken';
    if (this.#taken < this.#total) return undefined;
    return own < LIGHT_USER && this.#taken < 2 * this.#total ? undefined : 'all taken';
  }

  take(userId: string): void {
    this.#taken += 1;
    this.#ofUser.set(userId, (this.#ofUser.get(userId) ?? 0) + 1);
  }

  free(userId: string): void {
    this.#taken -= 1;
    const left = (this.#ofUser.get(userId) ?? 0) - 1;
    if (left > 0) this.#ofUser.set(userId, left);
    else this.#ofUser.delete(userId);
  }
}
