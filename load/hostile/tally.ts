/** Counts the answers to an attacker by kind, to report which limits were reached. */

export class Tally {
  readonly #counts = new Map<string, number>();

  add(what: string, count = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + count);
  }

  /** The most frequent first. */
  entries(): [what: string, count: number][] {
    return [...this.#counts].sort(([, a], [, b]) => b - a);
  }
}
