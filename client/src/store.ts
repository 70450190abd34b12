/**
 * What one user sees, folded from the server's messages in order. No I/O and no clock.
 *
 * Each page is held up to one revision of its stream. A message with a revision that is already held is dropped; one that skips a
 * revision is a gap: the page then stays at its last revision until the missing update or its full state arrives (replica.ts does
 * this; it also splits `resumed` and `page_state`, which the store does not process).
 *
 * Entities are replaced, never mutated, so they can be compared by identity.
 *
 * A server that only has the base contract sends no revisions: its messages are applied as they arrive, without these checks.
 */
import type {
  Alarm,
  AlarmUpdate,
  InitialState,
  Page,
  PageAdded,
  PageUpdate,
  ServerMessage,
  Success,
  User,
} from './messages.js';

/** Updates of a page are missing between the held and the received revision. */
export interface Gap {
  readonly page_id: string;
  readonly expected: number;
  readonly received: number;
}

/** What a message did to the store. */
export type Outcome =
  /**
   * `duplicate`: already held · `unexpected_message`: of a page that is not held · `not_state`: not about pages or alarms. Only
   * `applied` changed the store.
   */
  | { readonly kind: 'applied' | 'duplicate' | 'unexpected_message' | 'not_state' }
  | { readonly kind: 'gap'; readonly gap: Gap };

/** What a store holds, in the form that the server needs to determine what is missing. */
export interface Cursor {
  readonly log: string;
  /** Page id → held revision. */
  readonly pages: Readonly<Record<string, number>>;
}

const applied: Outcome = { kind: 'applied' };
const duplicate: Outcome = { kind: 'duplicate' };
const unexpected: Outcome = { kind: 'unexpected_message' };
const notState: Outcome = { kind: 'not_state' };

export class AlarmStore {
  #user: User | undefined;
  #log: string | undefined;
  readonly #pages = new Map<string, Page>();
  readonly #alarms = new Map<string, Alarm>();
  /** Alarm ids by page, so that removing a page costs only what is on it. */
  readonly #alarmsByPage = new Map<string, Set<string>>();

  /** The user. Undefined before the first `initial_state`. */
  get user(): User | undefined {
    return this.#user;
  }

  /** The log's id. Undefined before the first `initial_state`, and on a server that only has the base contract. */
  get log(): string | undefined {
    return this.#log;
  }

  /** Pages by id. A live view. */
  get pages(): ReadonlyMap<string, Page> {
    return this.#pages;
  }

  /** Alarms of all pages by id. A live view. */
  get alarms(): ReadonlyMap<string, Alarm> {
    return this.#alarms;
  }

  alarmsOf(pageId: string): Alarm[] {
    return Array.from(this.#alarmsByPage.get(pageId) ?? [], (id) => this.#alarms.get(id)!);
  }

  /** Undefined if there is nothing to resume from: no state yet, or a server that sends no revisions. */
  cursor(): Cursor | undefined {
    if (this.#log === undefined) return undefined;
    return { log: this.#log, pages: Object.fromEntries([...this.#pages].map(([id, page]) => [id, page.seq])) };
  }

  /** Applies the next message, of any type. */
  apply(message: ServerMessage): Outcome {
    switch (message.type) {
      case 'initial_state':
        return this.#startFrom(message.payload);
      case 'alarm_update':
        return this.#applyAlarmUpdate(message.payload);
      case 'page_update':
        return this.#applyPageUpdate(message.payload);
      case 'page_rights':
        return this.#applyRights(message.payload.page);
      case 'page_added':
        return this.#addPage(message.payload);
      case 'page_removed':
        return this.#removePage(message.payload.page_id) ? applied : unexpected;
      case 'success':
        return this.#applySuccess(message.payload);
      default:
        return notState;
    }
  }

  #startFrom({ user, log, pages, alarms }: InitialState['payload']): Outcome {
    this.#user = user;
    this.#log = log;
    this.#alarmsByPage.clear();
    this.#pages.clear();
    this.#alarms.clear();
    for (const page of pages) this.#pages.set(page.id, page);
    for (const alarm of alarms) this.#hold(alarm);
    return applied;
  }

  #applyAlarmUpdate(update: AlarmUpdate['payload']): Outcome {
    const outcome = this.#advance(update.page_id, update.seq);
    if (outcome !== applied) return outcome;
    const { alarm_id: id, page_id, action, data } = update;
    if (action === 'deleted') {
      this.#alarms.delete(id);
      this.#alarmsByPage.get(page_id)?.delete(id);
    } else {
      // The price belongs to the trigger, not to the alarm. `data` is the whole alarm here, so that what it leaves out has its default; in
      // the base contract, which omits `page_id` in it, it may be a part.
      const { price: _, ...alarm } = data;
      const held = this.#alarms.get(id);
      const last_triggered = alarm.last_triggered ?? held?.last_triggered ?? null;
      this.#hold({ ...(alarm.page_id === undefined ? held : {}), ...alarm, id, page_id, last_triggered });
    }
    return applied;
  }

  #applyPageUpdate({ page_id, seq, action, page, alarms = [] }: PageUpdate['payload']): Outcome {
    const outcome = this.#advance(page_id, seq);
    if (outcome !== applied || action === 'void') return outcome;
    this.#pages.set(page_id, { ...page, seq });
    for (const alarm of alarms) this.#hold(alarm);
    return outcome;
  }

  #applyRights(page: Page): Outcome {
    const held = this.#pages.get(page.id);
    if (!held) return unexpected;
    this.#pages.set(page.id, { ...page, seq: held.seq });
    return applied;
  }

  #addPage({ page, alarms }: PageAdded['payload']): Outcome {
    this.#removePage(page.id);
    this.#pages.set(page.id, page);
    for (const alarm of alarms) this.#hold(alarm);
    return applied;
  }

  #removePage(id: string): boolean {
    if (!this.#pages.delete(id)) return false;
    for (const alarm of this.#alarmsByPage.get(id) ?? []) this.#alarms.delete(alarm);
    this.#alarmsByPage.delete(id);
    return true;
  }

  #hold(alarm: Alarm): void {
    this.#alarms.set(alarm.id, alarm);
    const ids = this.#alarmsByPage.get(alarm.page_id) ?? new Set();
    this.#alarmsByPage.set(alarm.page_id, ids.add(alarm.id));
  }

  /** In the base contract only the answer reports a new page. Here `page_added` does, and a repeated answer must not restore a deleted page. */
  #applySuccess({ action, data }: Success['payload']): Outcome {
    if (this.#log === undefined && this.#user && action === 'page_created') {
      const page = data as Page;
      this.#pages.set(page.id, { ...page, owner_id: this.#user.id, is_owner: true });
    }
    return notState;
  }

  /** Advances a page to revision `seq`, if that is the next one. Undefined: the base contract, where nothing can be checked. */
  #advance(pageId: string, seq: number | undefined): Outcome {
    if (seq === undefined) return applied;
    const held = this.#pages.get(pageId);
    if (!held) return unexpected;
    if (seq <= held.seq) return duplicate;
    if (seq === held.seq + 1) {
      this.#pages.set(pageId, { ...held, seq });
      return applied;
    }
    return { kind: 'gap', gap: { page_id: pageId, expected: held.seq + 1, received: seq } };
  }
}
