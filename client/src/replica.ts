/**
 * Keeps a store equal to the server's: takes apart what `resumed` and `page_state` bring into the messages that would have
 * brought it live, and holds back what follows a gap until the page is healed. No I/O and no clock.
 */
import type { CatchUp, Page, PageState, Resumed, ServerMessage } from './messages.js';
import type { AlarmStore, Gap } from './store.js';

/** What taking a message led to, in order. */
export type Change =
  /** The store has it now. */
  | { readonly kind: 'applied'; readonly message: ServerMessage }
  /** Of a page that is not held. */
  | { readonly kind: 'unexpected_message'; readonly message: ServerMessage }
  /** To be asked for by a `sync` with the id `sync`, which its `page_state` will bear. */
  | { readonly kind: 'gap'; readonly gap: Gap; readonly sync: string }
  | { readonly kind: 'gap_closed'; readonly gap: Gap }
  /** A state came in place of the updates of a page that was held. */
  | { readonly kind: 'skipped'; readonly skipped: Skipped }
  /** A page that was held and that `resumed` neither listed nor removed, which cannot be: it is forgotten. */
  | { readonly kind: 'page_dropped'; readonly page_id: string }
  /** What came does not add up. Only a full state helps. */
  | { readonly kind: 'broken'; readonly why: string };

/** Messages of one page that wait for its `page_state`. More: the full state is asked for instead. */
const HELD_BACK_LIMIT = 10_000;

/** What happened to a page after `after_seq` and up to `seq` was not told event by event: the page's whole state came instead. */
export interface Skipped {
  readonly page_id: string;
  readonly after_seq: number;
  readonly seq: number;
}

interface Healing {
  readonly gap: Gap;
  readonly sync: string;
  readonly heldBack: ServerMessage[];
}

export class Replica {
  readonly #store: AlarmStore;
  readonly #newId: () => string;
  readonly #healing = new Map<string, Healing>();

  constructor(store: AlarmStore, newId: () => string) {
    this.#store = store;
    this.#newId = newId;
  }

  /** Another connection begins: what was asked for on the last one will not come. */
  startConnection(): void {
    this.#healing.clear();
  }

  take(message: ServerMessage): Change[] {
    try {
      if (message.type === 'resumed') return this.#resume(message);
      if (message.type === 'page_state') return this.#heal(message);
      return this.#follow(message);
    } catch (error) {
      // Inside its envelope a message is not checked: one of another form than its type says throws somewhere.
      return [
        {
          kind: 'broken',
          why: `a message of type ${message.type} has not the form of its type (${(error as Error).message})`,
        },
      ];
    }
  }

  #follow(message: ServerMessage): Change[] {
    const healing = this.#healingOf(message);
    if (healing) {
      healing.heldBack.push(message);
      return healing.heldBack.length <= HELD_BACK_LIMIT
        ? []
        : [{ kind: 'broken', why: `over ${HELD_BACK_LIMIT} messages waited for a page_state` }];
    }
    if (message.type === 'initial_state') this.#healing.clear();
    // The server's word on the whole page: what was asked for before it is of no use.
    if (message.type === 'page_added') this.#healing.delete(message.payload.page.id);
    if (message.type === 'page_removed') this.#healing.delete(message.payload.page_id);
    const skipped = this.#skippedBy(message);
    const outcome = this.#store.apply(message);
    if (outcome.kind === 'applied' || outcome.kind === 'unexpected_message')
      return [{ kind: outcome.kind, message }, ...skipped];
    if (outcome.kind !== 'gap') return [];
    const { gap } = outcome;
    const sync = this.#newId();
    this.#healing.set(gap.page_id, { gap, sync, heldBack: [message] });
    return [{ kind: 'gap', gap, sync }];
  }

  /** Asked before the store takes the message. */
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

  #healingOf(message: ServerMessage): Healing | undefined {
    if (this.#healing.size === 0) return undefined;
    if (message.type === 'alarm_update' || message.type === 'page_update')
      return this.#healing.get(message.payload.page_id);
    if (message.type === 'page_rights') return this.#healing.get(message.payload.page.id);
    return undefined;
  }

  #heal({ id, payload }: PageState): Change[] {
    const healing = this.#healing.get(payload.page.id);
    if (healing === undefined || healing.sync !== id) return [];
    this.#healing.delete(payload.page.id);
    const changes = this.#catchUp(payload);
    if (isBroken(changes)) return changes;
    changes.push({ kind: 'gap_closed', gap: healing.gap });
    for (const message of healing.heldBack) {
      // Rights older than those that the state told.
      if (message.type === 'page_rights' && message.payload.page.seq < payload.page.seq) continue;
      changes.push(...this.#follow(message));
    }
    return changes;
  }

  #resume({ payload: { log, pages, removed } }: Resumed): Change[] {
    if (log !== this.#store.log) return [{ kind: 'broken', why: 'resumed from another log' }];
    this.#healing.clear();
    const unlisted = new Set(this.#store.pages.keys());
    for (const { page } of pages) unlisted.delete(page.id);
    for (const id of removed) unlisted.delete(id);
    const changes: Change[] = [...removed, ...unlisted]
      .filter((id) => this.#store.pages.has(id))
      .map((page_id) => this.#apply({ type: 'page_removed', payload: { page_id } }));
    for (const page_id of unlisted) changes.push({ kind: 'page_dropped', page_id });
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
        return [...changes, { kind: 'broken', why: `a hole among the updates of page ${page.id}` }];
    }
    const held = this.#store.pages.get(page.id);
    if (held?.seq !== page.seq)
      return [
        ...changes,
        { kind: 'broken', why: `the updates of page ${page.id} end at ${held?.seq}, it is at ${page.seq}` },
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
