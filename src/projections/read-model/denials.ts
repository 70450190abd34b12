/** denials: what users were refused, one row for each event about it. Rows are only added. */
import type { DenialEvent } from '../../domain/events.js';
import type { Position, RecordedEvent } from '../../log/event-log.js';
import type { Database } from '../../log/sqlite/database.js';
import type { Row, Table } from './table.js';

export const denialsTable: Table = {
  name: 'denials',
  ddl: `CREATE TABLE denials (
    position INTEGER PRIMARY KEY,
    type     TEXT NOT NULL,
    at       TEXT NOT NULL,
    user_id  TEXT,
    page_id  TEXT,
    token    TEXT,
    data     TEXT NOT NULL
  );`,
  index: `CREATE INDEX denials_of_user ON denials (user_id, position);
    CREATE INDEX denials_of_page ON denials (page_id, position) WHERE page_id IS NOT NULL;`,
  columns: ['position', 'type', 'at', 'user_id', 'page_id', 'token', 'data'],
  keys: 1,
};

/** A summary is of no single user. */
export function denialRow({ position, metadata }: RecordedEvent, event: DenialEvent): Row {
  const [user, page] = event.type === 'CommandDenied' ? [metadata.by, event.data.page_id] : [null, null];
  return [position, event.type, metadata.at, user, page, metadata.token ?? null, JSON.stringify(event.data)];
}

export interface DenialEntry {
  readonly position: Position;
  readonly type: DenialEvent['type'];
  readonly at: string;
  /** Null of a summary. */
  readonly user_id: string | null;
  /** Id of the access token with which a program asked. */
  readonly token: string | null;
  /** The event's data, as JSON. */
  readonly data: string;
}

export interface DenialFilter {
  readonly user?: string | undefined;
  readonly page?: string | undefined;
}

export type DenialLog = {
  /** After a position and up to another, in log order, at most `limit`. Of a user: the summaries that name them, too. */
  between(after: Position, until: Position, limit: number, filter: DenialFilter): DenialEntry[];
};

export function openDenialLog(db: Database): DenialLog {
  const select = (condition: string) =>
    db.prepare(
      `SELECT CAST(position AS TEXT) AS position, type, at, user_id, token, data FROM denials
       WHERE denials.position > CAST(? AS INTEGER) AND denials.position <= CAST(? AS INTEGER)${condition} ORDER BY denials.position LIMIT ?`,
    );
  const ofAll = select('');
  const ofUser = select(' AND (user_id = ? OR (user_id IS NULL AND instr(data, ?) > 0))');
  const ofPage = select(' AND page_id = ?');
  const ofBoth = select(' AND user_id = ? AND page_id = ?');
  return {
    between: (after, until, limit, { user, page }) => {
      const quoted = JSON.stringify(user ?? '');
      if (user !== undefined && page !== undefined) return ofBoth.all(after, until, user, page, limit) as DenialEntry[];
      if (user !== undefined) return ofUser.all(after, until, user, quoted, limit) as DenialEntry[];
      if (page !== undefined) return ofPage.all(after, until, page, limit) as DenialEntry[];
      return ofAll.all(after, until, limit) as DenialEntry[];
    },
  };
}
