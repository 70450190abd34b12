/** A page: the unit of security, order and delivery. The state folded from its stream. */
import { type AlarmSettings, cooldownMs, settingsAfter, settingsBytes } from './alarm-settings.js';
import type { AlarmEvent, Metadata, PageEvent } from './events.js';
import type { SubjectType } from './fields.js';
import {
  acknowledgeable,
  acknowledged,
  coolsDown,
  isOpen,
  type Occurrence,
  occurrenceAfter,
  unacknowledged,
} from './occurrence.js';
import { type Lookup, Overlay } from './overlay.js';

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
}

/** What a subject was granted on a page. `can_edit` implies `can_view`. */
export interface Grant {
  readonly can_view: boolean;
  readonly can_edit: boolean;
}

/** A page as decisions read it. */
export interface Page {
  readonly id: string;
  owner_id: string;
  name: string;
  deleted: boolean;
  /** Revision of the last event of its stream. */
  seq: number;
  /** Approximate size of its alarms in a page state, in bytes: the sum of `alarmBytes`. */
  bytes: number;
  readonly alarms: Lookup<Alarm>;
  readonly grants: Readonly<Record<SubjectType, Lookup<Grant>>>;
}

/** A page in the live state. Its alarms and grants can be iterated. */
export interface LivePage extends Page {
  readonly alarms: Map<string, Alarm>;
  readonly grants: Readonly<Record<SubjectType, Map<string, Grant>>>;
}

export const newPage = (id: string, name: string, owner_id: string): LivePage => ({
  id,
  owner_id,
  name,
  deleted: false,
  seq: 0,
  bytes: 0,
  alarms: new Map(),
  grants: { user: new Map(), group: new Map() },
});

/** Size of an alarm in a page state without its texts, in bytes: ids, field names, the time of its last trigger. */
const ALARM_BYTES = 240;

/** Approximate size of the alarm in a page state, in bytes. A trigger does not change it. */
export const alarmBytes = ({
  ticker,
  option,
  condition,
  settings,
}: Pick<Alarm, 'ticker' | 'option' | 'condition' | 'settings'>): number =>
  ALARM_BYTES +
  Buffer.byteLength(ticker) +
  Buffer.byteLength(option) +
  Buffer.byteLength(condition) +
  settingsBytes(settings);

/** By how many bytes the event makes the page's state larger (negative: smaller). The event is not folded into `page` yet. */
export function growth(page: Page, event: PageEvent): number {
  if (event.type === 'AlarmCreated') {
    const before = page.alarms.get(event.data.alarm_id);
    return (
      alarmBytes(withSettings(event.data, settingsAfter(undefined, event.data))) - (before ? alarmBytes(before) : 0)
    );
  }
  if (event.type !== 'AlarmUpdated' && event.type !== 'AlarmDeleted') return 0;
  const alarm = page.alarms.get(event.data.alarm_id);
  if (!alarm) return 0;
  if (event.type === 'AlarmDeleted') return -alarmBytes(alarm);
  const { ticker = alarm.ticker, option = alarm.option, condition = alarm.condition } = event.data;
  const settings = settingsAfter(alarm.settings, event.data);
  return alarmBytes(withSettings({ ticker, option, condition }, settings)) - alarmBytes(alarm);
}

/** `fields` with the settings, or without any. */
const withSettings = <T extends object>(
  fields: T,
  settings: AlarmSettings | undefined,
): T & { settings?: AlarmSettings } => (settings ? { ...fields, settings } : fields);

/** Why a trigger is recorded and counted without being told. */
export type QuietCause = 'cooldown';

/** Undefined if a trigger at this time is told. */
export function quietCause({ settings, occurrence }: Alarm, at: string): QuietCause | undefined {
  const pause = cooldownMs(settings);
  return pause !== undefined && coolsDown(occurrence, at, pause) ? 'cooldown' : undefined;
}

/** A draft for decisions: folding events into it does not change `page`. */
export const draftOf = (page: Page): Page => ({
  ...page,
  alarms: new Overlay(page.alarms),
  grants: { user: new Overlay(page.grants.user), group: new Overlay(page.grants.group) },
});

