/**
 * Keeps a store equal to the server's: splits `resumed` and `page_state` into the messages that a live connection would have
 * received, and holds back messages after a gap until it is closed. No I/O and no clock.
 */
import type { CatchUp, Page, PageState, Resumed, ServerMessage } from './messages.js';
import type { AlarmStore, Gap } from './store.js';

/** The results of processing a message, in order. */
export type Change =
  /** The store has applied it. */
  | { readonly kind: 'applied'; readonly message: ServerMessage }
  /** The message is of a page that is not held. */
  | { readonly kind: 'unexpected_message'; readonly message: ServerMessage }
  /** To be requested with a `sync` whose id is `sync`; its `page_state` has the same id. */
  | { readonly kind: 'gap'; readonly gap: Gap; readonly sync: string }
  | { readonly kind: 'gap_closed'; readonly gap: Gap }
  /** A state arrived instead of the updates of a page that was held. */
  | { readonly kind: 'skipped'; readonly skipped: Skipped }
  /** A page that was held and that `resumed` neither listed nor removed, which should not happen: it is dropped. */
  | { readonly kind: 'page_dropped'; readonly page_id: string }
  /** The messages are inconsistent. Only a full state helps. */
  | { readonly kind: 'broken'; readonly why: string };

/** Maximum number of messages of one page that wait for its `page_state`; beyond it the full state is requested instead. */
const HELD_BACK_LIMIT = 10_000;

/** Events of a page after `after_seq` up to `seq` that were not reported one by one: the page's whole state arrived instead. */
export interface Skipped {
  readonly page_id: string;
  readonly after_seq: number;
  readonly seq: number;
}

interface OpenGap {
  readonly gap: Gap;
  readonly sync: string;
  readonly heldBack: ServerMessage[];
}

export class Replica {
  readonly #store: AlarmStore;
  readonly #newId: () => string;
  readonly #openGaps = new Map<string, OpenGap>();

  constructor(store: AlarmStore, newId: () => string) {
    this.#store = store;
    this.#newId = newId;
  }

  /** A new connection begins: answers requested on the last one will not arrive. */
  startConnection(): void {
    this.#openGaps.clear();
  }

  take(message: ServerMessage): Change[] {
    try {
      if (message.type === 'resumed') return this.#resume(message);
      if (message.type === 'page_state') return this.#closeGap(message);
      return this.#applyLive(message);
    } catch (error) {
      // Only a message's envelope is checked: a message whose payload does not match its type throws somewhere.
      return [
        {
          kind: 'broken',
          why: `a message of type ${message.type} does not match its type (${(error as Error).message})`,
        },
      ];
    }
  }

  #applyLive(message: ServerMessage): Change[] {
    const openGap = this.#openGapOf(message);
    if (openGap) {
      openGap.heldBack.push(message);
      return openGap.heldBack.length <= HELD_BACK_LIMIT
        ? []
        : [{ kind: 'broken', why: `over ${HELD_BACK_LIMIT} messages waited for a page_state` }];
    }
    if (message.type === 'initial_state') this.#openGaps.clear();
    // This message describes the whole page, so a pending sync of it is obsolete.
    if (message.type === 'page_added') this.#openGaps.delete(message.payload.page.id);
    if (message.type === 'page_removed') this.#openGaps.delete(message.payload.page_id);
    const skipped = this.#skippedBy(message);
    const outcome = this.#store.apply(message);
    if (outcome.kind === 'applied' || outcome.kind === 'unexpected_message')
      return [{ kind: outcome.kind, message }, ...skipped];
    if (outcome.kind !== 'gap') return [];
    const { gap } = outcome;
    const sync = this.#newId();
    this.#openGaps.set(gap.page_id, { gap, sync, heldBack: [message] });
    return [{ kind: 'gap', gap, sync }];
  }

  /** Called before the store applies the message. */
  #skippedBy(message: ServerMessage): Change[] {
    const isSameLog =
      message.type === 'initial_state' && this.#store.log !== undefined && message.payload.log === this.#store.log;
    const pages = message.type === 'page_added' ? [message.payload.page] : isSameLog ? message.payload.pages : [];
    return pages.flatMap(({ id, seq }) => {
      const held = this.#store.pages.get(id);
      return held && held.seq < seq
        ? [{ kind: 'skipped' as const, skipped: { page_id: id, after_seq: held.seq, seq } }]
        : [];
    });
  }

  #openGapOf(message: ServerMessage): OpenGap | undefined {
    if (this.#openGaps.size === 0) return undefined;
    if (message.type === 'alarm_update' || message.type === 'page_update')
      return this.#openGaps.get(message.payload.page_id);
    if (message.type === 'page_rights') return this.#openGaps.get(message.payload.page.id);
    return undefined;
  }

  #closeGap({ id, payload }: PageState): Change[] {
    const openGap = this.#openGaps.get(payload.page.id);
    if (openGap === undefined || openGap.sync !== id) return [];
    this.#openGaps.delete(payload.page.id);
    const changes = this.#catchUp(payload);
    if (isBroken(changes)) return changes;
    changes.push({ kind: 'gap_closed', gap: openGap.gap });
    for (const message of openGap.heldBack) {
      // Rights that are older than the state.
      if (message.type === 'page_rights' && message.payload.page.seq < payload.page.seq) continue;
      changes.push(...this.#applyLive(message));
    }
    return changes;
  }

  #resume({ payload: { log, pages, removed } }: Resumed): Change[] {
    if (log !== this.#store.log) return [{ kind: 'broken', why: 'resumed from another log' }];
    this.#openGaps.clear();
    const dropped = new Set(this.#store.pages.keys());
    for (const { page } of pages) dropped.delete(page.id);
    for (const id of removed) dropped.delete(id);
    const changes: Change[] = [...removed, ...dropped]
      .filter((id) => this.#store.pages.has(id))
      .map((page_id) => this.#apply({ type: 'page_removed', payload: { page_id } }));
    for (const page_id of dropped) changes.push({ kind: 'page_dropped', page_id });
    for (const entry of pages) changes.push(...this.#catchUp(entry));
    return changes;
  }

  #catchUp(entry: CatchUp): Change[] {
    const { page } = entry;
    if ('alarms' in entry) {
      const added = { type: 'page_added', payload: { page, alarms: entry.alarms } } as const;
      const skipped = this.#skippedBy(added);
      return [this.#apply(added), ...skipped];
    }
    const changes: Change[] = [];
    for (const update of entry.updates) {
      const outcome = this.#store.apply(update);
      if (outcome.kind === 'applied') changes.push({ kind: 'applied', message: update });
      else if (outcome.kind === 'gap' || outcome.kind === 'unexpected_message')
        return [...changes, { kind: 'broken', why: `an update of page ${page.id} is missing` }];
    }
    const held = this.#store.pages.get(page.id);
    if (held?.seq !== page.seq)
      return [
        ...changes,
        { kind: 'broken', why: `the updates of page ${page.id} end at ${held?.seq}, but the page is at ${page.seq}` },
      ];
    if (!isSamePage(held, page)) changes.push(this.#apply({ type: 'page_rights', payload: { page } }));
    return changes;
  }

  #apply(message: ServerMessage): Change {
    this.#store.apply(message);
    return { kind: 'applied', message };
  }
}

const isBroken = (changes: readonly Change[]): boolean => changes.some(({ kind }) => kind === 'broken');

function isSamePage(a: Page, b: Page): boolean {
  return (
    a.name === b.name &&
    a.owner_id === b.owner_id &&
    a.is_owner === b.is_owner &&
    a.can_edit === b.can_edit &&
    a.can_share === b.can_share
  );
}
