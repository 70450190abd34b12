/**
 * One process on a data folder. The lock is an exclusive transaction on a SQLite file of its own: the system releases it
 * however the process ends, so no stale lock is ever left behind.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase, type Database } from './sqlite.js';

export interface DataLock {
  release(): void;
}

/** Locks `folder`, creating it if need be. Throws with a sentence if another process has it, or if it cannot be written to. */
export function lockDataFolder(folder: string): DataLock {
  const db = openLock(folder);
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
    throw new Error(`Another process is using the data folder ${folder}. Stop it first, or set DATA_DIR to another folder.`);
  }
  return { release: () => db.close() };
}

function openLock(folder: string): Database {
  try {
    // Password hashes are in the log: nobody else has any business in there.
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return openDatabase(join(folder, 'lock'), { timeout: 100 });
  } catch (error) {
    throw new Error(`The data folder ${folder} cannot be made or written to (${(error as { code?: string }).code}). Set DATA_DIR to a folder that can.`, { cause: error });
  }
}
