/** A page as it was: folded from its history, whose events hold the whole alarms that they changed. Pure. */
import type { Alarm, HistoryEvent } from '@alarm-server/client';
import { livedOf, severityOf, stateWord, statusOf } from './life.js';

export type AlarmsThen = ReadonlyMap<string, Alarm>;

/** The alarms of a page after these events, which follow each other; `before`: those before the first of them. */
export function folded(before: AlarmsThen, events: readonly HistoryEvent[]): AlarmsThen {
  const alarms = new Map(before);
  for (const { type, data, void: isVoid } of events) {
    if (isVoid) continue;
    for (const alarm of changedBy(type, data))
      if (type === 'AlarmDeleted') alarms.delete(alarm.id);
      // An acknowledgement of the page tells of each alarm its id and its status.
      else alarms.set(alarm.id, type === 'PageAcknowledged' ? { ...alarms.get(alarm.id), ...alarm } : alarm);
  }
  return alarms;
}

function changedBy(type: string, data: HistoryEvent['data']): Alarm[] {
  const changed = type === 'PageAcknowledged' ? data['alarms'] : type.startsWith('Alarm') ? [data] : [];
  const given = Array.isArray(changed) ? (changed as (Alarm & { price?: number })[]) : [];
  // The price belongs to the trigger, not to the alarm.
  return given.filter(({ id }) => typeof id === 'string').map(({ price: _, ...alarm }) => alarm);
}

/** One thing that is different now. */
export interface Change {
  readonly field: string;
  readonly before: string;
  readonly now: string;
  /** How it is shown: `time`: RFC 3339; `user`: an id. Empty text is nothing. */
  readonly is: 'text' | 'time' | 'user';
}

export interface Difference {
  readonly alarm: Alarm;
  /** `added` since then, `removed` since then, or the fields that are different now. */
  readonly what: 'added' | 'removed' | readonly Change[];
}

const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value));

const FIELDS: readonly (readonly [field: string, of: (alarm: Alarm) => unknown, is?: Change['is']])[] = [
  ['ticker', ({ ticker }) => ticker],
  ['option', ({ option }) => option],
  ['condition', ({ condition }) => condition],
  ['state', stateWord],
  ['switched', ({ active }) => (active ? 'on' : 'off')],
  ['severity', severityOf],
  ['last trigger', ({ last_triggered }) => last_triggered, 'time'],
  ['price', (alarm) => statusOf(alarm).price],
  ['count', (alarm) => statusOf(alarm).count],
  ['acknowledged by', (alarm) => statusOf(alarm).ack?.by, 'user'],
  ['assignee', (alarm) => statusOf(alarm).assignee, 'user'],
  ['snoozed until', (alarm) => statusOf(alarm).snoozed?.until, 'time'],
  ['mode', (alarm) => livedOf(alarm).mode ?? 'every'],
  ['quiet for', (alarm) => livedOf(alarm).cooldown_s],
  ['told again every', (alarm) => livedOf(alarm).renotify_s],
  ['at most', (alarm) => livedOf(alarm).renotify_max],
  ['expires', (alarm) => livedOf(alarm).expires_at, 'time'],
  ['tags', (alarm) => livedOf(alarm).tags?.join(', ')],
  ['note', (alarm) => livedOf(alarm).note],
];

/** What has changed from then to now. */
export function differences(then: AlarmsThen, now: readonly Alarm[]): Difference[] {
  const current = new Map(now.map((alarm) => [alarm.id, alarm]));
  const gone = [...then.values()]
    .filter(({ id }) => !current.has(id))
    .map((alarm) => ({ alarm, what: 'removed' as const }));
  const others = now.flatMap<Difference>((alarm) => {
    const before = then.get(alarm.id);
    if (!before) return [{ alarm, what: 'added' }];
    const changes = FIELDS.map(([field, of, is = 'text']) => ({
      field,
      before: text(of(before)),
      now: text(of(alarm)),
      is,
    })).filter(({ before, now }) => before !== now);
    return changes.length === 0 ? [] : [{ alarm, what: changes }];
  });
  return [...gone, ...others];
}

/** How many events fall into each of `parts` equal parts of the time from the first to the last event. */
export function density(events: readonly HistoryEvent[], parts: number): number[] {
  const counts = new Array<number>(parts).fill(0);
  if (events.length === 0) return counts;
  const times = events.map(({ at }) => Date.parse(at));
  const [first, last] = [times[0]!, times[times.length - 1]!];
  const width = Math.max(1, last - first);
  for (const time of times) {
    const part = Math.min(parts - 1, Math.max(0, Math.floor(((time - first) / width) * parts)));
    counts[part]! += 1;
  }
  return counts;
}
