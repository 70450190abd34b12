/**
 * Spreads changes of rights that concern many pages or sockets at once, such as a user with 100 sockets who joins a group with
 * 10,000 pages, or the deletion of a group with 1,000 members and as many pages. Changes within the budget are sent at once. The
 * others are queued as pairs of viewer and page, and sent in later iterations of the event loop, 2 ms in each. A queued pair is not a
 * message but a pending comparison: right and page are read when it is processed.
 *
 * Delivery settles a queued page before it sends any event of that page to a viewer who holds it (DLV-13). So a lost right takes
 * effect before the page's next event, however long the rest takes.
 */
import type { Viewer } from './hub.js';

/** Messages that changes of rights may send immediately, per iteration of the event loop. */
const SENDS_AT_ONCE = 1_024;

/** Time for queued changes per iteration of the event loop, in milliseconds. */
const BUDGET_MS = 2;

export interface FanOutOptions {
  /** Sends the viewer's sockets the change of their right on the page, if there is one. */
  readonly settle: (viewer: Viewer, pageId: string) => void;
  readonly sendsAtOnce?: number;
  readonly budgetMs?: number;
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number;
  /** Calls back in the next iteration of the event loop. */
  readonly nextIteration?: (then: () => void) => void;
}

interface QueuedPages {
  readonly pages: Set<string>;
  /** Called when all of them are settled. */
  readonly whenSettled: (() => void)[];
}

/** Pages on which the rights of the same viewers have changed: kept as what they are, for there can be millions of pairs. */
interface Change {
  readonly viewers: Set<Viewer>;
  readonly pages: ReadonlySet<string>;
  /** What is left of it. */
  readonly pairs: Iterator<readonly [Viewer, string]>;
}

export class FanOut {
  readonly #settle: FanOutOptions['settle'];
  readonly #sendsAtOnce: number;
  readonly #budgetMs: number;
  readonly #now: () => number;
  readonly #nextIteration: (then: () => void) => void;
  /** Round robin: a viewer that was processed moves to the end. */
  readonly #queued = new Map<Viewer, QueuedPages>();
  readonly #changes = new Set<Change>();
  #sends = 0;
  #isScheduled = false;

  constructor({
    settle,
    sendsAtOnce = SENDS_AT_ONCE,
    budgetMs = BUDGET_MS,
    now = () => performance.now(),
    nextIteration = (then) => void setImmediate(then),
  }: FanOutOptions) {
    this.#settle = settle;
    this.#sendsAtOnce = sendsAtOnce;
    this.#budgetMs = budgetMs;
    this.#now = now;
    this.#nextIteration = nextIteration;
  }

  /** Viewers with queued changes, and queued changes of many viewers. It is nearly always 0, so each event checks it first. */
  get waiting(): number {
    return this.#queued.size + this.#changes.size;
  }

  /** Settles the page for the viewer: immediately if the iteration's budget allows it, otherwise later. */
  change(viewer: Viewer, pageId: string): void {
    const noted = this.#queued.get(viewer);
    // A viewer's pages are settled in the order of their changes.
    if (!noted && this.#fits(viewer.sinks.size)) return this.#settle(viewer, pageId);
    this.#enqueue(viewer, [pageId]);
  }

  /** As `change`, of each of these pages for each of these viewers. */
  changeAll(viewers: readonly Viewer[], pageIds: readonly string[]): void {
    const sockets = viewers.reduce((sum, { sinks }) => sum + sinks.size, 0);
    if (sockets * pageIds.length <= this.#sendsAtOnce) {
      for (const pageId of pageIds) for (const viewer of viewers) this.change(viewer, pageId);
      return;
    }
    const change = { viewers: new Set(viewers), pages: new Set(pageIds) };
    this.#changes.add({ ...change, pairs: pairsOf(change) });
    this.#schedule();
  }

  /** Settles the page now for the viewers for whom it is queued and `needed` returns true. */
  settleNow(pageId: string, needed: (viewer: Viewer) => boolean): void {
    for (const [viewer, { pages }] of this.#queued) if (pages.has(pageId) && needed(viewer)) this.#take(viewer, pageId);
    // What is settled already changes nothing again.
    for (const { viewers, pages } of this.#changes)
      if (pages.has(pageId)) for (const viewer of viewers) if (needed(viewer)) this.#settle(viewer, pageId);
  }

  /** Undefined if nothing is queued for the viewer; otherwise resolves when all of it is settled. A small number is settled immediately. */
  whenSettled(viewer: Viewer): Promise<void> | undefined {
    for (const { viewers, pages } of this.#changes) if (viewers.delete(viewer)) this.#enqueue(viewer, pages);
    const noted = this.#queued.get(viewer);
    if (!noted) return undefined;
    if (this.#fits(noted.pages.size * viewer.sinks.size)) {
      for (const pageId of [...noted.pages]) this.#take(viewer, pageId);
      return undefined;
    }
    return new Promise((resolve) => noted.whenSettled.push(resolve));
  }

  #fits(sends: number): boolean {
    if (this.#sends + sends > this.#sendsAtOnce) return false;
    this.#sends += sends;
    this.#schedule();
    return true;
  }

  #enqueue(viewer: Viewer, pageIds: Iterable<string>): void {
    const noted = this.#queued.get(viewer);
    if (noted) for (const pageId of pageIds) noted.pages.add(pageId);
    else this.#queued.set(viewer, { pages: new Set(pageIds), whenSettled: [] });
    this.#schedule();
  }

  #take(viewer: Viewer, pageId: string): void {
    const noted = this.#queued.get(viewer);
    if (!noted) return;
    noted.pages.delete(pageId);
    this.#settle(viewer, pageId);
    if (noted.pages.size > 0) return;
    this.#queued.delete(viewer);
    for (const resolve of noted.whenSettled) resolve();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#nextIteration(() => {
      this.#isScheduled = false;
      this.#sends = 0;
      this.#settleQueued();
    });
  }

  #settleQueued(): void {
    const until = this.#now() + this.#budgetMs;
    for (const [viewer, noted] of [...this.#queued]) {
      for (const pageId of noted.pages) {
        if (this.#now() >= until) break;
        this.#take(viewer, pageId);
      }
      if (this.#now() < until) continue;
      if (this.#queued.delete(viewer)) this.#queued.set(viewer, noted);
      break;
    }
    this.#goOnWithChanges(until);
    if (this.waiting > 0) this.#schedule();
  }

  #goOnWithChanges(until: number): void {
    for (const change of this.#changes) {
      while (this.#now() < until) {
        const next = change.pairs.next();
        if (next.done) {
          this.#changes.delete(change);
          break;
        }
        this.#settle(...next.value);
      }
    }
  }
}

function* pairsOf({ viewers, pages }: Omit<Change, 'pairs'>): Generator<readonly [Viewer, string]> {
  for (const pageId of pages) for (const viewer of viewers) yield [viewer, pageId];
}
