/** The whole log, as the checker uses it, read while servers write it: from its file, or from EventStoreDB. */
import type { RecordedEvent } from '../../src/log/event-log.js';
import { openEventStoreDbLog } from '../../src/log/eventstoredb/log.js';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { authorsIn, type KeysOfTexts, openedTexts } from './opened-texts.js';

export interface HistoryEvent {
  /** Place in the whole log; later events have higher ones. EventStoreDB's are bytes: exact as a number up to 9 PB. */
  readonly position: number;
  /** `page-<id>`, `group-<id>`, `user-<id>` or another. */
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  /** With free text as it was written. */
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

/** Page, group and account events in log order. */
export function historyInFile(file: string): HistoryEvent[] {
  const db = openDatabase(file, { readonly: true });
  try {
    const rows = db
      .prepare(
        "SELECT position, s.name AS stream, revision, type, data, metadata FROM events JOIN streams s ON s.no = stream WHERE s.name LIKE 'page-%' OR s.name LIKE 'group-%' OR s.name LIKE 'user-%' ORDER BY position",
      )
      .all() as Row[];
    const keys = keysIn(db);
    return rows.map(({ data, metadata, ...place }) => {
      const { by, id, at } = JSON.parse(metadata) as { by: string; id?: string; at: string };
      return { ...place, data: openedTexts(JSON.parse(data), keys) as Record<string, unknown>, by, id, at };
    });
  } finally {
    db.close();
  }
}

function keysIn(db: ReturnType<typeof openDatabase>): KeysOfTexts {
  const rows = db
    .prepare(
      "SELECT substr(s.name, 9) || '.' || revision AS name, data ->> 'key' AS key FROM events JOIN streams s ON s.no = stream WHERE s.name LIKE 'textkey-%'",
    )
    .all() as { readonly name: string; readonly key: string | null }[];
  return new Map(rows.map(({ name, key }) => [name, key]));
}

const unobserved = {
  onAppend: () => undefined,
  onConflict: () => undefined,
  onResubscribe: () => undefined,
  onCreated: () => undefined,
  onUnavailable: () => undefined,
  onAvailable: () => undefined,
};

/** The same from the log that the nodes with this store and prefix share. */
export async function historyInStore(connectionString: string, prefix: string): Promise<HistoryEvent[]> {
  const log = await openEventStoreDbLog({
    connectionString,
    prefix,
    patienceMs: 30_000,
    observer: unobserved,
    onFatal: (error) => {
      throw error;
    },
  });
  const events: RecordedEvent[] = [];
  const subscription = log.subscribe(undefined, { deliver: (more) => void events.push(...more) });
  await subscription.caughtUp;
  subscription.close();
  const keys = new Map<string, string | null>();
  for (const userId of authorsIn(events.map(({ event }) => event.data))) {
    const last = await log.readPrivate(`textkey-${userId}`);
    if (last?.type === 'TextKeySet') keys.set(`${userId}.${last.revision}`, last.data.key);
  }
  await log.close();
  return events
    .filter(({ stream }) => /^(page|group|user)-/.test(stream))
    .map(({ position, stream, revision, event: { type, data }, metadata: { by, id, at } }) => ({
      position: Number(position),
      stream,
      revision,
      type,
      data: openedTexts(data, keys) as HistoryEvent['data'],
      by,
      id,
      at,
    }));
}
