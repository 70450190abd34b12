/**
 * The last events of every page, in memory and bounded: what a viewer who was away for a moment has missed, at hand without a
 * read of the disk. What is older comes from alarm_events, and stays here for the next who asks.
 */
import type { History, HistoryEntry } from '../projections/read-model/alarm-events.js';
import { alarmActions, alarmUpdate, isAlarmAction } from '../protocol/down-messages.js';

/** What an event did to an alarm: the alarm_update that its viewers were told, and nothing else, for there are many of these. */
export interface AlarmChange {
  readonly seq: number;
  readonly text: string;
}

export type PastEvent = AlarmChange | HistoryEntry;

/** What is held at most, in bytes as estimated below; half of it at least, once there was so much. */
const TAIL_BYTES = 32 * 1024 * 1024;

/** What an event takes in memory, in bytes: its text, two bytes a character at most, and what is around it. */
const sizeOf = (event: PastEvent): number =>
  'text' in event ? 2 * event.text.length + 100 : 2 * event.data.length + 400;

/** An event as it is kept, of a row as it is in alarm_events. */
export function pastEvent(pageId: string, row: HistoryEntry): PastEvent {
  const { type, alarm_id, data, seq } = row;
  return isAlarmAction(type) && alarm_id !== null && !row.void
    ? { seq, text: alarmUpdate(alarm_id, pageId, alarmActions[type], data, row) }
    : row;
}

/** How many events one answer may read from alarm_events: some ten milliseconds' worth. */
const ROWS_AN_ANSWER = 2_000;

/** What one answer may still read; counted down. */
export interface RowBudget {
  rows: number;
}

export const rowBudget = (): RowBudget => ({ rows: ROWS_AN_ANSWER });

const NOTHING: readonly PastEvent[] = [];

/** Two generations: when the young one is half of what may be held, it becomes the old one, and the old one goes as a whole. */
export class RecentUpdates {
  readonly #history: Pick<History, 'ofPage'>;
  readonly #halfBytes: number;
  #young = new Map<string, PastEvent[]>();
  #old = new Map<string, PastEvent[]>();
  #youngBytes = 0;

  constructor(history: Pick<History, 'ofPage'>, bytes = TAIL_BYTES) {
    this.#history = history;
    this.#halfBytes = bytes / 2;
  }

  /** To be told of every event of a page, in the order of its stream. */
  note(pageId: string, event: PastEvent): void {
    const events = this.#young.get(pageId);
    if (events) events.push(event);
    else this.#young.set(pageId, [event]);
    this.#grow(sizeOf(event));
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

  /** A file that cannot be read ends the process in its own way; here it only means that there is nothing to read. */
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

  #grow(bytes: number): void {
    this.#youngBytes += bytes;
    if (this.#youngBytes < this.#halfBytes) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
  }
}
