/** The ways in which a log can become another one than the server left: as an operator does it, rightly and wrongly. */
import { chmodSync, copyFileSync, cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lockDataFolder } from '../../src/log/data-lock.js';
import { makeBackup } from '../../src/log/sqlite/backup.js';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { restoreBackup } from '../../src/log/sqlite/restore.js';

/** The same moment of a log, in each form that an operator may hold. */
export interface Saved {
  /** As npm run backup made it. */
  readonly marked: string;
  /** As VACUUM INTO makes it. */
  readonly vacuumed: string;
  /** As .backup or a copy of a stopped server makes it. */
  readonly copied: string;
}

export const logIn = (folder: string): string => join(folder, 'log.db');

export async function save(folder: string, to: string): Promise<Saved> {
  const saved: Saved = { marked: `${to}.marked.db`, vacuumed: `${to}.vacuumed.db`, copied: `${to}.copied.db` };
  await makeBackup(logIn(folder), saved.marked);
  for (const path of [saved.vacuumed, saved.copied]) {
    copyFileSync(saved.marked, path);
    const db = openDatabase(path);
    db.exec('DROP TABLE backup');
    if (path === saved.copied) db.pragma('journal_mode = WAL');
    db.close();
  }
  return saved;
}

export async function restoreByCommand(folder: string, saved: Saved): Promise<void> {
  const lock = lockDataFolder(folder);
  try {
    const { aside } = await restoreBackup({
      folder,
      logFile: logIn(folder),
      readModelFile: join(folder, 'read-model.db'),
      backup: saved.marked,
      onProgress: () => undefined,
    });
    if (aside) rmSync(aside, { recursive: true });
  } finally {
    lock.release();
  }
}

/** What is at hand: a saved moment, and a copy of the whole folder of an earlier one. */
export interface AtHand {
  readonly folder: string;
  readonly saved: Saved;
  readonly folderCopy: string;
}

interface Way {
  /** Whether the server is killed before, so that it leaves a -wal. */
  readonly killed: boolean;
  /** Whether the log may be the one that was there, so that its id may stay. */
  readonly mayBeSame?: boolean;
  apply(at: AtHand): void | Promise<void>;
}

const without = (folder: string, ...names: readonly string[]): void =>
  names.forEach((name) => rmSync(join(folder, name), { force: true }));
const removeWal = (folder: string): void => without(folder, 'log.db-wal', 'log.db-shm');
const removeMemory = (folder: string): void =>
  without(folder, 'log-head.json', 'read-model.db', 'read-model.db-wal', 'read-model.db-shm');
const over = (from: string, to: string): void => (copyFileSync(from, to), chmodSync(to, 0o600));
const moved = (from: string, to: string): void => (over(from, `${to}.new`), renameSync(`${to}.new`, to));

export const ways: Readonly<Record<string, Way>> = {
  'npm run restore': { killed: false, apply: ({ folder, saved }) => restoreByCommand(folder, saved) },
  'npm run restore after kill -9': { killed: true, apply: ({ folder, saved }) => restoreByCommand(folder, saved) },
  'by hand into an empty folder': {
    killed: false,
    apply: ({ folder, saved }) => (removeMemory(folder), removeWal(folder), moved(saved.vacuumed, logIn(folder))),
  },
  'a backup by hand over the old read model': {
    killed: false,
    apply: ({ folder, saved }) => over(saved.marked, logIn(folder)),
  },
  'an unmarked copy by hand over the old read model': {
    killed: false,
    apply: ({ folder, saved }) => over(saved.vacuumed, logIn(folder)),
  },
  'an unmarked copy moved over the old read model': {
    killed: false,
    apply: ({ folder, saved }) => moved(saved.copied, logIn(folder)),
  },
  'by hand, and log-head.json deleted': {
    killed: false,
    apply: ({ folder, saved }) => (without(folder, 'log-head.json'), over(saved.copied, logIn(folder))),
  },
  'by hand, and the read model deleted': {
    killed: false,
    apply: ({ folder, saved }) => (without(folder, 'read-model.db'), over(saved.copied, logIn(folder))),
  },
  'a backup over a -wal': { killed: true, apply: ({ folder, saved }) => over(saved.marked, logIn(folder)) },
  'an unmarked copy over a -wal': { killed: true, apply: ({ folder, saved }) => over(saved.copied, logIn(folder)) },
  'an unmarked copy moved over a -wal': {
    killed: true,
    apply: ({ folder, saved }) => moved(saved.copied, logIn(folder)),
  },
  'a backup by hand after kill -9, the -wal deleted': {
    killed: true,
    apply: ({ folder, saved }) => (removeWal(folder), over(saved.marked, logIn(folder))),
  },
  'the -wal deleted': { killed: true, mayBeSame: true, apply: ({ folder }) => removeWal(folder) },
  'log.db deleted': { killed: false, apply: ({ folder }) => without(folder, 'log.db') },
  'the whole folder put back from a copy': {
    killed: false,
    apply: ({ folder, folderCopy }) => {
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
      if (existsSync(folderCopy)) cpSync(folderCopy, folder, { recursive: true, preserveTimestamps: true });
    },
  },
  'only started again': { killed: false, mayBeSame: true, apply: () => undefined },
  'only started again after kill -9': { killed: true, mayBeSame: true, apply: () => undefined },
};
