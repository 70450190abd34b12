/**
 * Pages, groups and alarms that are decided and not in the live state yet. One user can have many of them in flight at once, in
 * different streams; a limit that counted only the live state would let all of them through.
 */
import type { Command } from './command.js';

export class Creations<T> {
  readonly #counts = new Map<string, number>();
  readonly #keys = new Map<T, string>();

  /** Creations in flight with this key, which names the kind of entity and its future owner. */
  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** Call it once for a creation, before `remove`. */
  add(creation: T, key: string): void {
    this.#keys.set(creation, key);
    this.#counts.set(key, this.count(key) + 1);
  }

  /** Does nothing for a creation that was not added. */
  remove(creation: T): void {
    const key = this.#keys.get(creation);
    if (key === undefined) return;
    this.#keys.delete(creation);
    const left = this.count(key) - 1;
    if (left > 0) this.#counts.set(key, left);
    else this.#counts.delete(key);
  }
}

/** Key of what the command creates and of its future owner; `pageOwner` owns the page it is on. Undefined if it creates nothing that is counted. */
export function countedAs(
  { target, kind }: Pick<Command, 'target' | 'kind'>,
  by: string,
  pageOwner: string | undefined,
): string | undefined {
  if (target === 'new page' || target === 'new group') return `${target} ${by}`;
  return kind === 'create_alarm' && pageOwner !== undefined ? `alarm ${pageOwner}` : undefined;
}
