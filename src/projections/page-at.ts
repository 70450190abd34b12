/**
 * A page as it was at a position of the log. Each row of alarm_events holds its alarm as it was after the event, so the state is the last row
 * of each alarm: its cost follows the number of alarms, not the length of the history.
 */
import { comparePositions, type Position } from '../log/event-log.js';
import type { Database } from '../log/sqlite/database.js';

export interface PageThen {
  readonly id: string;
  readonly name: string;
  readonly owner_id: string;
  /** Of its last event at that position. */
  readonly seq: number;
  /** When it was deleted; its alarms are those that it had then. */
  readonly deleted_at?: string;
}

interface PageRow {
  readonly seq: number;
  readonly type: string;
  readonly at: string;
  readonly data: string;
}

interface AlarmRow {
  readonly seq: number;
  readonly type: string;
  readonly data: string;
}

/** Of the acknowledgement of a whole page: `data` has the alarm alone. */
type AcknowledgedRow = Omit<AlarmRow, 'type'>;

export type PagesAt = {
  /** Undefined if the page did not exist yet. */
  page(pageId: string, position: Position): PageThen | undefined;
  /** Seq of the page's last event up to a position; -1 if it had none yet. */
  seqAt(pageId: string, position: Position): number;
  /** The JSON of its alarms, in the order of their creation. `seq`: of PageThen. */
  alarms(pageId: string, seq: number): string[];
  /** The JSON of an alarm; undefined if it was not there. */
  alarm(pageId: string, alarmId: string, seq: number): string | undefined;
  /** Ids of the pages that were created after a position and up to another, in log order, with the positions of their creation. */
  created(after: Position, until: Position, limit: number): { readonly id: string; readonly position: Position }[];
};

/** The same reads, with free text opened. */
export const pagesOpened = (pages: PagesAt, open: (json: string) => string): PagesAt => ({
  ...pages,
  alarms: (pageId, seq) => pages.alarms(pageId, seq).map(open),
  alarm: (pageId, alarmId, seq) => {
    const found = pages.alarm(pageId, alarmId, seq);
    return found === undefined ? undefined : open(found);
  },
});

export function openPagesAt(db: Database): PagesAt {
  const lastSeq = db.prepare('SELECT max(seq) FROM alarm_events WHERE page_id = ?').pluck();
  const positionOf = db
    .prepare('SELECT CAST(position AS TEXT) FROM alarm_events WHERE page_id = ? AND seq = ?')
    .pluck();
  const lastOfPage = db.prepare(
    `SELECT seq, type, at, data FROM alarm_events WHERE page_id = ? AND alarm_id IS NULL AND seq <= ? AND void = 0
     AND type IN ('PageCreated', 'PageRenamed', 'PageTransferred', 'PageDeleted') ORDER BY seq DESC LIMIT 1`,
  );
  const lives = db.prepare(
    `SELECT alarm_id, type FROM alarm_events WHERE page_id = ? AND seq <= ? AND type IN ('AlarmCreated', 'AlarmDeleted')
     AND void = 0 ORDER BY seq`,
  );
  const lastOfAlarm = db.prepare(
    'SELECT seq, type, data FROM alarm_events WHERE alarm_id = ? AND seq <= ? AND page_id = ? AND void = 0 ORDER BY seq DESC LIMIT 1',
  );
  const lastAcknowledged = db.prepare(
    'SELECT seq, data FROM acknowledged_alarms WHERE alarm_id = ? AND seq <= ? AND page_id = ? ORDER BY seq DESC LIMIT 1',
  );
  const created = db.prepare(
    `SELECT substr(target, 5) AS id, CAST(position AS TEXT) AS position FROM access_changes
     WHERE position > CAST(? AS INTEGER) AND position <= CAST(? AS INTEGER) AND type = 'PageCreated'
     ORDER BY access_changes.position LIMIT ?`,
  );

  function seqAt(pageId: string, position: Position): number {
    const last = lastSeq.get(pageId) as number | null;
    if (last === null) return -1;
    const isAfter = (seq: number): boolean => comparePositions(positionOf.get(pageId, seq) as string, position) > 0;
    if (!isAfter(last)) return last;
    let [low, high] = [-1, last];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (isAfter(middle)) high = middle;
      else low = middle;
    }
    return low;
  }

  function alarm(pageId: string, alarmId: string, seq: number): string | undefined {
    const row = lastOfAlarm.get(alarmId, seq, pageId) as AlarmRow | undefined;
    if (!row || row.type === 'AlarmDeleted') return undefined;
    const own = withoutPrice(row.data);
    const later = lastAcknowledged.get(alarmId, seq, pageId) as AcknowledgedRow | undefined;
    return later && later.seq > row.seq ? withStatus(own, later.data) : own;
  }

  return {
    page: (id, position) => {
      const seq = seqAt(id, position);
      if (seq < 0) return undefined;
      const row = lastOfPage.get(id, seq) as PageRow;
      const { name, owner_id } = JSON.parse(row.data) as { name: string; owner_id: string };
      const deleted = row.type === 'PageDeleted' ? { deleted_at: row.at } : {};
      return { id, name, owner_id, seq: row.type === 'PageDeleted' ? row.seq : seq, ...deleted };
    },
    alarms: (pageId, seq) => {
      const there = new Set<string>();
      for (const { alarm_id, type } of lives.all(pageId, seq) as { alarm_id: string; type: string }[])
        if (type === 'AlarmCreated') there.add(alarm_id);
        else there.delete(alarm_id);
      return Array.from(there, (id) => alarm(pageId, id, seq)).filter((one) => one !== undefined);
    },
    alarm,
    seqAt,
    created: (after, until, limit) => created.all(after, until, limit) as { id: string; position: string }[],
  };
}

/** The alarm without the price that the row of an event has at its end with which it is told: of a trigger, of its being told again. */
const withoutPrice = (data: string): string => data.replace(/,"price":[^,}]*\}$/, '}');

/** The alarm with the status that the acknowledgement of its page gave it. An alarm has its status at the end. */
function withStatus(alarm: string, acknowledged: string): string {
  const { alarms } = JSON.parse(acknowledged) as { alarms: readonly { readonly status: unknown }[] };
  return `${alarm.slice(0, alarm.lastIndexOf(',"status":{'))},"status":${JSON.stringify(alarms[0]?.status)}}`;
}
