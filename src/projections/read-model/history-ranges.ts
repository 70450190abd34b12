/** Parts of a page's or an alarm's history, of some types and in either order: read from alarm_events, which has to contain them. */
import type { Database } from '../../log/sqlite/database.js';
import { type HistoryEntry, openedEntry } from './alarm-events.js';

export interface HistoryRange {
  /** Entries with a higher seq. */
  readonly after: number;
  /** Entries with a lower seq. */
  readonly before: number;
  /** Events of these types that are not void; undefined: all. */
  readonly types: readonly string[] | undefined;
  /** The newest first. */
  readonly isDescending: boolean;
  readonly limit: number;
}

export type HistoryRanges = {
  rangeOfPage(pageId: string, range: HistoryRange): HistoryEntry[];
  /** An acknowledgement of its whole page that changed the alarm is one of them, with this alarm alone. */
  rangeOfAlarm(alarmId: string, range: HistoryRange): HistoryEntry[];
};

const COLUMNS =
  'e.seq, e.alarm_id, e.type, e.at, e.by, e.void, CAST(e.position AS TEXT) AS position, e.id, e.data, e.change';
const RANGE = 'e.seq > ? AND e.seq < ? AND (? IS NULL OR (e.void = 0 AND e.type IN (SELECT value FROM json_each(?))))';

/** `open`: opens free text in JSON. */
export function openHistoryRanges(db: Database, open: (json: string) => string): HistoryRanges {
  const both = (from: string, columns = COLUMNS) => {
    const of = (order: string) =>
      db.prepare(`SELECT ${columns} FROM ${from} AND ${RANGE} ORDER BY e.seq ${order} LIMIT ?`);
    const [ascending, descending] = [of('ASC'), of('DESC')];
    return (id: string, { after, before, types, isDescending, limit }: HistoryRange): HistoryEntry[] => {
      const wanted = types ? JSON.stringify(types) : null;
      const statement = isDescending ? descending : ascending;
      const entries = statement.all(id, after, before, wanted, wanted, limit) as HistoryEntry[];
      return entries.map((entry) => openedEntry(entry, open));
    };
  };
  const ofPage = both('alarm_events e WHERE e.page_id = ?');
  const ofAlarm = both('alarm_events e WHERE e.alarm_id = ?');
  const ofItsPage = both(
    'acknowledged_alarms a JOIN alarm_events e ON e.page_id = a.page_id AND e.seq = a.seq WHERE a.alarm_id = ?',
    COLUMNS.replace('e.data', 'a.data'),
  );
  return {
    rangeOfPage: ofPage,
    rangeOfAlarm: (alarmId, range) => {
      const direction = range.isDescending ? -1 : 1;
      return [...ofAlarm(alarmId, range), ...ofItsPage(alarmId, range)]
        .sort((a, b) => direction * (a.seq - b.seq))
        .slice(0, range.limit);
    },
  };
}
