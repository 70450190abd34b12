/** alarm_events: the history of every page, one row per event of its stream. Rows are only added. */
import { type DomainEvent, isAlarmEvent } from '../../domain/events.js';
import type { Position } from '../../log/event-log.js';
import type { Database } from '../../log/sqlite/database.js';
import { changeOf } from '../event-rendering.js';
import type { Folded } from '../live-state.js';
import type { Cell, Table } from './table.js';

export const alarmEventsTable: Table = {
  name: 'alarm_events',
  ddl: `CREATE TABLE alarm_events (
    page_id  TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    alarm_id TEXT,
    type     TEXT NOT NULL,
    at       TEXT NOT NULL,
    by       TEXT NOT NULL,
    void     INTEGER NOT NULL,
    position INTEGER NOT NULL,
    id       TEXT NOT NULL,
    data     TEXT NOT NULL,
    change   TEXT,
    PRIMARY KEY (page_id, seq)
  ) WITHOUT ROWID;`,
  index: `CREATE INDEX alarm_events_of_alarm ON alarm_events (alarm_id, seq) WHERE alarm_id IS NOT NULL;
    CREATE INDEX alarm_events_of_page ON alarm_events (page_id, seq) WHERE alarm_id IS NULL;
    CREATE INDEX alarm_events_of_lives ON alarm_events (page_id, seq) WHERE type IN ('AlarmCreated', 'AlarmDeleted');`,
  columns: ['page_id', 'seq', 'alarm_id', 'type', 'at', 'by', 'void', 'position', 'id', 'data', 'change'],
  keys: 2,
};

const alarmOf = (event: DomainEvent): string | null => (isAlarmEvent(event) ? event.data.alarm_id : null);

/** Appends the cells of the entry's row to `cells`: one flat array for many rows is the cheapest to pass to another thread. */
export function pushAlarmEvent(cells: Cell[], pageId: string, entry: HistoryEntry): void {
  const { seq, alarm_id, type, at, by, position, id, data, change } = entry;
  cells.push(pageId, seq, alarm_id, type, at, by, entry.void, position, id, data, change);
}

export interface HistoryEntry {
  readonly seq: number;
  /** The alarm's id for an alarm event. */
  readonly alarm_id: string | null;
  readonly type: string;
  readonly at: string;
  readonly by: string;
  readonly void: number;
  /** The event's position in the log. */
  readonly position: Position;
  /** The event's id. */
  readonly id: string;
  /** JSON, as rendered. In the table free text is sealed, here as below. */
  readonly data: string;
  /** `change` of its message and what belongs to it, as a JSON object; null where it has none. */
  readonly change: string | null;
}

/** The row that the event of a page has, or will have, in alarm_events. `data`: its rendering. */
export function historyEntry(folded: Folded, data: string): HistoryEntry {
  const {
    recorded: { event, metadata, revision: seq, position, id },
    isVoid,
  } = folded;
  return {
    seq,
    alarm_id: alarmOf(event),
    type: event.type,
    at: metadata.at,
    by: metadata.by,
    void: Number(isVoid),
    position,
    id,
    data,
    change: changeOf(folded),
  };
}

/** The entry with its free text opened. The same object if it has none. */
export function openedEntry(entry: HistoryEntry, open: (json: string) => string): HistoryEntry {
  const data = open(entry.data);
  const change = entry.change === null ? null : open(entry.change);
  return data === entry.data && change === entry.change ? entry : { ...entry, data, change };
}

/** The same reads, with free text opened. */
export function withOpened(history: History, open: (json: string) => string): History {
  const openedAll = (entries: HistoryEntry[]): HistoryEntry[] => entries.map((entry) => openedEntry(entry, open));
  return {
    ...history,
    ofPage: (pageId, afterSeq, limit) => openedAll(history.ofPage(pageId, afterSeq, limit)),
    ofAlarm: (alarmId, afterSeq, limit) => openedAll(history.ofAlarm(alarmId, afterSeq, limit)),
    data: (pageId, seq) => {
      const data = history.data(pageId, seq);
      return data === undefined ? undefined : open(data);
    },
  };
}

const WIDTH = alarmEventsTable.columns.length;

/**
 * The same reads while the tables cannot be written: entries from `unwritten` (cells of rows, oldest first) follow those in the
 * tables. Undefined: the tables are complete.
 */
