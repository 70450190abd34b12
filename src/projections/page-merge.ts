/**
 * Events of several pages from alarm_events in log order: a merge of the pages' histories, each of which is in log order. Its cost
 * follows these pages and what is read of them, not the length of the log.
 */
import { comparePositions, type Position } from '../log/event-log.js';
import type { History, HistoryEntry } from './read-model/alarm-events.js';

/** Rows in memory at most, if there are fewer pages than that; and at most this many of one page. */
const ROWS = 1_024;
const ROWS_OF_PAGE = 256;

/** Pages whose place is looked up in one iteration of the event loop. */
const PAGES_PER_ITERATION = 100;

/** A page with its next events. */
interface Source {
  readonly pageId: string;
  rows: readonly HistoryEntry[];
  at: number;
  /** Whether the page has no rows after these. */
  isLast: boolean;
}

export interface PageEvent {
  readonly pageId: string;
  readonly entry: HistoryEntry;
}

/** A page to read, and the seq of the last event that is not to be read, if it is known; otherwise it is looked up. */
export interface PageToRead {
  readonly id: string;
  /** Seq of its last event. */
  readonly lastSeq: number;
}

type Rows = Pick<History, 'ofPage' | 'positionOf'>;

export class PageMerge {
  readonly #history: Rows;
  readonly #perPage: number;
  /** A binary heap, the source with the earliest next event first. */
  readonly #heap: Source[] = [];

  private constructor(history: Rows, pages: number) {
    this.#history = history;
    this.#perPage = Math.max(1, Math.min(ROWS_OF_PAGE, Math.floor(ROWS / Math.max(1, pages))));
  }

  /** Events after `position` of these pages. Gives way to other work between the pages. */
  static async of(history: Rows, pages: readonly PageToRead[], position: Position): Promise<PageMerge> {
    const merge = new PageMerge(history, pages.length);
    for (const [at, page] of pages.entries()) {
      if (at > 0 && at % PAGES_PER_ITERATION === 0) await new Promise((resolve) => setImmediate(resolve));
      merge.#add(page.id, seqAt(history, page, position));
    }
    return merge;
  }

  /** The next event; undefined if there is none at or before `until`. */
  next(until: Position): PageEvent | undefined {
    const source = this.#heap[0];
    const entry = source?.rows[source.at];
    if (!source || !entry || comparePositions(entry.position, until) > 0) return undefined;
    source.at += 1;
    if (source.at === source.rows.length) this.#refill(source, entry.seq);
    if (source.at < source.rows.length) this.#sink(0);
    else this.#removeFirst();
    return { pageId: source.pageId, entry };
  }

  #add(pageId: string, afterSeq: number): void {
    const source: Source = { pageId, rows: [], at: 0, isLast: false };
    this.#refill(source, afterSeq);
    if (source.rows.length === 0) return;
    this.#heap.push(source);
    for (let at = this.#heap.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #refill(source: Source, afterSeq: number): void {
    source.rows = source.isLast ? [] : this.#history.ofPage(source.pageId, afterSeq, this.#perPage);
    source.at = 0;
    source.isLast = source.rows.length < this.#perPage;
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (!last || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #sink(from: number): void {
    for (let at = from; ; ) {
      let first = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < this.#heap.length && this.#isBefore(child, first)) first = child;
      if (first === at) return;
      this.#swap(at, first);
      at = first;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    const [first, second] = [a?.rows[a.at], b?.rows[b.at]];
    return first !== undefined && (second === undefined || comparePositions(first.position, second.position) < 0);
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (!a || !b) return;
    this.#heap[one] = b;
    this.#heap[other] = a;
  }
}

/** Seq of the page's last event at or before `position`; -1 if there is none. */
export function seqAt(history: Pick<History, 'positionOf'>, { id, lastSeq }: PageToRead, position: Position): number {
  const isAfter = (seq: number): boolean => {
    const found = history.positionOf(id, seq);
    return found === undefined || comparePositions(found, position) > 0;
  };
  if (!isAfter(lastSeq)) return lastSeq;
  let [low, high] = [-1, lastSeq];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (isAfter(middle)) high = middle;
    else low = middle;
  }
  return low;
}
