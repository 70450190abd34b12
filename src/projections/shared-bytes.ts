/**
 * Sums of the bytes of state that are shared with each user and group, and of each user's own pages. They are maintained
 * incrementally, so that a limit needs no iteration over pages.
 *
 * A page is charged in steps, at least one: so an empty page is not free, and a sum changes only when a page reaches another step.
 * A page counts once for each grant, even if a user is reached by several of them.
 */
import type { SubjectType } from '../domain/fields.js';
import { alarmBytes, type LivePage, type Page } from '../domain/page.js';

/** In bytes. An alarm usually takes 0.3 KB, and at most 3 KB. */
const STEP_BYTES = 4 * 1024;

/** The charge of a page whose alarms have this many bytes, in bytes. */
export const chargeOf = (bytes: number): number => STEP_BYTES * (1 + Math.floor(bytes / STEP_BYTES));

export const bytesOfAlarms = (page: LivePage): number => {
  let bytes = 0;
  for (const alarm of page.alarms.values()) bytes += alarmBytes(alarm);
  return bytes;
};

/** Numbers by id, without zeros. */
class Sums {
  readonly #sums = new Map<string, number>();

  of(id: string): number {
    return this.#sums.get(id) ?? 0;
  }

  add(id: string, difference: number): void {
    const sum = this.of(id) + difference;
    if (sum !== 0) this.#sums.set(id, sum);
    else this.#sums.delete(id);
  }
}

export class SharedBytes {
  readonly #granted: Readonly<Record<SubjectType, Sums>> = { user: new Sums(), group: new Sums() };
  readonly #owned = new Sums();

  /** Charge of the pages on which the subject itself holds a grant, in bytes. */
  grantedTo(type: SubjectType, id: string): number {
    return this.#granted[type].of(id);
  }

  /** Bytes of the alarms on the pages that the user owns, not rounded. */
  ownedBy(userId: string): number {
    return this.#owned.of(userId);
  }

  added(page: LivePage): void {
    this.#owned.add(page.owner_id, page.bytes);
    this.#changed(page, chargeOf(page.bytes));
  }

  removed(page: LivePage): void {
    this.#owned.add(page.owner_id, -page.bytes);
    this.#changed(page, -chargeOf(page.bytes));
  }

  /** The page has another owner. */
  transferred(page: LivePage, formerOwner: string): void {
    this.#owned.add(formerOwner, -page.bytes);
    this.#owned.add(page.owner_id, page.bytes);
  }

  /** The page's alarms took `before` bytes until now. */
  grew(page: LivePage, before: number): void {
    if (page.bytes === before) return;
    this.#owned.add(page.owner_id, page.bytes - before);
    const difference = chargeOf(page.bytes) - chargeOf(before);
    if (difference !== 0) this.#changed(page, difference);
  }

  /** The subject has received or lost a grant on the page. */
  granted(page: Page, type: SubjectType, id: string, has: boolean): void {
    this.#granted[type].add(id, has ? chargeOf(page.bytes) : -chargeOf(page.bytes));
  }

  #changed(page: LivePage, difference: number): void {
    for (const type of ['user', 'group'] as const)
      for (const id of page.grants[type].keys()) this.#granted[type].add(id, difference);
  }
}
