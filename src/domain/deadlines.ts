/**
 * What falls due on an alarm: the end of a snooze, its expiry, its next re-notification. A deadline takes effect with its event, never
 * by the clock alone. So what is decided on an alarm first settles what is overdue (`overdueEvent`), and the order of the log says
 * which came first.
 */
import type { AlarmEvent } from './events.js';

export interface Deadline {
  /** In milliseconds since 1970. */
  readonly due: number;
  /** Seq of the event that set it. A deadline that was replaced or removed has no effect any more: its `arm` is not the current one. */
  readonly arm: number;
}

export interface Deadlines {
  readonly snooze?: Deadline;
  readonly expiry?: Deadline;
  /** `n`: the how many-th of its occurrence it will be. */
  readonly renotify?: Deadline & { readonly n: number };
}

/** What of an alarm its deadlines need. */
interface Due {
  readonly id: string;
  readonly deadlines?: Deadlines;
}

const kinds = ['snooze', 'expiry', 'renotify'] as const;
export type DeadlineKind = (typeof kinds)[number];

/** An event that only a deadline causes. */
export type DeadlineEvent = Extract<AlarmEvent, { type: 'AlarmUnsnoozed' | 'AlarmExpired' | 'AlarmRenotified' }>;

/** The deadline that a deadline's event is of; undefined for other events, a user's end of a snooze among them. */
export function deadlineOf(
  event: AlarmEvent,
): { readonly kind: DeadlineKind; readonly arm: number; readonly n: number } | undefined {
  switch (event.type) {
    case 'AlarmUnsnoozed':
      return event.data.arm === undefined ? undefined : { kind: 'snooze', arm: event.data.arm, n: 1 };
    case 'AlarmExpired':
      return { kind: 'expiry', arm: event.data.arm, n: 1 };
    case 'AlarmRenotified':
      return { kind: 'renotify', arm: event.data.arm, n: event.data.n };
    default:
      return undefined;
  }
}

/** Whether the event is of a deadline that the alarm has, and that is due at this time. */
export function isDue(
  { deadlines }: Due,
  { kind, arm, n }: { readonly kind: DeadlineKind; readonly arm: number; readonly n: number },
  at: string,
): boolean {
  const deadline = deadlines?.[kind];
  if (deadline?.arm !== arm || deadline.due > Date.parse(at)) return false;
  return kind !== 'renotify' || deadlines?.renotify?.n === n;
}

/** When the first of the alarm's deadlines is due, in milliseconds since 1970; undefined if it has none. */
export function firstDue({ deadlines }: Pick<Due, 'deadlines'>): number | undefined {
  let first: number | undefined;
  if (deadlines)
    for (const kind of kinds) {
      const due = deadlines[kind]?.due;
      if (due !== undefined && (first === undefined || due < first)) first = due;
    }
  return first;
}

/** Whether nothing but a re-notification of the alarm is due at this time, in milliseconds since 1970. */
export const isRenotificationAlone = ({ deadlines }: Pick<Due, 'deadlines'>, now: number): boolean =>
  deadlines?.renotify !== undefined &&
  (deadlines.snooze?.due ?? Infinity) > now &&
  (deadlines.expiry?.due ?? Infinity) > now;

/** The event of the alarm's first deadline, if that is due at this time (RFC 3339). */
export function overdueEvent(alarm: Due, at: string): DeadlineEvent | undefined {
  const due = firstDue(alarm);
  const { deadlines } = alarm;
  if (!deadlines || due === undefined || due > Date.parse(at)) return undefined;
  const { snooze, expiry, renotify } = deadlines;
  if (snooze?.due === due) return { type: 'AlarmUnsnoozed', data: { alarm_id: alarm.id, arm: snooze.arm } };
  if (expiry?.due === due) return { type: 'AlarmExpired', data: { alarm_id: alarm.id, arm: expiry.arm } };
  return renotify && { type: 'AlarmRenotified', data: { alarm_id: alarm.id, arm: renotify.arm, n: renotify.n } };
}

/** The deadlines with this one; undefined: without one of this kind. Undefined if none is left. */
export function deadlinesWith<Kind extends DeadlineKind>(
  before: Deadlines | undefined,
  kind: Kind,
  deadline: Deadlines[Kind] | undefined,
): Deadlines | undefined {
  const { [kind]: _, ...others } = before ?? {};
  const after = deadline === undefined ? others : { ...others, [kind]: deadline };
  return Object.keys(after).length === 0 ? undefined : after;
}
