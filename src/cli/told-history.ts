/** Tells a history again: each event as a line for people, by the names of its moment. */

import { idOf, pageStream } from '../domain/streams.js';
import { decodeText, type StoredText } from '../log/event-codec.js';
import { LiveState } from '../projections/live-state.js';
import { forbidsReuse, REMEMBERED_MS } from '../projections/read-model/idempotency-records.js';
import { eventSentence } from './event-sentences.js';

export interface ToldEvent {
  readonly at: string;
  readonly line: string;
}

export class ToldHistory {
  readonly #live = new LiveState();
  readonly #stream: string | undefined;
  readonly #usedIds: UsedIds | undefined;
  #index = -1;

  /** `pageId`: only that page's events are told. `isShared`: of the source. */
  constructor({ pageId, isShared }: { readonly pageId?: string | undefined; readonly isShared: boolean }) {
    this.#stream = pageId === undefined ? undefined : pageStream(pageId);
    this.#usedIds = isShared ? new UsedIds() : undefined;
  }

  /** Takes the next event. Undefined if it is not told. Throws a sentence if this version cannot read it. */
  take(stored: StoredText): ToldEvent | undefined {
    const recorded = decodeText(stored);
    const { stream, metadata } = recorded;
    this.#index += 1;
    const id = idOf(stream);
    const nameBefore = this.#live.pages.get(id)?.name ?? this.#live.groups.get(id)?.name;
    const folded = this.#live.fold(recorded, this.#usedIds?.isReuse(metadata) ?? false);
    if (!folded.isVoid) this.#usedIds?.add(metadata);
    if (this.#stream !== undefined && stream !== this.#stream) return undefined;
    const { at } = metadata;
    return {
      at,
      line: `${at}  #${this.#index}  @${stored.position}  ${eventSentence(this.#live, folded, nameBefore)}`,
    };
  }
}

interface Used {
  readonly id?: string | undefined;
  readonly hash?: string | undefined;
  readonly key: string;
  readonly at: string;
}

/** The command ids that nodes have used, for as long as they are remembered. */
class UsedIds {
  readonly #used = new Map<string, string>();

  isReuse({ id, key, at }: Used): boolean {
    const before = id === undefined ? undefined : this.#used.get(key);
    return before !== undefined && forbidsReuse({ at: before }, at);
  }

  add({ id, hash, key, at }: Used): void {
    if (id === undefined || hash === undefined) return;
    this.#used.delete(key);
    this.#used.set(key, at);
    const oldest = Date.parse(at) - REMEMBERED_MS;
    for (const [other, then] of this.#used) {
      if (Date.parse(then) >= oldest) return;
      this.#used.delete(other);
    }
  }
}
