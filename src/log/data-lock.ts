/**
 * Ensures that only one process uses a data folder. The lock is an exclusive transaction on a separate SQLite file: the system
 * releases it however the process ends, so no stale lock is left.
 */
import { join } from 'node:path';
import { prepareDataFolder } from './data-folder.js';
import { type Database, openDatabase } from './sqlite/database.js';

/** How long another process, for example a backup, may hold a file before the start is refused, in milliseconds. */
const HELD_MS = 3_000;

export interface DataLock {
  release(): void;
}

/**
 * Locks `folder`, creating it if necessary. Throws a readable error if another process has the lock or this one may not use
 * the folder. `onNotice` is called with other information about the folder for operators.
 */
export function lockDataFolder(folder: string, onNotice: (notice: string) => void = () => undefined): DataLock {
  for (const notice of prepareDataFolder(folder)) onNotice(notice);
  const db = openLock(folder);
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
    throw new Error(
      `Another process is using the data folder ${folder}. Stop it first, or set DATA_DIR to another folder.`,
    );
  }
  return { release: () => db.close() };
}

function openLock(folder: string): Database {
  try {
    return openDatabase(join(folder, 'lock'), { timeout: 100 });
  } catch (error) {
    throw new Error(
      `The data folder ${folder} cannot be made or written to (${(error as { code?: string }).code}). Set DATA_DIR to a folder that can.`,
      { cause: error },
    );
  }
}

/**
 * Throws a readable error if another process uses the database in `file`: each process that uses it holds a lock on it, even if its
 * `lock` file was deleted. Otherwise the content of the -wal is copied into the file. A file that cannot be read is left to the code
 * that opens it.
 */
export function refuseOtherProcess(file: string): void {
  const db = openDatabase(file, { timeout: HELD_MS });
  try {
    db.pragma('locking_mode = EXCLUSIVE');
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
  } catch (error) {
    if ((error as { code?: string }).code === 'SQLITE_BUSY')
      throw new Error(
        `Another process is using ${file}. If it is a server on this data folder, stop it first, or set DATA_DIR to another folder; if it is a backup or a shell, wait for it to end.`,
      );
  } finally {
    db.close();
  }
}
