/**
 * What SQLite does alone on this disk, with rows as large as an event: batches as the log commits them under load, and an open loop whose due
 * rows are committed together. WAL, synchronous=FULL, the WAL copied into the file as the log does it.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, openDatabase } from '../../src/log/sqlite/database.js';
import { type Tail, tailOf } from './tail.js';

/** An event of a trigger with its metadata. */
const ROW_BYTES = 300;

function withDatabase<T>(folder: string, use: (db: Database, commit: (rows: number) => void) => T): T {
  const file = join(folder, 'sqlite-alone.db');
  const db = openDatabase(file);
  try {
    db.pragma('journal_mode = WAL');
    db.exec('CREATE TABLE row (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)');
    db.pragma('synchronous = FULL');
    const insert = db.prepare('INSERT INTO row (bytes) VALUES (?)');
    const row = randomBytes(ROW_BYTES);
    const commit = db.transaction((rows: number) => {
      for (let at = 0; at < rows; at += 1) insert.run(row);
    });
    return use(db, commit);
  } finally {
    db.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  }
}

/** Rows a second, committed in batches of `batch` rows, one after another. */
export const sqliteRowsPerSecond = (folder: string, batch: number, seconds: number): number =>
  withDatabase(folder, (_db, commit) => {
    let rows = 0;
    let beganAt = 0;
    // The first second makes the WAL grow to the size it is then used at.
    const warmAt = performance.now() + Math.min(1, seconds) * 1_000;
    for (let now = performance.now(); beganAt === 0 || now - beganAt < seconds * 1_000; now = performance.now()) {
      if (beganAt === 0 && now >= warmAt) {
        beganAt = now;
        rows = 0;
      }
      commit(batch);
      rows += batch;
    }
    return rows / ((performance.now() - beganAt) / 1_000);
  });

/** `rate` rows a second: those that are due are committed together. */
export const sqliteTail = (folder: string, rate: number, seconds: number): Tail =>
  withDatabase(folder, (_db, commit) => {
    const latencies = new Float64Array(Math.floor(rate * seconds));
    const pause = new Int32Array(new SharedArrayBuffer(4));
    const beganAt = performance.now();
    for (let done = 0; done < latencies.length; ) {
      const due = Math.min(latencies.length, Math.floor(((performance.now() - beganAt) / 1_000) * rate));
      if (due === done) {
        Atomics.wait(pause, 0, 0, 0.1);
        continue;
      }
      commit(due - done);
      const now = performance.now();
      for (; done < due; done += 1) latencies[done] = now - beganAt - (1_000 * (done + 1)) / rate;
    }
    return tailOf(latencies);
  });
