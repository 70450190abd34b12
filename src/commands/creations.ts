/**
 * Pages and groups that are decided and not in the live state yet. Each is made in a stream of its own, so that many of one
 * user's can be under way at once; a limit that counted only what is there would let them all through.
 */
interface Creation {
  readonly by: string;
  readonly command: { readonly target: string };
}

const keyOf = ({ by, command }: Creation): string => `${command.target} ${by}`;

export class Creations {
  readonly #underWay = new Map<string, Set<Creation>>();

  /** Those under way of what the creation makes, by the same user. */
  count(creation: Creation): number {
    return this.#underWay.get(keyOf(creation))?.size ?? 0;
  }

  add(creation: Creation): void {
    const key = keyOf(creation);
    const same = this.#underWay.get(key);
    if (same) same.add(creation);
    else this.#underWay.set(key, new Set([creation]));
  }

  /** Does nothing for one that was not added. */
  remove(creation: Creation): void {
    const key = keyOf(creation);
    const same = this.#underWay.get(key);
    if (same?.delete(creation) && same.size === 0) this.#underWay.delete(key);
  }
}
