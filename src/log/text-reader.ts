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
  stream: string,
  revision: number,
  id: string,
  type: string,
  data: string,
  metadata: string,
];

function sqliteTexts(file: string): TextReader {
  const db = openDatabase(file, { readonly: true, timeout: 5_000 });
  const rowsAfter = db
    .prepare(
      'SELECT position, s.name, revision, id, type, data, metadata FROM events JOIN streams s ON s.no = stream WHERE position > ? ORDER BY position LIMIT ?',
    )
    .raw();
  return {
    read: async (after, limit) => {
      const found: StoredText[] = [];
      for (let from = after === undefined ? 0 : Number(after); found.length < limit; ) {
        const wanted = limit - found.length;
        const rows = rowsAfter.all(from, wanted) as Row[];
        for (const [position, stream, revision, id, type, data, metadata] of rows)
          if (!isPrivate(stream))
            found.push({ position: String(position), stream, revision, id, type, data, metadata });
        const last = rows.at(-1);
        if (!last || rows.length < wanted) break;
        from = last[0];
      }
      return found;
    },
    close: async () => void db.close(),
  };
}
