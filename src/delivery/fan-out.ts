/**
 * Changes of rights that concern many pages or many sockets at once, such as a user with 100 sockets who comes into a group with
 * 10,000 pages, or the end of a group with 1,000 members and as many pages. What fits is told at once; the rest is noted, viewer and page, and told in later iterations of the event loop, 2 ms in
 * each. What is noted is no message but the need to compare: the right and the page are taken as they are when it is its turn.
 *
 * Delivery settles a noted page before anything that happens on it is told to somebody who holds it (DLV-13): so a right that was lost
 * is lost before the next event of the page, however long the rest takes.
 */
import type { Viewer } from './hub.js';

/** Messages that changes of rights send within one iteration of the event loop at once. */
const SENDS_AT_ONCE = 1_024;

/** Time for what was noted in one iteration of the event loop, in milliseconds. */
const BUDGET_MS = 2;

export interface FanOutOptions {
  /** Tells the viewer's sockets what has become of their right on the page, if anything has. */
  readonly settle: (viewer: Viewer, pageId: string) => void;
  readonly sendsAtOnce?: number;
  readonly budgetMs?: number;
  /** A clock that never goes back, in milliseconds. */
  readonly now?: () => number;
  /** Calls back in the next iteration of the event loop. */
  readonly nextIteration?: (then: () => void) => void;
}

interface Noted {
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
  /** In turn: who has had a slice is the last one. */
  readonly #noted = new Map<Viewer, Noted>();
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

  /** Viewers, and changes of many viewers, of whom something is noted: hardly ever any, so that each event asks this first. */
  get waiting(): number {
    return this.#noted.size + this.#changes.size;
  }

  /** Settles the page for the viewer: at once where that fits into this iteration, and otherwise later. */
  change(viewer: Viewer, pageId: string): void {
    const noted = this.#noted.get(viewer);
    // A viewer's pages are settled in the order of their changes.
    if (!noted && this.#fits(viewer.sinks.size)) return this.#settle(viewer, pageId);
    this.#note(viewer, [pageId]);
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

  /** Settles the page now, if it is noted, for those of the viewers whom it is noted of and for whom `needed` says so. */
  settleNow(pageId: string, needed: (viewer: Viewer) => boolean): void {
    for (const [viewer, { pages }] of this.#noted) if (pages.has(pageId) && needed(viewer)) this.#take(viewer, pageId);
    // What is settled already changes nothing again.
    for (const { viewers, pages } of this.#changes)
      if (pages.has(pageId)) for (const viewer of viewers) if (needed(viewer)) this.#settle(viewer, pageId);
  }

  /** Undefined where nothing is noted of the viewer; otherwise resolves when that is told. A little is told at once. */
  whenSettled(viewer: Viewer): Promise<void> | undefined {
    for (const { viewers, pages } of this.#changes) if (viewers.delete(viewer)) this.#note(viewer, pages);
    const noted = this.#noted.get(viewer);
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

  #note(viewer: Viewer, pageIds: Iterable<string>): void {
    const noted = this.#noted.get(viewer);
    if (noted) for (const pageId of pageIds) noted.pages.add(pageId);
    else this.#noted.set(viewer, { pages: new Set(pageIds), whenSettled: [] });
    this.#schedule();
  }

  #take(viewer: Viewer, pageId: string): void {
    const noted = this.#noted.get(viewer);
    if (!noted) return;
    noted.pages.delete(pageId);
    this.#settle(viewer, pageId);
    if (noted.pages.size > 0) return;
    this.#noted.delete(viewer);
    for (const resolve of noted.whenSettled) resolve();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#nextIteration(() => {
      this.#isScheduled = false;
      this.#sends = 0;
      this.#goOn();
    });
  }

  #goOn(): void {
    const until = this.#now() + this.#budgetMs;
    for (const [viewer, noted] of [...this.#noted]) {
      for (const pageId of noted.pages) {
        if (this.#now() >= until) break;
        this.#take(viewer, pageId);
      }
      if (this.#now() < until) continue;
      if (this.#noted.delete(viewer)) this.#noted.set(viewer, noted);
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
