/** An alarm, and what each event makes of it. */
import { type AlarmSettings, cooldownMs, renotification, settingsAfter } from './alarm-settings.js';
import { type DeadlineKind, type Deadlines, deadlinesWith } from './deadlines.js';
import type { AlarmEvent, Metadata } from './events.js';
import {
  type Acknowledgement,
  acknowledged,
  coolsDown,
  isOpen,
  type Occurrence,
  occurrenceAfter,
  stopped,
  unacknowledged,
  unstopped,
} from './occurrence.js';

export interface Alarm {
  readonly id: string;
  readonly page_id: string;
  readonly ticker: string;
  readonly option: string;
  readonly condition: string;
  readonly active: boolean;
  /** When it was last triggered; null if never. */
  readonly last_triggered: string | null;
  // The following are absent where there is nothing to tell, so that an alarm that nobody has touched has no more memory for them.
  readonly settings?: AlarmSettings;
  readonly occurrence?: Occurrence;
  /** Id of the user who has it in hand. */
  readonly assignee?: string;
  readonly snoozed?: Snooze;
  /** What falls due on it. */
  readonly deadlines?: Deadlines;
}

/** Until then its triggers are counted quietly. */
export interface Snooze {
  readonly until: string;
  /** Id of the user. */
  readonly by: string;
}

/** `fields` with the settings, or without any. */
export const withSettings = <T extends object>(
  fields: T,
  settings: AlarmSettings | undefined,
): T & { settings?: AlarmSettings } => (settings ? { ...fields, settings } : fields);

/** Why a trigger is recorded and counted without being told. */
export type QuietCause = 'cooldown' | 'snoozed';

/** Undefined if a trigger at this time is told. */
export function quietCause({ settings, occurrence, snoozed }: Alarm, at: string): QuietCause | undefined {
  if (snoozed) return 'snoozed';
  const pause = cooldownMs(settings);
  return pause !== undefined && coolsDown(occurrence, at, pause) ? 'cooldown' : undefined;
}

type Created = Extract<AlarmEvent, { type: 'AlarmCreated' }>['data'];
type Updated = Extract<AlarmEvent, { type: 'AlarmUpdated' }>['data'];

/** A new alarm. `seq`: that of its event. */
export function createdAlarm(page_id: string, data: Created, seq: number): Alarm {
  const { alarm_id: id, ticker, option, condition } = data;
  const alarm = { id, page_id, ticker, option, condition, active: true, last_triggered: null };
  return withExpiry(withSettings(alarm, settingsAfter(undefined, data)), data, seq);
}

/** The alarm after an event that changes it, which has this seq. */
export function alarmAfter(
  alarm: Alarm,
  event: Exclude<AlarmEvent, { type: 'AlarmCreated' | 'AlarmDeleted' }>,
  seq: number,
  { at, by }: Pick<Metadata, 'at' | 'by'>,
): Alarm {
  const { occurrence } = alarm;
  switch (event.type) {
    case 'AlarmTriggered': {
      const isQuiet = quietCause(alarm, at) !== undefined;
      const after = triggered(alarm, at, occurrenceAfter(occurrence, { seq, at, price: event.data.price }, isQuiet));
      return alarm.settings?.renotify_s === undefined ? after : withRenotification(after, seq, at);
    }
    case 'AlarmUpdated': {
      const after = updated(alarm, event.data, seq, at);
      return withRenotification(after, seq, at, event.data.renotify_s !== undefined);
    }
    case 'AlarmAcknowledged':
      return occurrence && isOpen(occurrence)
        ? withRenotification(
            { ...alarm, occurrence: acknowledged(occurrence, acknowledgement(event.data, { by, at })) },
            seq,
            at,
          )
        : alarm;
    case 'AlarmUnacknowledged':
      return occurrence ? withRenotification({ ...alarm, occurrence: unacknowledged(occurrence) }, seq, at) : alarm;
    case 'AlarmCleared':
      return withRenotification(withoutOccurrence(alarm), seq, at);
    case 'AlarmAssigned': {
      const { assignee: _, ...rest } = alarm;
      return event.data.user_id === null ? rest : { ...rest, assignee: event.data.user_id };
    }
    case 'AlarmCommented':
      return alarm;
    case 'AlarmSnoozed': {
      const { until } = event.data;
      const snoozed = withDeadline({ ...alarm, snoozed: { until, by } }, 'snooze', {
        due: Date.parse(until),
        arm: seq,
      });
      return withRenotification(snoozed, seq, at);
    }
    case 'AlarmUnsnoozed': {
      const { snoozed: _, ...rest } = alarm;
      return withRenotification(withDeadline(rest, 'snooze', undefined), seq, at);
    }
    case 'AlarmExpired': {
      const off = { ...alarm, active: false, ...(occurrence ? { occurrence: stopped(occurrence) } : {}) };
      return withRenotification(withDeadline(off, 'expiry', undefined), seq, at);
    }
    case 'AlarmRenotified':
      return occurrence
        ? withRenotification({ ...alarm, occurrence: { ...occurrence, renotified: event.data.n } }, seq, at, true)
        : alarm;
  }
}

