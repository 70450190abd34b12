/**
 * Answers `resume` and `sync`: a reconnecting client sends the last `seq` it holds for each page and receives what it missed. What
 * it may see, what it is sent and what it is subscribed to are of the same moment. Nothing is disclosed about pages that it may not
 * see, whether it held them or not, and whether they exist or not.
 */

import { notFound } from '../domain/refusals.js';
import { listed } from '../net/state-text.js';
import type { LiveState } from '../projections/live-state.js';
import type { PageStates } from '../projections/page-states.js';
import { error, pageState, resumed } from '../protocol/down-messages.js';
import type { ResumePayload, SyncPayload } from '../protocol/requests.js';
import type { Delivery } from './delivery.js';
import type { Hub, Reader, Sink, Viewer } from './hub.js';
import { pageEntry } from './page-recovery.js';
import { type RecentUpdates, rowBudget } from './recent-updates.js';
import type { SlowConsumers } from './slow-consumers.js';

/** How long a socket that was opened to resume may take to send its resume, in milliseconds; then it gets the whole state. */
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

  /** Joins the socket to the viewers, from what it holds on. A socket that holds pages of another log gets the whole state. */
  resume(reader: Reader, sink: Sink, id: string | undefined, { log, pages }: ResumePayload): Viewer {
    const { logId, slowConsumers, delivery } = this.#parts;
    if (log !== logId) return delivery.join(reader, sink, id);
    const { viewer, visible } = delivery.subscribe(reader, sink);
    const held = new Map(Object.entries(pages));
    const budget = rowBudget();
    const entries = visible.map(({ page, right }) => pageEntry(this.#parts, page, right, held.get(page.id), budget));
    for (const { page } of visible) held.delete(page.id);
    slowConsumers.sendState(viewer, sink, resumed(id, logId, listed(entries), JSON.stringify([...held.keys()])));
    return viewer;
  }

  /** Sends what was missed of one page. */
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
