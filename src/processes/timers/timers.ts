/**
 * Makes deadlines of alarms take effect when they are due: has each overdue alarm settled by a command of the server, through its page's
 * queue. Every node does this, without a leader. The log's order decides between them: whoever comes second finds the deadline settled
 * and appends nothing. Nothing is wrong while this is late, because commands settle what is overdue before they are decided.
 */
import type { Alarm } from '../../domain/alarm.js';
import { firstDue, isRenotificationAlone } from '../../domain/deadlines.js';
import type { RefusalCode } from '../../domain/refusals.js';
import type { Folded, LiveState } from '../../projections/live-state.js';
import type { TimedWork } from '../process.js';
import { DueHeap } from './due-heap.js';
import type { RenotificationBudget } from './renotification-budget.js';

/** How often it looks for what is due, in milliseconds. Short, so that a clock that is set forwards is noticed too. */
const EVERY_MS = 250;

/** Nodes that share a log wait up to this much longer, each another time, so that they rarely race; in milliseconds. */
const JITTER_MS = 1_000;

/** Alarms that are being settled at the same time, at most. */
const AT_ONCE = 500;

/** How long it waits after the log took no events, in milliseconds. */
const PAUSE_MS = 1_000;

/** A deadline that was due longer ago than this is late, in milliseconds. */
export const LATE_MS = 2_000;

export interface TimersParts {
  readonly live: Pick<LiveState, 'pages' | 'pageOfAlarm'>;
  /** The log's time: RFC 3339, UTC, ms. */
  readonly at: () => string;
  /** Whether other nodes do the same. */
  readonly isShared: boolean;
  /** Settles the alarm's overdue deadlines; `done` is called once, with why there is nothing left, or why it was not done. */
  readonly settle: (alarmId: string, done: (refusal: RefusalCode) => void) => void;
  /** Bounds how often alarms are told again; the other deadlines never wait. */
  readonly budget?: RenotificationBudget;
  /** From 0 to 1. */
  readonly random?: () => number;
}

export class Timers implements TimedWork {
  readonly name = 'timers';
  readonly everyMs = EVERY_MS;
  readonly #parts: TimersParts;
  readonly #jitterMs: number;
  /** Alarms with a deadline, by the time of their first one. */
  readonly #heap = new DueHeap();
  readonly #settling = new Set<string>();
  /** Alarms that wait for their slot to be told again: its time, and when they were due. */
  readonly #held = new Map<string, { readonly untilMs: number; readonly dueMs: number }>();
  #pausedUntilMs = 0;

  constructor(parts: TimersParts) {
    this.#parts = parts;
    this.#jitterMs = parts.isShared ? (parts.random ?? Math.random)() * JITTER_MS : 0;
    for (const page of parts.live.pages.values()) for (const alarm of page.alarms.values()) this.#changed(alarm);
  }

  /** Number of alarms with a deadline, of those whose deadline is late, and of those that wait for their slot to be told again. */
  get counts(): { readonly due: number; readonly late: number; readonly held: number } {
    const before = Date.parse(this.#parts.at()) - LATE_MS;
    return { due: this.#heap.size + this.#settling.size, late: this.#heap.countBefore(before), held: this.#held.size };
  }

  /** Has to be called with every folded event. */
  onFolded({ alarm, alarms }: Folded): void {
    if (alarm) this.#changed(alarm);
    else if (alarms) for (const one of alarms) this.#changed(one);
  }

  run(): void {
    const now = Date.parse(this.#parts.at());
    if (now < this.#pausedUntilMs) return;
    // Taken first: what is refused at once is in the heap again.
    const due: string[] = [];
    for (let { first } = this.#heap; first; { first } = this.#heap) {
      if (first.dueMs + this.#jitterMs > now || this.#settling.size + due.length >= AT_ONCE) break;
      if (this.#isHeld(first.id, now)) continue;
      this.#heap.delete(first.id);
      due.push(first.id);
    }
    for (const alarmId of due) this.#settle(alarmId);
  }

  /** Whether the overdue alarm waits for its slot to be told again. It is then due at that time. */
  #isHeld(alarmId: string, now: number): boolean {
    const { budget, live } = this.#parts;
    const page = budget && live.pageOfAlarm(alarmId);
    const alarm = page?.alarms.get(alarmId);
    if (!budget || !page || !alarm?.deadlines?.renotify || !isRenotificationAlone(alarm, now)) return false;
    const slot = this.#held.get(alarmId)?.untilMs ?? now + budget.reserve(page.owner_id);
    const until = Math.max(slot, now + budget.quotaWait(page.owner_id));
    if (until <= now) {
      this.#held.delete(alarmId);
      return false;
    }
    this.#held.set(alarmId, { untilMs: until, dueMs: alarm.deadlines.renotify.due });
    // Another deadline of it may come first.
    const { snooze, expiry } = alarm.deadlines;
    this.#heap.set(alarmId, Math.min(until, snooze?.due ?? Infinity, expiry?.due ?? Infinity));
    return true;
  }

  #settle(alarmId: string): void {
    const alarm = this.#parts.live.pageOfAlarm(alarmId)?.alarms.get(alarmId);
    if (!alarm?.deadlines) return;
    this.#settling.add(alarmId);
    this.#parts.settle(alarmId, (refusal) => {
      this.#settling.delete(alarmId);
      if (refusal !== 'nothing_to_do' && refusal !== 'not_found')
        this.#pausedUntilMs = Date.parse(this.#parts.at()) + PAUSE_MS;
      const now = this.#parts.live.pageOfAlarm(alarmId)?.alarms.get(alarmId);
      if (now) this.#changed(now);
    });
  }

  #changed(alarm: Alarm): void {
    if (!alarm.deadlines && !this.#heap.has(alarm.id)) return;
    if (this.#settling.has(alarm.id)) return;
    const due = firstDue(alarm);
    // Settled, or not to be told again any more: it needs no slot, or another one.
    if (this.#held.size > 0 && alarm.deadlines?.renotify?.due !== this.#held.get(alarm.id)?.dueMs)
      this.#held.delete(alarm.id);
    if (due === undefined) this.#heap.delete(alarm.id);
    else this.#heap.set(alarm.id, due);
  }
}