const acknowledgement = (
  { upto, comment }: Extract<AlarmEvent, { type: 'AlarmAcknowledged' }>['data'],
  { by, at }: Pick<Metadata, 'at' | 'by'>,
): Acknowledgement => (comment ? { upto, by, at, comment } : { upto, by, at });

type OptionalField = { [K in keyof Alarm]-?: Record<never, never> extends Pick<Alarm, K> ? K : never }[keyof Alarm];
const optionalFields: Readonly<Record<Exclude<OptionalField, 'occurrence'>, true>> = {
  settings: true,
  assignee: true,
  snoozed: true,
  deadlines: true,
};
const OPTIONAL_FIELDS = Object.keys(optionalFields) as (keyof typeof optionalFields)[];

function triggered(alarm: Alarm, at: string, occurrence: Occurrence): Alarm {
  const active = alarm.active && alarm.settings?.mode !== 'once';
  for (const field of OPTIONAL_FIELDS)
    if (alarm[field] !== undefined) return { ...alarm, active, last_triggered: at, occurrence };
  const { id, page_id, ticker, option, condition } = alarm;
  // Written out: a copy by spreading costs several times as much, and this is done for each trigger.
  return { id, page_id, ticker, option, condition, active, last_triggered: at, occurrence };
}

function updated(alarm: Alarm, changes: Updated, seq: number, at: string): Alarm {
  const { ticker = alarm.ticker, option = alarm.option, condition = alarm.condition, active = alarm.active } = changes;
  const isSame = ticker === alarm.ticker && option === alarm.option && condition === alarm.condition;
  const { settings, occurrence, ...rest } = isSame ? alarm : withoutOccurrence(alarm);
  const kept =
    occurrence &&
    (changes.active === undefined ? occurrence : changes.active ? unstopped(occurrence) : stopped(occurrence));
  // Switched on again: an expiry that has passed does not hold any more.
  const isOver = changes.active === true && settings?.expires_at !== undefined && settings.expires_at <= at;
  const given = isOver && changes.expires_at === undefined ? { ...changes, expires_at: null } : changes;
  const after = withSettings(
    { ...rest, ...(kept ? { occurrence: kept } : {}), ticker, option, condition, active },
    settingsAfter(settings, given),
  );
  return withExpiry(after, given, seq);
}

/** The alarm with this deadline; undefined: without one of this kind. The same object if it has none. */
function withDeadline<Kind extends DeadlineKind>(
  alarm: Alarm,
  kind: Kind,
  deadline: Deadlines[Kind] | undefined,
): Alarm {
  if (deadline === undefined && alarm.deadlines?.[kind] === undefined) return alarm;
  const { deadlines: before, ...rest } = alarm;
  const deadlines = deadlinesWith(before, kind, deadline);
  return deadlines ? { ...rest, deadlines } : rest;
}

/** With the deadline of the expiry that the event sets or removes. */
const withExpiry = (alarm: Alarm, { expires_at }: Pick<Updated, 'expires_at'>, seq: number): Alarm =>
  expires_at === undefined
    ? alarm
    : withDeadline(alarm, 'expiry', expires_at === null ? undefined : { due: Date.parse(expires_at), arm: seq });

/**
 * With the deadline of its next re-notification, where it is to have one: it is open, not snoozed and not switched off by an update or its
 * expiry. A deadline that it has stays, so that later triggers do not put it off, unless it `begins` again.
 */
function withRenotification(alarm: Alarm, seq: number, at: string, begins = false): Alarm {
  const { settings, occurrence, snoozed, deadlines } = alarm;
  const rule = renotification(settings);
  const isTold = occurrence !== undefined && isOpen(occurrence) && !occurrence.stopped && !snoozed;
  const n = (occurrence?.renotified ?? 0) + 1;
  if (!rule || !isTold || n > rule.max) return withDeadline(alarm, 'renotify', undefined);
  if (deadlines?.renotify && !begins) return alarm;
  const due = Date.parse(at) + rule.intervalMs;
  return withDeadline(alarm, 'renotify', { due, arm: seq, n });
}

function withoutOccurrence({ occurrence: _, ...alarm }: Alarm): Alarm {
  return alarm;
}
