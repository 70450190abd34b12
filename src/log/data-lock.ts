/**
 * One process on a data folder. The lock is an exclusive transaction on a SQLite file of its own: the system releases it
 * however the process ends, so no stale lock is ever left behind.
 */
import { join } from 'node:path';
import { prepareDataFolder } from './data-folder.js';
import { openDatabase, type Database } from './sqlite.js';

export interface DataLock {
  release(): void;
}

/**
 * Locks `folder`, creating it if need be. Throws with a sentence if another process has it, or if this one may not use it.
 * `onNotice` is told what else an operator should know of the folder.
 */
export function lockDataFolder(folder: string, onNotice: (notice: string) => void = () => undefined): DataLock {
  for (const notice of prepareDataFolder(folder)) onNotice(notice);
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
    return openDatabase(join(folder, 'lock'), { timeout: 100 });
  } catch (error) {
    throw new Error(`The data folder ${folder} cannot be made or written to (${(error as { code?: string }).code}). Set DATA_DIR to a folder that can.`, { cause: error });
  }
}
