/** acknowledged_alarms: of each acknowledgement of a whole page, the alarms that it changed; so that it is in their history too. */
import { acknowledgedPageJson } from '../../protocol/views.js';
import type { Folded, LiveState } from '../live-state.js';
import type { Row, Table } from './table.js';

export const acknowledgedAlarmsTable: Table = {
  name: 'acknowledged_alarms',
  ddl: `CREATE TABLE acknowledged_alarms (
    alarm_id TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    page_id  TEXT NOT NULL,
    data     TEXT NOT NULL,
    PRIMARY KEY (alarm_id, seq)
  ) WITHOUT ROWID;`,
  columns: ['alarm_id', 'seq', 'page_id', 'data'],
  keys: 2,
};

/** The rows of an event that acknowledges a page: its rendering for each alarm alone. `live` is the state after it. */
export function acknowledgedAlarmRows(
  { recorded: { event, metadata, revision }, page, alarms = [] }: Folded,
  live: LiveState,
): Row[] {
  if (!page || event.type !== 'PageAcknowledged') return [];
  const { right } = live.heldOn(page, metadata.by);
  return alarms.map((alarm) => [alarm.id, revision, page.id, acknowledgedPageJson(page, right, event.data, [alarm])]);
}
