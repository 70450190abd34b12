/** A page as it was: folded from its history, whose events of alarms hold the whole alarm. Pure. */
import type { Alarm, HistoryEvent } from '@alarm-server/client';

export type AlarmsThen = ReadonlyMap<string, Alarm>;

/** The alarms of a page after the event `seq`, from the page's history from its beginning on. */
export function alarmsAt(events: readonly HistoryEvent[], seq: number): AlarmsThen {
  const alarms = new Map<string, Alarm>();
  for (const event of events) {
    if (event.seq > seq) break;
    if (event.void || !event.type.startsWith('Alarm')) continue;
    const { price: _, ...alarm } = event.data as unknown as Alarm & { price?: number };
    if (typeof alarm.id !== 'string') continue;
    if (event.type === 'AlarmDeleted') alarms.delete(alarm.id);
    else alarms.set(alarm.id, alarm);
  }
  return alarms;
}

export interface Difference {
  readonly alarm: Alarm;
  /** `added` since then, `removed` since then, or the fields that are different now. */
  readonly what:
    | 'added'
    | 'removed'
    | readonly { readonly field: string; readonly before: string; readonly now: string }[];
}

const FIELDS = ['ticker', 'option', 'condition', 'active', 'last_triggered'] as const;

/** What has changed from then to now. */
export function differences(then: AlarmsThen, now: readonly Alarm[]): Difference[] {
  const current = new Map(now.map((alarm) => [alarm.id, alarm]));
  const gone = [...then.values()]
    .filter(({ id }) => !current.has(id))
    .map((alarm) => ({ alarm, what: 'removed' as const }));
  const others = now.flatMap<Difference>((alarm) => {
    const before = then.get(alarm.id);
    if (!before) return [{ alarm, what: 'added' }];
    const fields = FIELDS.filter((field) => before[field] !== alarm[field]).map((field) => ({
      field: field.replace('_', ' '),
      before: String(before[field] ?? 'never'),
      now: String(alarm[field] ?? 'never'),
    }));
    return fields.length === 0 ? [] : [{ alarm, what: fields }];
  });
  return [...gone, ...others];
}

/** The last event that is not after the moment `at` (ms since 1970), by the running maximum of the events' times; -1 if all are. */
export function seqAt(events: readonly HistoryEvent[], at: number): number {
  let [latest, found] = [Number.NEGATIVE_INFINITY, -1];
  for (const event of events) {
    latest = Math.max(latest, Date.parse(event.at));
    if (latest > at) break;
    found = event.seq;
  }
  return found;
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
