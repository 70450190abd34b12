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

interface Row extends Omit<StoredText, 'position'> {
  readonly position: number;
}

function sqliteTexts(file: string): TextReader {
  const db = openDatabase(file, { readonly: true, timeout: 5_000 });
  const rowsAfter = db.prepare(
    'SELECT position, s.name AS stream, revision, id, type, data, metadata FROM events JOIN streams s ON s.no = stream WHERE position > ? ORDER BY position LIMIT ?',
  );
  return {
    read: async (after, limit) => {
      const found: StoredText[] = [];
      for (let from = after === undefined ? 0 : Number(after); found.length < limit; ) {
        const wanted = limit - found.length;
        const rows = rowsAfter.all(from, wanted) as Row[];
        for (const row of rows) if (!isPrivate(row.stream)) found.push({ ...row, position: String(row.position) });
        const last = rows.at(-1);
        if (!last || rows.length < wanted) break;
        from = last.position;
      }
      return found;
    },
    close: async () => void db.close(),
  };
}