/** Folds the page's next event into it. `at` is the event's time, `by` its actor. */
export function evolve(page: Page, event: PageEvent, { at, by }: Pick<Metadata, 'at' | 'by'>): void {
  if (event.type === 'PageCreated') return;
  page.bytes += growth(page, event);
  page.seq += 1;
  switch (event.type) {
    case 'PageRenamed':
      page.name = event.data.name;
      return;
    case 'PageDeleted':
      page.deleted = true;
      return;
    case 'PageShared': {
      const { subject_type, subject_id, can_view, can_edit } = event.data;
      if (can_view || can_edit) page.grants[subject_type].set(subject_id, { can_view: true, can_edit });
      else page.grants[subject_type].delete(subject_id);
      return;
    }
    case 'PageLeft':
      page.grants.user.delete(by);
      return;
    case 'PageTransferred': {
      const { owner_id, keep } = event.data;
      page.grants.user.delete(owner_id);
      if (keep) page.grants.user.set(page.owner_id, { can_view: true, can_edit: true });
      else page.grants.user.delete(page.owner_id);
      page.owner_id = owner_id;
      return;
    }
    case 'PageAcknowledged':
      for (const alarm of alarmsAcknowledged(page, event.data.upto, { at, by })) page.alarms.set(alarm.id, alarm);
      return;
    case 'AlarmCreated': {
      const { alarm_id: id, ticker, option, condition } = event.data;
      const alarm = { id, page_id: page.id, ticker, option, condition, active: true, last_triggered: null };
      page.alarms.set(id, withSettings(alarm, settingsAfter(undefined, event.data)));
      return;
    }
    case 'AlarmDeleted':
      page.alarms.delete(event.data.alarm_id);
      return;
    default: {
      const alarm = page.alarms.get(event.data.alarm_id);
      if (alarm) page.alarms.set(alarm.id, alarmAfter(alarm, event, page.seq, { at, by }));
    }
  }
}

/** The alarms of the page that an acknowledgement of all its open occurrences as far as `upto` changes, as they are after it. */
export function alarmsAcknowledged(
  { alarms }: Pick<Page, 'alarms'>,
  upto: number,
  { at, by }: Pick<Metadata, 'at' | 'by'>,
): Alarm[] {
  const changed: Alarm[] = [];
  for (const [, alarm] of alarms.entries()) {
    const { occurrence } = alarm;
    if (!occurrence || !isOpen(occurrence)) continue;
    const seen = acknowledgeable(occurrence, upto);
    if (seen === undefined || (occurrence.ack && seen <= occurrence.ack.upto)) continue;
    changed.push({ ...alarm, occurrence: acknowledged(occurrence, { upto: seen, by, at }) });
  }
  return changed;
}

/** The alarm after an event that changes it. */
function alarmAfter(
  alarm: Alarm,
  event: Exclude<AlarmEvent, { type: 'AlarmCreated' | 'AlarmDeleted' }>,
  seq: number,
  { at, by }: Pick<Metadata, 'at' | 'by'>,
): Alarm {
  const { occurrence } = alarm;
  switch (event.type) {
    case 'AlarmTriggered': {
      const isQuiet = quietCause(alarm, at) !== undefined;
      return triggered(alarm, at, occurrenceAfter(occurrence, { seq, at, price: event.data.price }, isQuiet));
    }
    case 'AlarmUpdated':
      return updated(alarm, event.data);
    case 'AlarmAcknowledged':
      return occurrence && isOpen(occurrence)
        ? { ...alarm, occurrence: acknowledged(occurrence, { upto: event.data.upto, by, at }) }
        : alarm;
    case 'AlarmUnacknowledged':
      return occurrence ? { ...alarm, occurrence: unacknowledged(occurrence) } : alarm;
    case 'AlarmCleared':
      return withoutOccurrence(alarm);
    case 'AlarmAssigned': {
      const { assignee: _, ...rest } = alarm;
      return event.data.user_id === null ? rest : { ...rest, assignee: event.data.user_id };
    }
  }
}

type OptionalField = { [K in keyof Alarm]-?: Record<never, never> extends Pick<Alarm, K> ? K : never }[keyof Alarm];
const optionalFields: Readonly<Record<Exclude<OptionalField, 'occurrence'>, true>> = { settings: true, assignee: true };
const OPTIONAL_FIELDS = Object.keys(optionalFields) as (keyof typeof optionalFields)[];

function triggered(alarm: Alarm, at: string, occurrence: Occurrence): Alarm {
  const active = alarm.active && alarm.settings?.mode !== 'once';
  for (const field of OPTIONAL_FIELDS)
    if (alarm[field] !== undefined) return { ...alarm, active, last_triggered: at, occurrence };
  const { id, page_id, ticker, option, condition } = alarm;
  // Written out: a copy by spreading costs several times as much, and this is done for each trigger.
  return { id, page_id, ticker, option, condition, active, last_triggered: at, occurrence };
}

function updated(alarm: Alarm, changes: Extract<AlarmEvent, { type: 'AlarmUpdated' }>['data']): Alarm {
  const { ticker = alarm.ticker, option = alarm.option, condition = alarm.condition, active = alarm.active } = changes;
  const isSame = ticker === alarm.ticker && option === alarm.option && condition === alarm.condition;
  const { settings, ...rest } = isSame ? alarm : withoutOccurrence(alarm);
  return withSettings({ ...rest, ticker, option, condition, active }, settingsAfter(settings, changes));
}

function withoutOccurrence({ occurrence: _, ...alarm }: Alarm): Alarm {
  return alarm;
}
