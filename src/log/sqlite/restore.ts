/**
 * Replaces the log in the data folder of a stopped server by a backup. The old files are moved to a new folder within the data
 * folder. If the process is killed half way, either the old log is in place, or none next to log-head.json, with which no server
 * starts.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { knownHeadFile } from '../known-head.js';
import { checkBackup, sync } from './backup.js';
import { startSqliteLog } from './start.js';

export interface RestoreOptions {
  readonly folder: string;
  readonly logFile: string;
  readonly readModelFile: string;
  readonly backup: string;
  readonly onProgress: (events: number) => void;
}

export interface Restored {
  readonly logId: string;
  /** The id of the backup's log. */
  readonly previous: string;
  /** Including the one that gives the log its new id. */
  readonly events: number;
  /** The folder of the old files; undefined if there were none. */
  readonly aside: string | undefined;
  readonly hadManifest: boolean;
}

/** The folder must be locked. Throws a readable error if the backup is incomplete; nothing is changed then. */
export async function restoreBackup({
  folder,
  logFile,
  readModelFile,
  backup,
  onProgress,
}: RestoreOptions): Promise<Restored> {
  const { whole, manifest } = await checkBackup(backup, onProgress);
  const restoring = `${logFile}.restoring`;
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${restoring}${suffix}`, { force: true });
  copyFileSync(backup, restoring);
  chmodSync(restoring, 0o600);
  sync(restoring);

  const aside = putAside(folder, [...withWal(logFile), ...withWal(readModelFile), knownHeadFile(folder)]);
  renameSync(restoring, logFile);
  sync(folder);
  const { logId } = await giveNewId(folder, logFile);
  return { logId, previous: whole.logId, events: whole.events + 1, aside, hadManifest: manifest !== undefined };
}

/** Gives the log in the folder a new id, if it is complete. The folder must be locked. Throws a readable error otherwise. */
export async function giveNewId(
  folder: string,
  logFile: string,
): Promise<{ readonly logId: string; readonly previous: string }> {
  const fatal = (error: Error): never => {
    throw error;
  };
  const { log, close } = startSqliteLog({
    folder,
    file: logFile,
    readModel: undefined,
    isRestore: true,
    onFatal: fatal,
    onCommit: () => undefined,
    onNotice: () => undefined,
  });
  const { id: logId, lineage } = log;
  await close();
  return { logId, previous: lineage.at(-2)! };
}

/** Moves the log itself first: a folder without it is refused, but one without its -wal might not be. */
function putAside(folder: string, files: readonly string[]): string | undefined {
  const there = files.filter((file) => existsSync(file));
  if (there.length === 0) return undefined;
  const aside = join(folder, `before-restore-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`);
  mkdirSync(aside, { mode: 0o700 });
  for (const file of there) renameSync(file, join(aside, basename(file)));
  sync(folder);
  return aside;
}

const withWal = (file: string): string[] => [file, `${file}-wal`, `${file}-shm`];
