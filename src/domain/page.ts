/** A page: the unit of security, order and delivery. The state folded from its stream. */
import { type Alarm, alarmAfter, createdAlarm, withSettings } from './alarm.js';
import { settingsAfter, settingsBytes } from './alarm-settings.js';
import type { Metadata, PageEvent } from './events.js';
import type { SubjectType } from './fields.js';
import type { Sealed } from './free-text.js';
import { acknowledgeable, isOpen } from './occurrence.js';
import { type Lookup, Overlay } from './overlay.js';

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

/** Size of a comment in a page state, in bytes. */
const commentBytes = (comment: Sealed | undefined): number => comment?.sealed.length ?? 0;

const ackCommentBytes = ({ occurrence }: Pick<Alarm, 'occurrence'>): number => commentBytes(occurrence?.ack?.comment);

/** Approximate size of the alarm in a page state, in bytes. A trigger does not change it, unless it ends an acknowledgement with a comment. */
export const alarmBytes = (alarm: Pick<Alarm, 'ticker' | 'option' | 'condition' | 'settings' | 'occurrence'>): number =>
  ALARM_BYTES +
  Buffer.byteLength(alarm.ticker) +
  Buffer.byteLength(alarm.option) +
  Buffer.byteLength(alarm.condition) +
  settingsBytes(alarm.settings) +
  ackCommentBytes(alarm);

/** By how many bytes the event makes the page's state larger (negative: smaller). The event is not folded into `page` yet. */
export function growth(page: Page, event: PageEvent): number {
  if (event.type === 'AlarmCreated') {
    const before = page.alarms.get(event.data.alarm_id);
    return (
      alarmBytes(withSettings(event.data, settingsAfter(undefined, event.data))) - (before ? alarmBytes(before) : 0)
    );
  }
  if (event.type === 'PageAcknowledged') {
    const { upto, comment } = event.data;
    // Who did it and when does not matter here.
    return comment ? alarmsAcknowledged(page, { upto }, { at: '', by: '' }).length * commentBytes(comment) : 0;
  }
  if (event.type !== 'AlarmUpdated' && event.type !== 'AlarmDeleted' && event.type !== 'AlarmAcknowledged') return 0;
  const alarm = page.alarms.get(event.data.alarm_id);
  if (!alarm) return 0;
  if (event.type === 'AlarmDeleted') return -alarmBytes(alarm);
  if (event.type === 'AlarmAcknowledged') return commentBytes(event.data.comment) - ackCommentBytes(alarm);
  const { ticker = alarm.ticker, option = alarm.option, condition = alarm.condition } = event.data;
  const settings = settingsAfter(alarm.settings, event.data);
  return alarmBytes(withSettings({ ticker, option, condition }, settings)) + ackCommentBytes(alarm) - alarmBytes(alarm);
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
  if (event.type === 'AlarmCreated' || event.type === 'AlarmDeleted') page.bytes += growth(page, event);
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
      for (const alarm of alarmsAcknowledged(page, event.data, { at, by })) {
        const before = page.alarms.get(alarm.id);
        if (before) page.bytes += ackCommentBytes(alarm) - ackCommentBytes(before);
        page.alarms.set(alarm.id, alarm);
      }
      return;
    case 'AlarmCreated':
      page.alarms.set(event.data.alarm_id, createdAlarm(page.id, event.data, page.seq));
      return;
    case 'AlarmDeleted':
      page.alarms.delete(event.data.alarm_id);
      return;
    default: {
      const alarm = page.alarms.get(event.data.alarm_id);
      if (!alarm) return;
      const after = alarmAfter(alarm, event, page.seq, { at, by });
      page.bytes +=
        event.type === 'AlarmUpdated'
          ? alarmBytes(after) - alarmBytes(alarm)
          : ackCommentBytes(after) - ackCommentBytes(alarm);
      page.alarms.set(alarm.id, after);
    }
  }
}

type PageAcknowledgement = Extract<PageEvent, { type: 'PageAcknowledged' }>['data'];

/** The alarms of the page that an acknowledgement of all its open occurrences as far as `upto` changes, as they are after it. */
export function alarmsAcknowledged(
  { alarms, seq }: Pick<Page, 'alarms' | 'seq'>,
  { upto, comment }: PageAcknowledgement,
  { at, by }: Pick<Metadata, 'at' | 'by'>,
): Alarm[] {
  const changed: Alarm[] = [];
  for (const [, alarm] of alarms.entries()) {
    const { occurrence } = alarm;
    if (!occurrence || !isOpen(occurrence)) continue;
    const seen = acknowledgeable(occurrence, upto);
    if (seen === undefined || (occurrence.ack && seen <= occurrence.ack.upto)) continue;
    const event = {
      type: 'AlarmAcknowledged',
      data: { alarm_id: alarm.id, upto: seen, ...(comment ? { comment } : {}) },
    } as const;
    changed.push(alarmAfter(alarm, event, seq, { at, by }));
  }
  return changed;
}
