/** Places for commands that wait for their answer: so many in all, and so many for each user, so that one user cannot take all of them. */
export class WaitingPlaces {
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
    if (this.#taken >= this.#total) return 'all taken';
    return (this.#ofUser.get(userId) ?? 0) >= this.#perUser ? 'own taken' : undefined;
  }

  take(userId: string): void {
    this.#taken += 1;
    this.#ofUser.set(userId, (this.#ofUser.get(userId) ?? 0) + 1);
  }

  free(userId: string): void {
    this.#taken -= 1;
    const left = this.#ofUser.get(userId)! - 1;
    if (left > 0) this.#ofUser.set(userId, left);
    else this.#ofUser.delete(userId);
  }
}
