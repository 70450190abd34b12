/**
 * Sends states of any size to slow consumers. While a state is being sent, events are not queued behind it: they would pile up or
 * the socket would have to be cut. When the state has drained, the socket is brought up to date with missed events or newer states,
 * and continues. So a socket never holds more than its largest state, however slow it is.
 */
import type { Right } from '../domain/authorization.js';
import type { LivePage } from '../domain/page.js';
import type { StateText } from '../net/state-text.js';
import type { LiveState } from '../projections/live-state.js';
import type { PageStates } from '../projections/page-states.js';
import { pageAdded, pageRemoved, pageRights } from '../protocol/down-messages.js';
import { pageJson } from '../protocol/views.js';
import { type Hub, type Reader, type Sink, topicOf, type Viewer } from './hub.js';
import { missedUpdates, type PageSources } from './page-recovery.js';
import { type RecentUpdates, type RowBudget, rowBudget } from './recent-updates.js';

/** Unsent bytes after a state from which on its socket is held back. Smaller backlogs fit within the limit of slow clients. */
export const HOLD_BACKLOG = 1024 * 1024;

/** Estimated memory per page of a held socket, in bytes. */
const HELD_PAGE_BYTES = 100;

const mayGoOn = (sink: Sink): boolean => !sink.isSendingState && sink.backlog <= HOLD_BACKLOG;

/** What a client held of a page when it was held back. */
interface HeldPage {
  readonly seq: number;
  readonly right: Right;
}

export interface SlowConsumersParts {
  readonly live: LiveState;
  readonly hub: Hub;
  readonly recent: RecentUpdates;
  readonly pageStates: PageStates;
}

export class SlowConsumers {
  readonly #live: LiveState;
  readonly #hub: Hub;
  readonly #sources: PageSources;
  readonly #held = new Map<Sink, Map<string, HeldPage>>();

  constructor({ live, hub, recent, pageStates }: SlowConsumersParts) {
    this.#live = live;
    this.#hub = hub;
    this.#sources = { recent, pageStates };
  }

  /** Sends a state of the current moment, which is the moment of everything the viewer's sockets have received. */
  sendState(viewer: Viewer, sink: Sink, text: StateText): void {
    if (this.#held.has(sink)) return;
    sink.push(text);
    if (mayGoOn(sink)) return;
    sink.hold();
    const held = new Map<string, HeldPage>();
    for (const [id, right] of viewer.pages) {
      const page = this.#live.pages.get(id);
      if (page) held.set(id, { seq: page.seq, right });
    }
    this.#held.set(sink, held);
  }

  /** Estimated memory for sockets that are held back, in bytes. */
  get bytes(): number {
    let pages = 0;
    for (const held of this.#held.values()) pages += held.size;
    return pages * HELD_PAGE_BYTES;
  }

  forget(sink: Sink): void {
    this.#held.delete(sink);
  }

  /** Has to be called when the socket's backlog is empty. */
  drained(reader: Reader, sink: Sink): void {
    const held = this.#held.get(sink);
    const viewer = this.#hub.viewer(reader);
    if (!held || !viewer) return;
    for (const pageId of [...held.keys()]) {
      if (viewer.pages.has(pageId)) continue;
      sink.write(pageRemoved(pageId));
      held.delete(pageId);
    }
    const budget = rowBudget();
    // Pages updated longest ago first, so that none starves on a connection that is too slow for all of them.
    for (const pageId of new Set([...held.keys(), ...viewer.pages.keys()])) {
      if (!mayGoOn(sink)) return;
      const right = viewer.pages.get(pageId);
      const page = this.#live.pages.get(pageId);
      if (right === undefined || !page) continue;
      // The right is lost, and the removal is still queued (fan-out.ts): no more events of the page.
      if (this.#live.heldOn(page, reader.userId).right === 'none') continue;
      const { seq } = page;
      const before = held.get(pageId);
      if (before?.seq === seq && before.right === right) continue;
      this.#bringUpToDate(sink, page, right, before, budget);
      held.delete(pageId);
      held.set(pageId, { seq, right });
    }
    if (!mayGoOn(sink)) return;
    this.#held.delete(sink);
    sink.release(Array.from(viewer.pages.keys(), topicOf));
  }

  #bringUpToDate(sink: Sink, page: LivePage, right: Right, held: HeldPage | undefined, budget: RowBudget): void {
    const updates = held ? missedUpdates(this.#sources, page, right, held.seq, budget) : 'state';
    if (updates === 'state')
      return sink.write(pageAdded(pageJson(page, page.seq, right), this.#sources.pageStates.alarmsJson(page)));
    for (const update of updates) sink.write(update);
    if (held?.right !== right) sink.write(pageRights(pageJson(page, page.seq, right)));
  }
}
