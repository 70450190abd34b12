/** alarms: the current state of each alarm. */
import type { Alarm, LivePage } from '../../domain/page.js';
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
    last_triggered TEXT
  ) WITHOUT ROWID;`,
  columns: ['id', 'page_id', 'ticker', 'option', 'condition', 'active', 'last_triggered'],
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
];

/** Adds the alarms to their pages. */
export function loadAlarms(db: Database, pages: ReadonlyMap<string, LivePage>): void {
  for (const row of db
    .prepare('SELECT id, page_id, ticker, option, condition, active, last_triggered FROM alarms')
    .iterate()) {
    const alarm = row as Omit<Alarm, 'active'> & { active: number };
    pages.get(alarm.page_id)!.alarms.set(alarm.id, { ...alarm, active: alarm.active === 1 });
  }
}
