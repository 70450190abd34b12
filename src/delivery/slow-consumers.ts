/**
 * A state of any size reaches a slow link. While one is on its way, nothing of pages is sent behind it: that would pile up, or
 * have to be cut. When it has drained, the socket is brought to the present, by what it has missed or by newer states, and goes
 * on. So a socket costs what the largest of its states takes, however slow it is.
 */
import type { Right } from '../domain/authorization.js';
import type { LivePage } from '../domain/page.js';
import type { StateText } from '../net/state-text.js';
import type { LiveState } from '../projections/live-state.js';
import type { PageStates } from '../projections/page-states.js';
import { pageAdded, pageRemoved, pageRights } from '../protocol/down-messages.js';
import { pageJson } from '../protocol/views.js';
import { type Hub, type Sink, topicOf, type Viewer } from './hub.js';
import { missedUpdates, type PageSources } from './page-recovery.js';
import { type RecentUpdates, type RowBudget, rowBudget } from './recent-updates.js';

/** Unsent bytes behind a state from which on its socket is held back. Below, the limit for slow clients has room for them. */
export const HOLD_BACKLOG = 1024 * 1024;

/** What one page takes of that memory. */
const TOLD_BYTES = 100;

const mayGoOn = (sink: Sink): boolean => !sink.isSendingState && sink.backlog <= HOLD_BACKLOG;

/** What a client has been told of a page when it was held back. */
interface Told {
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
  readonly #held = new Map<Sink, Map<string, Told>>();

  constructor({ live, hub, recent, pageStates }: SlowConsumersParts) {
    this.#live = live;
    this.#hub = hub;
    this.#sources = { recent, pageStates };
  }

  /** Sends a state that is of this moment, as all is that the viewer's sockets have been told. */
  sendState(viewer: Viewer, sink: Sink, text: StateText): void {
    if (this.#held.has(sink)) return;
    sink.push(text);
    if (mayGoOn(sink)) return;
    sink.hold();
    const told = new Map<string, Told>();
    for (const [id, right] of viewer.pages) {
      const page = this.#live.pages.get(id);
      if (page) told.set(id, { seq: page.seq, right });
    }
    this.#held.set(sink, told);
  }

  /** Memory that is held of sockets that are held back, in bytes, by estimate. */
  get bytes(): number {
    let pages = 0;
    for (const told of this.#held.values()) pages += told.size;
    return pages * TOLD_BYTES;
  }

  forget(sink: Sink): void {
    this.#held.delete(sink);
  }

  /** To be called when all that the sink was given is on its way. */
  drained(userId: string, sink: Sink): void {
    const told = this.#held.get(sink);
    const viewer = this.#hub.viewer(userId);
    if (!told || !viewer) return;
    for (const pageId of [...told.keys()]) {
      if (viewer.pages.has(pageId)) continue;
      sink.write(pageRemoved(pageId));
      told.delete(pageId);
    }
    const budget = rowBudget();
    // Those told longest ago first: on a link that is too slow for all of them, none is forgotten.
    for (const pageId of new Set([...told.keys(), ...viewer.pages.keys()])) {
      if (!mayGoOn(sink)) return;
      const right = viewer.pages.get(pageId);
      const page = this.#live.pages.get(pageId);
      if (right === undefined || !page) continue;
      // Lost, and still to be told (fan-out.ts): nothing more of it is to be heard.
      if (this.#live.heldOn(page, userId).right === 'none') continue;
      const { seq } = page;
      const before = told.get(pageId);
      if (before?.seq === seq && before.right === right) continue;
      this.#bring(sink, page, right, before, budget);
      told.delete(pageId);
      told.set(pageId, { seq, right });
    }
    if (!mayGoOn(sink)) return;
    this.#held.delete(sink);
    sink.release(Array.from(viewer.pages.keys(), topicOf));
  }

  #bring(sink: Sink, page: LivePage, right: Right, told: Told | undefined, budget: RowBudget): void {
    const updates = told ? missedUpdates(this.#sources, page, right, told.seq, budget) : 'state';
    if (updates === 'state')
      return sink.write(pageAdded(pageJson(page, page.seq, right), this.#sources.pageStates.alarmsJson(page)));
    for (const update of updates) sink.write(update);
    if (told?.right !== right) sink.write(pageRights(pageJson(page, page.seq, right)));
  }
}
