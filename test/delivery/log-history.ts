/** The whole of a log as the checker judges by it, read from its file beside the server that writes it. */
import { openDatabase } from '../../src/log/sqlite.js';

export interface HistoryEvent {
  /** Place in the whole log; later events have higher ones. */
  readonly position: number;
  /** `page-<id>`, `group-<id>` or another. */
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly by: string;
  /** Id of the command, if its client gave one. */
  readonly id: string | undefined;
  readonly at: string;
}

interface Row extends Pick<HistoryEvent, 'position' | 'stream' | 'revision' | 'type'> {
  readonly data: string;
  readonly metadata: string;
}

/** Page and group events in log order. */
export function historyOf(file: string): HistoryEvent[] {
  const db = openDatabase(file, { readonly: true });
  try {
    const rows = db
      .prepare("SELECT position, s.name AS stream, revision, type, data, metadata FROM events JOIN streams s ON s.no = stream WHERE s.name LIKE 'page-%' OR s.name LIKE 'group-%' ORDER BY position")
      .all() as Row[];
    return rows.map(({ data, metadata, ...place }) => {
      const { by, id, at } = JSON.parse(metadata) as { by: string; id?: string; at: string };
      return { ...place, data: JSON.parse(data) as Record<string, unknown>, by, id, at };
    });
  } finally {
    db.close();
  }
}
