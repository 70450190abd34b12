/** Which pages each user owns, and how many alarms are on them. */
import type { LivePage } from '../domain/page.js';
import { SetIndex } from './set-index.js';

export class PageOwners {
  readonly #pages = new SetIndex();
  readonly #alarms = new Map<string, number>();

  /** Ids of the pages that the user owns. */
  pagesOf(userId: string): ReadonlySet<string> {
    return this.#pages.of(userId);
  }

  /** Number of alarms on the pages that the user owns. */
  alarmsOf(userId: string): number {
    return this.#alarms.get(userId) ?? 0;
  }

  add({ id, owner_id, alarms }: LivePage, owner = owner_id): void {
    this.#pages.add(owner, id);
    this.countAlarms(owner, alarms.size);
  }

  remove({ id, owner_id, alarms }: LivePage, owner = owner_id): void {
    this.#pages.remove(owner, id);
    this.countAlarms(owner, -alarms.size);
  }

  /** Changes the number of alarms on the owner's pages. */
  countAlarms(owner: string, difference: number): void {
    const count = this.alarmsOf(owner) + difference;
    if (count > 0) this.#alarms.set(owner, count);
    else this.#alarms.delete(owner);
  }
}
