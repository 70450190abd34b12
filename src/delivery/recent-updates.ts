/**
 * The last events of every page, in bounded memory: what a viewer missed during a short disconnection, without a disk read. Older
 * events are read from alarm_events and then kept here for the next request.
 */
import type { History, HistoryEntry } from '../projections/read-model/alarm-events.js';
import { alarmAction, isAlarmAction } from '../protocol/alarm-changes.js';
import { alarmUpdate } from '../protocol/down-messages.js';

/** An event of an alarm: only the alarm_update that its viewers received, because there are many of these. */
export interface AlarmChange {
  readonly seq: number;
  readonly text: string;
}

export type PastEvent = AlarmChange | HistoryEntry;

/** Maximum memory, in bytes as estimated below. Once that much was stored, at least half of it is kept. */
const RECENT_BYTES = 32 * 1024 * 1024;

/** Estimated memory of an event, in bytes: its text, at most two bytes per character, and the object around it. */
const sizeOf = (event: PastEvent): number =>
  'text' in event ? 2 * event.text.length + 100 : 2 * event.data.length + 400;

/** The kept form of an event, from its row in alarm_events. */
export function pastEvent(pageId: string, row: HistoryEntry): PastEvent {
  const { type, alarm_id, data, seq, change } = row;
  return isAlarmAction(type) && alarm_id !== null && !row.void
    ? { seq, text: alarmUpdate(alarm_id, pageId, alarmAction(type, change, data), data, row, change) }
    : row;
}

/** Events that one answer may read from alarm_events: about ten milliseconds of work. */
const ROWS_PER_ANSWER = 2_000;

/** Rows that one answer may still read; decremented. */
export interface RowBudget {
  rows: number;
}

export const rowBudget = (): RowBudget => ({ rows: ROWS_PER_ANSWER });

const NOTHING: readonly PastEvent[] = [];

/** Two generations: when the young one reaches half of the maximum, it replaces the old one, which is dropped as a whole. */
export class RecentUpdates {
  readonly #history: Pick<History, 'ofPage'>;
  readonly #halfBytes: number;
  #young = new Map<string, PastEvent[]>();
  #old = new Map<string, PastEvent[]>();
  #youngBytes = 0;

  constructor(history: Pick<History, 'ofPage'>, bytes = RECENT_BYTES) {
    this.#history = history;
    this.#halfBytes = bytes / 2;
  }

  /** Has to be called with every event of a page, in stream order. */
  note(pageId: string, event: PastEvent): void {
    const events = this.#young.get(pageId);
    if (events) events.push(event);
    else this.#young.set(pageId, [event]);
    this.#grow(sizeOf(event));
  }

  /**
   * The events of the page after `afterSeq` up to `lastSeq`, the page's last one: all of them, or undefined if they are not
   * available at once, because alarm_events lacks some or the budget is too small.
   */
  since(pageId: string, afterSeq: number, lastSeq: number, budget: RowBudget): readonly PastEvent[] | undefined {
    if (afterSeq === lastSeq) return NOTHING;
    const young = this.#young.get(pageId) ?? NOTHING;
    const old = this.#old.get(pageId) ?? NOTHING;
    const next = afterSeq + 1;
    const firstYoung = young[0]?.seq;
    if (firstYoung !== undefined && next >= firstYoung) return young.slice(next - firstYoung);
    const first = old[0]?.seq ?? firstYoung ?? lastSeq + 1;
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

  /** A read error is handled by the process as a whole; here it only means that there is nothing to read. */
  #read(pageId: string, afterSeq: number, limit: number): readonly PastEvent[] {
    try {
      return this.#history.ofPage(pageId, afterSeq, limit).map((row) => pastEvent(pageId, row));
    } catch {
      return NOTHING;
    }
  }

  #remember(pageId: string, all: PastEvent[]): void {
    this.#old.delete(pageId);
    this.#young.set(pageId, all);
    this.#grow(all.reduce((sum, event) => sum + sizeOf(event), 0));
  }

  /** Drops all of it, because text in it was erased. */
  forget(): void {
    this.#old = new Map();
    this.#young = new Map();
    this.#youngBytes = 0;
  }

  #grow(bytes: number): void {
    this.#youngBytes += bytes;
    if (this.#youngBytes < this.#halfBytes) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
  }
}
