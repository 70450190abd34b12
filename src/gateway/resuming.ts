/**
 * Answers `resume` and `sync`: a client says what it holds and is brought to the present. What it may see, how far that is and
 * what it is subscribed to are of one moment; nothing is told of pages that it may not see, held or not, there or not.
 */
import type { LiveState } from '../projections/live-state.js';
import type { PageStates } from '../projections/page-states.js';
import { notFound } from '../domain/refusals.js';
import type { Audience, Outlet, Viewer } from './audience.js';
import { pageEntry } from './catching-up.js';
import type { Delivery } from './delivery.js';
import { error, pageState, resumed } from './down-messages.js';
import { rowBudget, type PageTail } from './page-tail.js';
import type { SlowLinks } from './slow-links.js';
import { listed } from '../wire/state-text.js';
import type { ResumePayload, SyncPayload } from './up-messages.js';

/** How long a socket that was opened to resume may take to say what it holds, in milliseconds; then it gets the whole state. */
export const RESUME_WAIT_MS = 10_000;

export interface ResumingParts {
  readonly live: LiveState;
  readonly logId: string;
  readonly audience: Audience;
  readonly tail: PageTail;
  readonly pageStates: PageStates;
  readonly slowLinks: SlowLinks;
  readonly delivery: Delivery;
}

export class Resuming {
  readonly #parts: ResumingParts;

  constructor(parts: ResumingParts) {
    this.#parts = parts;
  }

  /** Joins the socket to those who are told, from what it holds on; one that holds another log's pages gets the whole state. */
  resume(userId: string, outlet: Outlet, id: string | undefined, { log, pages }: ResumePayload): Viewer {
    const { logId, slowLinks, delivery } = this.#parts;
    if (log !== logId) return delivery.join(userId, outlet, id);
    const { viewer, visible } = delivery.subscribe(userId, outlet);
    const held = new Map(Object.entries(pages));
    const budget = rowBudget();
    const entries = visible.map(({ page, right }) => pageEntry(this.#parts, page, right, held.get(page.id), budget));
    for (const { page } of visible) held.delete(page.id);
    slowLinks.sendState(viewer, outlet, resumed(id, logId, listed(entries), JSON.stringify([...held.keys()])));
    return viewer;
  }

  /** Fills a hole of one page. */
  sync(viewer: Viewer, outlet: Outlet, id: string | undefined, payload: SyncPayload): void {
    const { live, slowLinks, delivery } = this.#parts;
    if (outlet.isHeld) return outlet.defer(() => this.sync(viewer, outlet, id, payload));
    delivery.settleNow(viewer, payload.page_id);
    const right = viewer.pages.get(payload.page_id);
    if (right === undefined) return outlet.send(error(id, notFound('page')));
    slowLinks.sendState(viewer, outlet, pageState(id, pageEntry(this.#parts, live.pages.get(payload.page_id)!, right, payload.seq, rowBudget())));
  }
}
