/** alarms: the current state of each alarm. */

import type { Alarm, Snooze } from '../../domain/alarm.js';
import type { AlarmSettings } from '../../domain/alarm-settings.js';
import type { Deadlines } from '../../domain/deadlines.js';
import type { Occurrence } from '../../domain/occurrence.js';
import type { LivePage } from '../../domain/page.js';
import type { Database } from '../../log/sqlite/database.js';
import type { Row, Table } from './table.js';

export const alarmsTable: Table = {
  name: 'alarms',
  ddl: `CREATE TABLE alarms (
    id             TEXT PRIMARY KEY,
    page_id        TEXT NOT NULL,
    ticker         TEXT NOT NULL,
    option         TEXT NOT NULL,
    condition      TEXT NOT NULL,
    active         INTEGER NOT NULL,
    last_triggered TEXT,
    settings       TEXT,
    occurrence     TEXT,
    assignee       TEXT,
    snoozed        TEXT,
    deadlines      TEXT
  ) WITHOUT ROWID;`,
  columns: [
    'id',
    'page_id',
    'ticker',
    'option',
    'condition',
    'active',
    'last_triggered',
    'settings',
    'occurrence',
    'assignee',
    'snoozed',
    'deadlines',
  ],
  keys: 1,
};

export const alarmRow = (alarm: Alarm): Row => [
  alarm.id,
  alarm.page_id,
  alarm.ticker,
  alarm.option,
  alarm.condition,
  Number(alarm.active),
  alarm.last_triggered,
  json(alarm.settings),
  json(alarm.occurrence),
  alarm.assignee ?? null,
  json(alarm.snoozed),
  json(alarm.deadlines),
];

const json = (value: object | undefined): string | null => (value === undefined ? null : JSON.stringify(value));

interface AlarmRow extends Omit<Alarm, 'active' | 'settings' | 'occurrence' | 'assignee' | 'snoozed' | 'deadlines'> {
  readonly active: number;
  readonly settings: string | null;
  readonly occurrence: string | null;
  readonly assignee: string | null;
  readonly snoozed: string | null;
  readonly deadlines: string | null;
}

/** Adds the alarms to their pages. */
export function loadAlarms(db: Database, pages: ReadonlyMap<string, LivePage>): void {
  for (const row of db.prepare(`SELECT ${alarmsTable.columns.join(', ')} FROM alarms`).iterate()) {
    const { active, settings, occurrence, assignee, snoozed, deadlines, ...fields } = row as AlarmRow;
    pages.get(fields.page_id)!.alarms.set(fields.id, {
      ...fields,
      active: active === 1,
      ...(settings === null ? {} : { settings: JSON.parse(settings) as AlarmSettings }),
      ...(occurrence === null ? {} : { occurrence: JSON.parse(occurrence) as Occurrence }),
      ...(assignee === null ? {} : { assignee }),
      ...(snoozed === null ? {} : { snoozed: JSON.parse(snoozed) as Snooze }),
      ...(deadlines === null ? {} : { deadlines: JSON.parse(deadlines) as Deadlines }),
    });
  }
}
