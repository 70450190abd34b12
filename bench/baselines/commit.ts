/**
 * What one durable SQLite commit costs on this disk: the unit of `npm run bench`. WAL, synchronous=FULL, one row of 300 bytes a
 * commit, nothing else in the file: as small as a commit that survives a power cut can be.
 */
import { randomBytes } from 'node:crypto';
import { rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../src/log/sqlite/database.js';

const ROW_BYTES = 300;
/** Not counted: the first commits make the WAL grow to a size it is then used at. */
const WARM_UP = 200;
const COMMITS = 2_000;
/** statfs's type of a file system in memory (Linux, magic.h). */
const TMPFS = 0x01021994;

export interface CommitCost {
  /** In ms. */
  readonly p50: number;
  readonly p99: number;
}

/** Commits in a file of its own in `folder`, and removes it. Throws where SQLite does not keep the settings. */
export function measureCommit(folder: string): CommitCost {
  const file = join(folder, 'commit-baseline.db');
  const db = openDatabase(file);
  try {
    db.pragma('journal_mode = WAL');
    db.exec('CREATE TABLE row (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)');
    db.pragma('synchronous = FULL');
    const insert = db.prepare('INSERT INTO row (bytes) VALUES (?)');
    const row = randomBytes(ROW_BYTES);
    const times = new Float64Array(COMMITS);
    for (let n = -WARM_UP; n < COMMITS; n++) {
      const began = performance.now();
      insert.run(row);
      if (n >= 0) times[n] = performance.now() - began;
    }
    const kept = {
      journal: db.pragma('journal_mode', { simple: true }),
      synchronous: db.pragma('synchronous', { simple: true }),
    };
    if (kept.journal !== 'wal' || kept.synchronous !== 2)
      throw new Error(`the commits were not durable: SQLite says ${JSON.stringify(kept)}`);
    times.sort();
    return { p50: times[COMMITS / 2]!, p99: times[Math.floor(COMMITS * 0.99)]! };
  } finally {
    db.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  }
}

/** Is `folder` in memory? There an fsync costs nothing, and durable figures mean nothing. */
export const isInMemory = (folder: string): boolean => statfsSync(folder).type === TMPFS;
