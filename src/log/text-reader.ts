/**
 * Reads the stored text of all events that are not private, without decoding them: for the evidence, in a thread of its own. It has its own
 * connection to the log, so that it takes no time of the thread that serves.
 */
import { isPrivate } from '../domain/streams.js';
import type { StoredText } from './event-codec.js';
import { openDatabase } from './sqlite/database.js';
import type { LogSource, TextReader } from './text-source.js';

export async function openTextReader(source: LogSource): Promise<TextReader> {
  if (source.engine === 'sqlite') return sqliteTexts(source.file);
  // Loaded only if it is used, as in engine.ts.
  const { storeTexts } = await import('./eventstoredb/texts.js');
  return storeTexts(source.connectionString, source.prefix);
}

/** In the order of the columns. An array is read faster than an object. */
type Row = [
  position: number,
  stream: number,
  revision: number,
  id: string,
  type: string,
  data: string,
  metadata: string,
];

/** Names of streams that are kept, so that they are not looked up for each event. */
const KEPT_NAMES = 10_000;

function sqliteTexts(file: string): TextReader {
  const db = openDatabase(file, { readonly: true, timeout: 5_000 });
  const rowsAfter = db
    .prepare(
      'SELECT position, stream, revision, id, type, data, metadata FROM events WHERE position > ? ORDER BY position LIMIT ?',
    )
    .raw();
  const nameOf = db.prepare('SELECT name FROM streams WHERE no = ?').pluck();
  /** Undefined: private, or none. */
  const names = new Map<number, string | undefined>();
  const publicName = (number: number): string | undefined => {
    if (names.has(number)) return names.get(number);
    // Bytes, null or undefined where the file was changed.
    const found: unknown = nameOf.get(number);
    const name = typeof found === 'string' && !isPrivate(found) ? found : undefined;
    if (names.size === KEPT_NAMES) names.clear();
    names.set(number, name);
    return name;
  };
  return {
    read: async (after, limit) => {
      const found: StoredText[] = [];
      for (let from = after === undefined ? 0 : Number(after); found.length < limit; ) {
        const wanted = limit - found.length;
        const rows = rowsAfter.all(from, wanted) as Row[];
        for (const [position, number, revision, id, type, data, metadata] of rows) {
          const stream = publicName(number);
          if (stream !== undefined)
            found.push({ position: String(position), stream, revision, id, type, data, metadata });
        }
        const last = rows.at(-1);
        if (!last || rows.length < wanted) break;
        from = last[0];
      }
      return found;
    },
    close: async () => void db.close(),
  };
}
