/**
 * The last events of every page, in memory and bounded: what a viewer who was away for a moment has missed, at hand without a
 * read of the disk. What is older comes from alarm_events, and stays here for the next who asks.
 */
import type { History, HistoryEntry } from '../projections/alarm-events.js';
import type { Folded } from '../projections/live-state.js';

/** An event of a page as its viewers are told of it. */
export interface PastEvent extends HistoryEntry {
  /** Its alarm_update, once somebody has needed it. */
  text?: string;
}

/** What is held at most, in bytes as estimated below; half of it at least, once there was so much. */
const TAIL_BYTES = 32 * 1024 * 1024;

/** An event as what it takes in memory, in bytes: its data, as such and within its message, and what is around them. */
const sizeOf = ({ data }: PastEvent): number => 2 * data.length + 400;

/** How many events one answer may read from alarm_events: some ten milliseconds' worth. */
const ROWS_AN_ANSWER = 2_000;

/** What one answer may still read; counted down. */
export interface RowBudget {
  rows: number;
}

export const rowBudget = (): RowBudget => ({ rows: ROWS_AN_ANSWER });

const NOTHING: readonly PastEvent[] = [];

/** Two generations: when the young one is half of what may be held, it becomes the old one, and the old one goes as a whole. */
export class PageTail {
  readonly #history: Pick<History, 'ofPage'>;
  readonly #halfBytes: number;
  #young = new Map<string, PastEvent[]>();
  #old = new Map<string, PastEvent[]>();
  #youngBytes = 0;

  constructor(history: Pick<History, 'ofPage'>, bytes = TAIL_BYTES) {
    this.#history = history;
    this.#halfBytes = bytes / 2;
  }

  /** To be told of every event of a page, in the order of its stream. `text`: its alarm_update, if it has been built. */
  note({ recorded: { event, metadata, revision }, page, isVoid }: Folded, data: string, text?: string): void {
    const entry: PastEvent = { seq: revision, alarm_id: 'alarm_id' in event.data ? event.data.alarm_id : null, type: event.type, at: metadata.at, by: metadata.by, void: Number(isVoid), data };
    if (text !== undefined) entry.text = text;
    const entries = this.#young.get(page!.id);
    if (entries) entries.push(entry);
    else this.#young.set(page!.id, [entry]);
    this.#grow(sizeOf(entry));
  }

  /**
   * The events of the page behind `afterSeq` up to `lastSeq`, the page's last one: all of them, or undefined if they are not at
   * hand at once: what alarm_events lacks yet, or the budget does not allow.
   */
  since(pageId: string, afterSeq: number, lastSeq: number, budget: RowBudget): readonly PastEvent[] | undefined {
    if (afterSeq === lastSeq) return NOTHING;
    const young = this.#young.get(pageId) ?? NOTHING;
    const old = this.#old.get(pageId) ?? NOTHING;
    const next = afterSeq + 1;
    if (young.length > 0 && next >= young[0]!.seq) return young.slice(next - young[0]!.seq);
    const first = old[0]?.seq ?? young[0]?.seq ?? lastSeq + 1;
    if (next >= first) return [...old.slice(next - first), ...young];
    const missing = first - 1 - afterSeq;
    if (missing > budget.rows) return undefined;
    budget.rows -= missing;
    const rows = this.#read(pageId, afterSeq, missing);
    if (rows.length < missing) return undefined;
    const all = [...rows, ...old, ...young];
    this.#remember(pageId, all);
    return all;
  }

  /** A file that cannot be read ends the process in its own way; here it only means that there is nothing to read. */
  #read(pageId: string, afterSeq: number, limit: number): readonly PastEvent[] {
    try {
      return this.#history.ofPage(pageId, afterSeq, limit);
    } catch {
      return NOTHING;
    }
  }

  #remember(pageId: string, all: PastEvent[]): void {
    this.#old.delete(pageId);
    this.#young.set(pageId, all);
    this.#grow(all.reduce((sum, entry) => sum + sizeOf(entry), 0));
  }

  #grow(bytes: number): void {
    this.#youngBytes += bytes;
    if (this.#youngBytes < this.#halfBytes) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
  }
}
