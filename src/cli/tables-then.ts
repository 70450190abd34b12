/** Builds the seven tables of the original protocol as they were at a place of the history, as one SQLite file for any tool. */
import { existsSync, renameSync } from 'node:fs';
import { decodeText, type StoredText } from '../log/event-codec.js';
import type { EventLog, Subscriber, Subscription } from '../log/event-log.js';
import { openDatabase } from '../log/sqlite/database.js';
import { deleteReadModel } from '../projections/read-model/read-model.js';
import { rebuildReadModel } from '../projections/read-model/rebuild.js';
import type { HistorySource } from './history-source.js';
import type { ReplayEnd, ReplayedPlace } from './replay-end.js';

export const SEVEN_TABLES: readonly string[] = [
  'users',
  'groups',
  'user_groups',
  'pages',
  'page_permissions',
  'alarms',
  'alarm_events',
];

/** Resolves to the last event that is in the tables. Rejects with a sentence if `file` is there, or the history cannot be read; then there is no file. */
export async function buildTablesThen(
  source: HistorySource,
  end: ReplayEnd,
  file: string,
  onProgress: (events: number) => void,
): Promise<ReplayedPlace> {
  if (existsSync(file)) throw new Error(`There is already a file ${file}: choose another name.`);
  const unfinished = `${file}.unfinished`;
  try {
    await rebuildReadModel(historyLog(source, end), unfinished, onProgress);
    const last = end.ended();
    keepSeven(unfinished, last);
    renameSync(unfinished, file);
    return last;
  } finally {
    deleteReadModel(unfinished);
    deleteReadModel(`${unfinished}.rebuild`);
  }
}

/** The history up to its end, as a log that is only read. */
function historyLog(source: HistorySource, end: ReplayEnd): EventLog {
  const nothing = (): never => {
    throw new Error('This log is only read.');
  };
  return {
    id: '',
    lineage: [''],
    engine: '',
    isShared: source.isShared,
    isAvailable: true,
    subscribe: (_after, subscriber): Subscription => ({
      caughtUp: deliverAll(source, end, subscriber),
      close: () => undefined,
    }),
    head: async () => '0',
    eventAt: async () => undefined,
    append: nothing,
    overwrite: nothing,
    // Keys of free text are not in the history: it stays encrypted in the tables.
    readPrivate: async () => undefined,
    close: async () => undefined,
  };
}

async function deliverAll(source: HistorySource, end: ReplayEnd, subscriber: Subscriber): Promise<void> {
  // The subscription is returned before the first event is delivered.
  await undefined;
  for await (const batch of source.events()) {
    const told = upTo(batch, end);
    if (told.length > 0) await subscriber.deliver(told.map(decodeText));
    if (told.length < batch.length) return;
  }
}

/** The events up to the end; `end` takes them. */
export function upTo(batch: readonly StoredText[], end: ReplayEnd): readonly StoredText[] {
  const past = batch.findIndex((event) => end.isPast({ position: event.position, at: momentOf(event) }));
  return past === -1 ? batch : batch.slice(0, past);
}

const momentOf = ({ metadata }: StoredText): string => (JSON.parse(metadata) as { at: string }).at;

/** Leaves what the original protocol has, and says as of when it is. */
function keepSeven(file: string, { index, position, at }: ReplayedPlace): void {
  const db = openDatabase(file);
  try {
    const names = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[];
    for (const name of names) if (!SEVEN_TABLES.includes(name)) db.exec(`DROP TABLE "${name}"`);
    db.exec('CREATE TABLE as_of ("index" INTEGER NOT NULL, position TEXT NOT NULL, at TEXT NOT NULL)');
    db.prepare('INSERT INTO as_of VALUES (?, ?, ?)').run(index, position, at);
    db.exec('VACUUM');
    // One file, without a -wal next to it.
    db.pragma('journal_mode = DELETE');
  } finally {
    db.close();
  }
}
