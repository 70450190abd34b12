/**
 * Limits pending commands, in total and for each user, so that one user cannot use all slots. Many users together cannot either:
 * when all slots are taken, users with few pending commands are still accepted, up to twice the total.
 */

/** Slots of a user who is accepted when all are taken: what a person or a small program needs at a time. */
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

  /** Why there is no slot for another command of the user; undefined if there is one. */
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
