/**
 * Answers `resume` and `sync`: a client says what it holds and is brought to the present. What it may see, how far that is and
 * what it is subscribed to are of one moment; nothing is told of pages that it may not see, held or not, there or not.
 */

import { notFound } from '../domain/refusals.js';
import { listed } from '../net/state-text.js';
import type { LiveState } from '../projections/live-state.js';
import type { PageStates } from '../projections/page-states.js';
import { error, pageState, resumed } from '../protocol/down-messages.js';
import type { ResumePayload, SyncPayload } from '../protocol/requests.js';
import type { Delivery } from './delivery.js';
import type { Hub, Sink, Viewer } from './hub.js';
import { pageEntry } from './page-recovery.js';
import { type RecentUpdates, rowBudget } from './recent-updates.js';
import type { SlowConsumers } from './slow-consumers.js';

/** How long a socket that was opened to resume may take to say what it holds, in milliseconds; then it gets the whole state. */
export const RESUME_WAIT_MS = 10_000;

export interface RecoveryParts {
  readonly live: LiveState;
  readonly logId: string;
  readonly hub: Hub;
  readonly recent: RecentUpdates;
  readonly pageStates: PageStates;
  readonly slowConsumers: SlowConsumers;
  readonly delivery: Delivery;
}

export class Recovery {
  readonly #parts: RecoveryParts;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  /** Joins the socket to those who are told, from what it holds on; one that holds another log's pages gets the whole state. */
  resume(userId: string, sink: Sink, id: string | undefined, { log, pages }: ResumePayload): Viewer {
    const { logId, slowConsumers, delivery } = this.#parts;
    if (log !== logId) return delivery.join(userId, sink, id);
    const { viewer, visible } = delivery.subscribe(userId, sink);
    const held = new Map(Object.entries(pages));
    const budget = rowBudget();
    const entries = visible.map(({ page, right }) => pageEntry(this.#parts, page, right, held.get(page.id), budget));
    for (const { page } of visible) held.delete(page.id);
    slowConsumers.sendState(viewer, sink, resumed(id, logId, listed(entries), JSON.stringify([...held.keys()])));
    return viewer;
  }

  /** Fills a hole of one page. */
  sync(viewer: Viewer, sink: Sink, id: string | undefined, payload: SyncPayload): void {
    const { live, slowConsumers, delivery } = this.#parts;
    if (sink.isHeld) return sink.defer(() => this.sync(viewer, sink, id, payload));
    delivery.settleNow(viewer, payload.page_id);
    const right = viewer.pages.get(payload.page_id);
    const page = live.pages.get(payload.page_id);
    if (right === undefined || !page) return sink.send(error(id, notFound('page')));
    slowConsumers.sendState(viewer, sink, pageState(id, pageEntry(this.#parts, page, right, payload.seq, rowBudget())));
  }
}
