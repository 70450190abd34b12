/** The ways in which a log in EventStoreDB can become another one than its nodes have followed: as documented, with parts of that forgotten, and by mistake. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ServerProcess } from '../process/server-process.js';
import type { Outcome } from './figures.js';
import type { RestorableStore } from './restorable-store.js';

/** What is at hand when all nodes are stopped. */
export interface StoreAtHand {
  readonly store: RestorableStore;
  /** Copies of the log, by name: one older than the last, the last, and one of another log. */
  readonly older: string;
  readonly newest: string;
  readonly foreign: string;
  /** The data folders of the node that was running, and of one that was stopped for a while. */
  readonly folder: string;
  readonly other: string;
  /** Of the settings that the nodes and the commands share. */
  readonly environment: Readonly<Record<string, string>>;
}

interface StoreWay {
  /** The node is left running, as a process, while the store is another. */
  readonly leftRunning?: boolean;
  /** It is killed before. */
  readonly killed?: boolean;
  readonly expected: Outcome;
  /** What the refusal must say. */
  readonly says?: RegExp;
  /** Resolves with the folder of the node that is started next. */
  apply(at: StoreAtHand): Promise<string>;
}

/** docs/operations.md, "Restoring the store": the store is stopped, the copy is put in the place of all files, with its chaser.chk as truncate.chk; the store is started. */
export async function putBack(store: RestorableStore, copy: string, how: 'asked' | 'killed' = 'asked'): Promise<void> {
  await store.stop(how);
  store.putBack(copy);
  await store.start();
}

/** `npm run restore`, as an operator runs it. Throws what it says if it does not succeed. */
export async function newLogId({ folder, environment }: Pick<StoreAtHand, 'folder' | 'environment'>): Promise<void> {
  const { code, stderr } = await ServerProcess.run({ dataDir: folder, script: 'cli/restore', environment });
  if (code !== 0) throw new Error(`npm run restore failed: ${stderr}`);
}

export async function restoreAsDocumented(
  at: StoreAtHand,
  copy: string,
  how: 'asked' | 'killed' = 'asked',
): Promise<void> {
  await putBack(at.store, copy, how);
  await newLogId(at);
}

const remove = (folder: string, ...names: readonly string[]): void =>
  names.forEach((name) => rmSync(join(folder, name), { force: true }));
const HEAD = ['log-head.json'];
const READ_MODEL = ['read-model.db', 'read-model.db-wal', 'read-model.db-shm'];

/** As documented, and then this. */
const documented =
  (copy: 'older' | 'newest', afterwards: (at: StoreAtHand) => string = ({ folder }) => folder) =>
  async (at: StoreAtHand): Promise<string> => {
    await restoreAsDocumented(at, at[copy]);
    return afterwards(at);
  };

const RESTORE = /npm run restore/;

export const storeWays: Readonly<Record<string, StoreWay>> = {
  'an older copy': { expected: 'restored', apply: documented('older') },
  'the newest copy': { expected: 'restored', apply: documented('newest') },
  'an older copy after kill -9 of node and store': {
    killed: true,
    expected: 'restored',
    apply: async (at) => (await restoreAsDocumented(at, at.older, 'killed'), at.folder),
  },
  'an older copy, the read model removed': {
    expected: 'restored',
    apply: documented('older', ({ folder }) => (remove(folder, ...READ_MODEL), folder)),
  },
  'an older copy, log-head.json removed': {
    expected: 'restored',
    apply: documented('older', ({ folder }) => (remove(folder, ...HEAD), folder)),
  },
  'an older copy, a new folder': {
    expected: 'restored',
    apply: documented('older', ({ folder }) => (remove(folder, ...HEAD, ...READ_MODEL), folder)),
  },
  'an older copy, a node that was stopped for a while': {
    expected: 'restored',
    apply: documented('older', ({ other }) => other),
  },
  'the newest copy, a node that was stopped for a while': {
    expected: 'restored',
    apply: documented('newest', ({ other }) => other),
  },
  'an older copy, and at once the newest': {
    expected: 'restored',
    apply: async (at) => (await restoreAsDocumented(at, at.older), await restoreAsDocumented(at, at.newest), at.folder),
  },
  'npm run restore twice': {
    expected: 'restored',
    apply: async (at) => (await restoreAsDocumented(at, at.older), await newLogId(at), at.folder),
  },
  'npm run restore alone': { expected: 'restored', apply: async (at) => (await newLogId(at), at.folder) },
  'an older copy, npm run restore forgotten': {
    expected: 'refused',
    says: RESTORE,
    apply: async ({ store, older, folder }) => (await putBack(store, older), folder),
  },
  'the newest copy, npm run restore forgotten': {
    expected: 'refused',
    says: RESTORE,
    apply: async ({ store, newest, folder }) => (await putBack(store, newest), folder),
  },
  'an older copy, npm run restore forgotten, log-head.json removed': {
    expected: 'refused',
    says: RESTORE,
    apply: async ({ store, older, folder }) => (await putBack(store, older), remove(folder, ...HEAD), folder),
  },
  'an older copy, npm run restore forgotten, the read model removed': {
    expected: 'refused',
    says: RESTORE,
    apply: async ({ store, older, folder }) => (await putBack(store, older), remove(folder, ...READ_MODEL), folder),
  },
  'an older copy under a running node': {
    leftRunning: true,
    expected: 'refused',
    says: RESTORE,
    apply: async ({ store, older, folder }) => (await putBack(store, older), folder),
  },
  'an empty store': {
    expected: 'refused',
    says: /EVENT_STORE holds no log/,
    apply: async ({ store, folder }) => (await store.stop('asked'), store.empty(), await store.start(), folder),
  },
  'another store': {
    expected: 'refused',
    says: /EVENT_STORE holds another log/,
    apply: async ({ store, foreign, folder }) => (await putBack(store, foreign), folder),
  },
  'the store stopped and started again': {
    expected: 'same',
    apply: async ({ store, folder }) => (await store.stop('asked'), await store.start(), folder),
  },
  'store and node killed and started again': {
    killed: true,
    expected: 'same',
    apply: async ({ store, folder }) => (await store.stop('killed'), await store.start(), folder),
  },
  'only the node started again': { expected: 'same', apply: async ({ folder }) => folder },
  'only another node started': { expected: 'same', apply: async ({ other }) => other },
};
