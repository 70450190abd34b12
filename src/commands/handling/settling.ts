/**
 * Settles what is overdue on the alarms that are about to be decided on: the events of passed deadlines come first, in the same append.
 * So no decision rests on something overdue, whether a timer was punctual or not.
 */
import { v5 } from 'uuid';
import { SYSTEM_ID } from '../../domain/authorization.js';
import { type DeadlineEvent, type DeadlineKind, deadlineOf, firstDue, overdueEvent } from '../../domain/deadlines.js';
import { eventVersions } from '../../domain/events.js';
import { evolve, type Page } from '../../domain/page.js';
import { type Refusal, refuse } from '../../domain/refusals.js';
import type { NewEvent } from '../../log/event-log.js';

const NAMESPACE = '5b0f0a52-6f0e-4f5c-9a0b-3d2e7c1f8a64';

/** Deadlines of a page that one command settles at most: about 200 KB of events. */
const DEADLINES_PER_COMMAND = 500;

/** The same on every node, and after a restart. */
const deadlineId = (pageId: string, alarmId: string, kind: DeadlineKind, arm: number, n: number): string =>
  v5(`${pageId} ${alarmId} ${kind} ${arm} ${n}`, NAMESPACE);

function deadlineEvent(pageId: string, event: DeadlineEvent, at: string): NewEvent {
  const { kind, arm, n } = deadlineOf(event) ?? { kind: 'snooze', arm: -1, n: 0 };
  const id = deadlineId(pageId, event.data.alarm_id, kind, arm, n);
  const metadata = { at, by: SYSTEM_ID, via: SYSTEM_ID, command: 'timer', key: id, v: eventVersions[event.type] };
  return { id, event, metadata };
}

/** Whether the alarm has a deadline that is due at this time. */
export function hasOverdue(page: Page, alarmId: string, at: string): boolean {
  const alarm = page.alarms.get(alarmId);
  if (!alarm?.deadlines) return false;
  return overdueEvent(alarm, at) !== undefined;
}

/** The events of the alarm's overdue deadlines, in order of due time. They are folded into `draft`. */
export function settleAlarm(draft: Page, alarmId: string, at: string): NewEvent[] {
  const events: NewEvent[] = [];
  for (;;) {
    const alarm = draft.alarms.get(alarmId);
    const event = alarm && overdueEvent(alarm, at);
    if (!event) return events;
    evolve(draft, event, { at, by: SYSTEM_ID });
    events.push(deadlineEvent(draft.id, event, at));
  }
}

/** Ids of the page's alarms with an overdue deadline, in order of due time. */
export function overdueAlarms(page: Page, at: string): string[] {
  const overdue: { readonly id: string; readonly due: number }[] = [];
  const now = Date.parse(at);
  for (const [id, alarm] of page.alarms.entries()) {
    const due = alarm.deadlines && firstDue(alarm);
    if (due !== undefined && due <= now) overdue.push({ id, due });
  }
  return overdue.sort((a, b) => a.due - b.due).map(({ id }) => id);
}

/** Of those alarms: the ones that one command settles. */
export const settledAtOnce = (overdue: readonly string[]): readonly string[] => overdue.slice(0, DEADLINES_PER_COMMAND);

export const stillSettling: Refusal = refuse(
  'not_caught_up',
  'Deadlines of this page that passed while the server was down are being made up for: try again in a moment',
  { retry_after_ms: 1_000 },
);
