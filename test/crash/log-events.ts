/** The events of a log, read from its file while the server writes it. */
import { openDatabase } from '../../src/log/sqlite/database.js';

/** The parts of an event that the checker needs. */
export interface LogEvent {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly by: string;
  /** Id of the command, if its client gave one. */
  readonly id: string | undefined;
  readonly at: string;
  readonly alarm: string | undefined;
  /** What no other command said: a price, a ticker or a name. */
  readonly mark: string | undefined;
}

interface Row extends Pick<LogEvent, 'position' | 'stream' | 'revision' | 'type'> {
  readonly data: string;
  readonly metadata: string;
}

/** All events behind `position`, in log order. */
export function eventsAfter(file: string, position: number): LogEvent[] {
  const db = openDatabase(file, { readonly: true });
  try {
    const rows = db
      .prepare(
        'SELECT position, s.name AS stream, revision, type, data, metadata FROM events JOIN streams s ON s.no = stream WHERE position > ? ORDER BY position',
      )
      .all(position) as Row[];
    return rows.map(({ data, metadata, ...place }) => {
      const { price, ticker, name, alarm_id } = JSON.parse(data) as {
        price?: number;
        ticker?: string;
        name?: string;
        alarm_id?: string;
      };
      const { by, id, at } = JSON.parse(metadata) as { by: string; id?: string; at: string };
      return { ...place, by, id, at, alarm: alarm_id, mark: markOf({ price, ticker, name }) };
    });
  } finally {
    db.close();
  }
}

/** The mark of a command, an event or an update: in each of them it has one of these at the most. */
export const markOf = ({
  price,
  ticker,
  name,
}: {
  price?: number | undefined;
  ticker?: string | undefined;
  name?: string | undefined;
}): string | undefined => (price === undefined ? (ticker ?? name) : `at ${price}`);