export function withUnwritten(history: History, unwritten: () => readonly (readonly Cell[])[] | undefined): History {
  const rows = function* (): Generator<{ readonly pageId: string; readonly entry: HistoryEntry }> {
    for (const cells of unwritten() ?? []) {
      for (let at = 0; at < cells.length; at += WIDTH) {
        const [pageId, seq, alarm_id, type, time, by, isVoid, position, id, data, change] = cells.slice(
          at,
          at + WIDTH,
        ) as [string, number, string | null, string, string, string, number, string, string, string, string | null];
        yield { pageId, entry: { seq, alarm_id, type, at: time, by, void: isVoid, position, id, data, change } };
      }
    }
  };
  const behind = (
    found: HistoryEntry[],
    afterSeq: number,
    limit: number,
    belongs: (pageId: string, entry: HistoryEntry) => boolean,
  ): HistoryEntry[] => {
    let last = found.at(-1)?.seq ?? afterSeq;
    if (found.length >= limit) return found;
    for (const { pageId, entry } of rows()) {
      if (!belongs(pageId, entry) || entry.seq <= last) continue;
      found.push(entry);
      last = entry.seq;
      if (found.length >= limit) break;
    }
    return found;
  };
  return {
    ofPage: (pageId, afterSeq, limit) =>
      behind(history.ofPage(pageId, afterSeq, limit), afterSeq, limit, (page) => page === pageId),
    ofAlarm: (alarmId, afterSeq, limit) =>
      behind(
        history.ofAlarm(alarmId, afterSeq, limit),
        afterSeq,
        limit,
        (_page, { alarm_id, type, data }) =>
          alarm_id === alarmId || (type === 'PageAcknowledged' && alarmsOf(data).some(({ id }) => id === alarmId)),
      ).map((entry) =>
        entry.type === 'PageAcknowledged' ? { ...entry, data: ofAlarmAlone(entry.data, alarmId) } : entry,
      ),
    data: (pageId, seq) =>
      history.data(pageId, seq) ??
      [...rows()].find((row) => row.pageId === pageId && row.entry.seq === seq)?.entry.data,
    positionOf: (pageId, seq) =>
      history.positionOf(pageId, seq) ??
      [...rows()].find((row) => row.pageId === pageId && row.entry.seq === seq)?.entry.position,
    pageOfAlarm: (alarmId) =>
      history.pageOfAlarm(alarmId) ?? [...rows()].find(({ entry }) => entry.alarm_id === alarmId)?.pageId,
  };
}

/** The alarms in the rendering of an acknowledgement of a whole page. */
const alarmsOf = (data: string): readonly { readonly id: string }[] =>
  (JSON.parse(data) as { alarms?: readonly { readonly id: string }[] }).alarms ?? [];

/** The rendering with this alarm alone. */
const ofAlarmAlone = (data: string, alarmId: string): string =>
  JSON.stringify({ ...JSON.parse(data), alarms: alarmsOf(data).filter(({ id }) => id === alarmId) });

export interface History {
  /** Entries of a page with `seq` above `afterSeq`, oldest first. */
  ofPage(pageId: string, afterSeq: number, limit: number): HistoryEntry[];
  /** The same of an alarm. An acknowledgement of its whole page that changed it is one of them, with this alarm alone. */
  ofAlarm(alarmId: string, afterSeq: number, limit: number): HistoryEntry[];
  /** The data of one event; undefined if it is not written (yet). */
  data(pageId: string, seq: number): string | undefined;
  /** The position of one event; undefined if it is not written (yet). */
  positionOf(pageId: string, seq: number): Position | undefined;
  /** The page that an alarm is or was on; undefined if there never was such an alarm. */
  pageOfAlarm(alarmId: string): string | undefined;
}

export function openHistory(db: Database): History {
  const entry =
    'SELECT seq, alarm_id, type, at, by, void, CAST(position AS TEXT) AS position, id, data, change FROM alarm_events';
  const ofPage = db.prepare(`${entry} WHERE page_id = ? AND seq > ? ORDER BY seq LIMIT ?`);
  const ofAlarm = db.prepare(`${entry} WHERE alarm_id = ? AND seq > ? ORDER BY seq LIMIT ?`);
  const ofPageOfAlarm = db.prepare(
    'SELECT e.seq, e.alarm_id, e.type, e.at, e.by, e.void, CAST(e.position AS TEXT) AS position, e.id, a.data, e.change ' +
      'FROM acknowledged_alarms a JOIN alarm_events e ON e.page_id = a.page_id AND e.seq = a.seq ' +
      'WHERE a.alarm_id = ? AND a.seq > ? ORDER BY a.seq LIMIT ?',
  );
  const data = db.prepare('SELECT data FROM alarm_events WHERE page_id = ? AND seq = ?').pluck();
  const positionOf = db
    .prepare('SELECT CAST(position AS TEXT) FROM alarm_events WHERE page_id = ? AND seq = ?')
    .pluck();
  const pageOfAlarm = db.prepare('SELECT page_id FROM alarm_events WHERE alarm_id = ? ORDER BY seq LIMIT 1').pluck();
  return {
    ofPage: (pageId, afterSeq, limit) => ofPage.all(pageId, afterSeq, limit) as HistoryEntry[],
    ofAlarm: (alarmId, afterSeq, limit) => {
      const own = ofAlarm.all(alarmId, afterSeq, limit) as HistoryEntry[];
      const ofItsPage = ofPageOfAlarm.all(alarmId, afterSeq, limit) as HistoryEntry[];
      return ofItsPage.length === 0 ? own : [...own, ...ofItsPage].sort((a, b) => a.seq - b.seq).slice(0, limit);
    },
    data: (pageId, seq) => data.get(pageId, seq) as string | undefined,
    positionOf: (pageId, seq) => positionOf.get(pageId, seq) as Position | undefined,
    pageOfAlarm: (alarmId) => pageOfAlarm.get(alarmId) as string | undefined,
  };
}
