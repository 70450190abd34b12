/**
 * Pages, groups and alarms that are decided and not in the live state yet. Many of one user's can be under way at once, in as many
 * streams; a limit that counted only what is there would let them all through.
 */
import type { Command } from './command.js';

export class Creations<T> {
  readonly #counts = new Map<string, number>();
  readonly #keys = new Map<T, string>();

  /** Those under way whose key this is: what is made and who will own it. */
  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** Once only, before it is removed. */
  add(creation: T, key: string): void {
    this.#keys.set(creation, key);
    this.#counts.set(key, this.count(key) + 1);
  }

  /** Does nothing for one that was not added. */
  remove(creation: T): void {
    const key = this.#keys.get(creation);
    if (key === undefined) return;
    this.#keys.delete(creation);
    const left = this.count(key) - 1;
    if (left > 0) this.#counts.set(key, left);
    else this.#counts.delete(key);
  }
}

/** Key of what the command makes and who will own it: `pageOwner` owns the page it is on. Undefined if nothing that it makes is counted. */
export function countedAs(
  { target, kind }: Pick<Command, 'target' | 'kind'>,
  by: string,
  pageOwner: string | undefined,
): string | undefined {
  if (target === 'new page' || target === 'new group') return `${target} ${by}`;
  return kind === 'create_alarm' && pageOwner !== undefined ? `alarm ${pageOwner}` : undefined;
}
