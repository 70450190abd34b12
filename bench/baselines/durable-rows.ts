/** A SQLite file in which every commit is durable, with rows as large as an event: what the baselines write to. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../src/log/sqlite/database.js';

/** An event of a trigger with its metadata. */
const ROW_BYTES = 300;

/**
 * Makes the file in `folder`, and removes it at the end. `commit` commits so many rows at once: WAL, synchronous=FULL. Throws where SQLite
 * does not keep the settings.
 */
export function withDurableRows<T>(folder: string, use: (commit: (rows: number) => void) => T): T {
  const file = join(folder, 'durable-rows.db');
  const db = openDatabase(file);
  try {
    db.pragma('journal_mode = WAL');
    db.exec('CREATE TABLE row (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)');
    db.pragma('synchronous = FULL');
    const insert = db.prepare('INSERT INTO row (bytes) VALUES (?)');
    const row = randomBytes(ROW_BYTES);
    const several = db.transaction((rows: number) => {
      for (let at = 0; at < rows; at += 1) insert.run(row);
    });
    const result = use((rows) => void (rows === 1 ? insert.run(row) : several(rows)));
    const kept = {
      journal: db.pragma('journal_mode', { simple: true }),
      synchronous: db.pragma('synchronous', { simple: true }),
    };
    if (kept.journal !== 'wal' || kept.synchronous !== 2)
      throw new Error(`the commits were not durable: SQLite says ${JSON.stringify(kept)}`);
    return result;
  } finally {
    db.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  }
}
