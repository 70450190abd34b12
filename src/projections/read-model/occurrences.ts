/** occurrences: every occurrence of each alarm as it was last, those that are over too. Its first price is in alarm_events. */
import type { Alarm } from '../../domain/alarm.js';
import type { Sealed } from '../../domain/free-text.js';
import type { Occurrence } from '../../domain/occurrence.js';
import type { Database } from '../../log/sqlite/database.js';
import type { Folded } from '../live-state.js';
import type { Row, Table } from './table.js';

export const occurrencesTable: Table = {
  name: 'occurrences',
  ddl: `CREATE TABLE occurrences (
    alarm_id   TEXT NOT NULL,
    first_seq  INTEGER NOT NULL,
    page_id    TEXT NOT NULL,
    first_at   TEXT NOT NULL,
    last_seq   INTEGER NOT NULL,
    last_at    TEXT NOT NULL,
    count      INTEGER NOT NULL,
    last_price REAL NOT NULL,
    ack        TEXT,
    cleared    TEXT,
    PRIMARY KEY (alarm_id, first_seq)
  ) WITHOUT ROWID;`,
  columns: [
    'alarm_id',
    'first_seq',
    'page_id',
    'first_at',
    'last_seq',
    'last_at',
    'count',
    'last_price',
    'ack',
    'cleared',
  ],
  keys: 2,
};

/** The event that ended an occurrence: a clear_alarm, or a change of what the alarm is for. */
interface Cleared {
  readonly seq: number;
  readonly at: string;
  readonly by: string;
  readonly comment?: Sealed;
}

const row = ({ id, page_id }: Alarm, occurrence: Occurrence, cleared: Cleared | undefined): Row => {
  const { first_seq, first_at, last_seq, last_at, count, price, ack } = occurrence;
  const said = cleared === undefined ? null : JSON.stringify(cleared);
  return [id, first_seq, page_id, first_at, last_seq, last_at, count, price, ack ? JSON.stringify(ack) : null, said];
};

/** The row of the occurrence that the alarm has; undefined: none. */
export const occurrenceRow = (alarm: Alarm): Row | undefined =>
  alarm.occurrence && row(alarm, alarm.occurrence, undefined);

/** Adds the rows of the occurrences that are over by the event: there is nothing left in the live state that says how they ended. */
export function pushEndedOccurrences(rows: Row[], { recorded, page, alarm, ended }: Folded): void {
  const { event, metadata, revision: seq } = recorded;
  if (event.type === 'PageDeleted') {
    for (const one of page?.alarms.values() ?? []) pushCurrent(rows, one);
    return;
  }
  if (!alarm) return;
  if (event.type === 'AlarmDeleted') return pushCurrent(rows, alarm);
  if (!ended) return;
  if (event.type === 'AlarmTriggered') {
    rows.push(row(alarm, ended, undefined));
    return;
  }
  const said = event.type === 'AlarmCleared' && event.data.comment ? { comment: event.data.comment } : {};
  rows.push(row(alarm, ended, { seq, at: metadata.at, by: metadata.by, ...said }));
}

function pushCurrent(rows: Row[], alarm: Alarm): void {
  const current = occurrenceRow(alarm);
  if (current) rows.push(current);
}

export interface OccurrenceEntry {
  readonly page_id: string;
  readonly first_seq: number;
  readonly first_at: string;
  readonly last_seq: number;
  readonly last_at: string;
  readonly count: number;
  readonly last_price: number;
  /** JSON, free text opened, here as below; null: none. */
  readonly ack: string | null;
  readonly cleared: string | null;
}

export interface Occurrences {
  /** Those of an alarm that began before this seq, newest first. The tables have to contain what is read. */
  occurrencesOf(alarmId: string, beforeSeq: number, limit: number): OccurrenceEntry[];
}

export function openOccurrences(db: Database, open: (json: string) => string): Occurrences {
  const ofAlarm = db.prepare(
    `SELECT page_id, first_seq, first_at, last_seq, last_at, count, last_price, ack, cleared FROM occurrences
     WHERE alarm_id = ? AND first_seq < ? ORDER BY first_seq DESC LIMIT ?`,
  );
  const opened = (json: string | null): string | null => (json === null ? null : open(json));
  return {
    occurrencesOf: (alarmId, beforeSeq, limit) =>
      (ofAlarm.all(alarmId, beforeSeq, limit) as OccurrenceEntry[]).map((entry) => ({
        ...entry,
        ack: opened(entry.ack),
        cleared: opened(entry.cleared),
      })),
  };
}
