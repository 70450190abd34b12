/** A folder, a log or a -wal that the process may not use: said at start, with path and owner. Real users need root to be made. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { lockDataFolder } from '../../src/log/data-lock.js';
import { startSqliteLog } from '../../src/log/sqlite/start.js';
import { temporaryFolder } from '../projections/temporary-folder.js';

const needsRoot = process.getuid?.() === 0 ? false : 'only root can be another user';

/** Of nobody on this machine. */
const UID = 54_321;

/** Locks the folder and opens its log as this user; gives what it said. */
function startAs(uid: number, folder: string): string {
  const script = `
    const { lockDataFolder } = await import(${JSON.stringify(new URL('../../src/log/data-lock.js', import.meta.url).href)});
    const { startSqliteLog } = await import(${JSON.stringify(new URL('../../src/log/sqlite/start.js', import.meta.url).href)});
    process.umask(0o077);
    process.setgroups([]); process.setgid(${uid}); process.setuid(${uid});
    const folder = ${JSON.stringify(folder)};
    try {
      const lock = lockDataFolder(folder);
      await startSqliteLog({ folder, file: folder + '/log.db', readModel: undefined, onFatal: (error) => { throw error; }, onCommit: () => {}, onNotice: () => {} }).close();
      lock.release();
      console.log('started');
    } catch (error) { console.log(error.message); }`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  }).stdout.trim();
}

/** A folder of that user with a log in it. */
function folderOf(t: Test, uid: number): string {
  const parent = temporaryFolder(t);
  chmodSync(parent, 0o755);
  const folder = join(parent, 'data');
  mkdirSync(folder, { mode: 0o700 });
  chownSync(folder, uid, uid);
  t.equal(startAs(uid, folder), 'started');
  return folder;
}

t.test(
  'LOG-26 LOG-27 what the process may not use is refused with its path, its owner and the remedy',
  { skip: needsRoot },
  async (t) => {
    const whole = folderOf(t, UID);
    t.equal(startAs(UID, whole), 'started');
    const harms: Record<string, { harm: (folder: string) => void; says: RegExp }> = {
      'log.db is read-only': {
        harm: (folder) => chmodSync(join(folder, 'log.db'), 0o444),
        says: /data\/log\.db must be read and written by the user with uid 54321, and cannot be \(EACCES\): it belongs to the user with uid 54321 and has the mode 0444\. chmod u\+rw /,
      },
      'log.db is unreadable': {
        harm: (folder) => chmodSync(join(folder, 'log.db'), 0o000),
        says: /data\/log\.db must be read and written.*mode 00/,
      },
      'its -wal is read-only': {
        harm: (folder) => (
          writeFileSync(join(folder, 'log.db-wal'), ''),
          chownSync(join(folder, 'log.db-wal'), UID, UID),
          chmodSync(join(folder, 'log.db-wal'), 0o444)
        ),
        says: /log\.db-wal must be read and written/,
      },
      'the folder is read-only': {
        harm: (folder) => chmodSync(folder, 0o555),
        says: /data must be read and written.*chmod u\+rwx /,
      },
      'the folder is unreadable': { harm: (folder) => chmodSync(folder, 0o000), says: /data must be read and written/ },
      'a copy that root owns': {
        harm: (folder) => (chownSync(join(folder, 'log.db'), 0, 0), chmodSync(join(folder, 'log.db'), 0o600)),
        says: /log\.db must be read and written by the user with uid 54321.*it belongs to the user root \(uid 0\) .*chown 54321 /,
      },
      'the read model is read-only': {
        harm: (folder) => (
          writeFileSync(join(folder, 'read-model.db'), ''),
          chownSync(join(folder, 'read-model.db'), UID, UID),
          chmodSync(join(folder, 'read-model.db'), 0o444)
        ),
        says: /read-model\.db must be read and written/,
      },
      "a stranger's lock": {
        harm: (folder) => chownSync(join(folder, 'lock'), UID + 1, UID + 1),
        says: /data\/lock belongs to the user with uid 54322, and this process runs as the user with uid 54321/,
      },
      "a stranger's folder": {
        harm: (folder) => (chmodSync(folder, 0o777), chownSync(folder, UID + 1, UID + 1)),
        says: /data belongs to the user with uid 54322/,
      },
    };
    for (const [what, { harm, says }] of Object.entries(harms)) {
      const parent = temporaryFolder(t);
      chmodSync(parent, 0o755);
      const folder = join(parent, 'data');
      spawnSync('cp', ['-a', whole, folder]);
      harm(folder);
      t.match(startAs(UID, folder), says, what);
    }
  },
);

t.test('LOG-27 root does not use the folder of another user by accident', { skip: needsRoot }, async (t) => {
  const folder = folderOf(t, UID);
  t.throws(
    () => lockDataFolder(folder),
    /belongs to the user with uid 54321, and this process runs as the user root \(uid 0\)\. Run it as the user with uid 54321, or give the folder to/,
  );
});

t.test(
  'LOG-27 files that others could read are made private, and an open folder is said; new ones are private',
  async (t) => {
    const folder = temporaryFolder(t);
    const umask = process.umask(0o077);
    const start = (): string[] => {
      const notices: string[] = [];
      const lock = lockDataFolder(folder, (notice) => notices.push(notice));
      void startSqliteLog({
        folder,
        file: join(folder, 'log.db'),
        readModel: undefined,
        onFatal: (error) => t.fail(error.message),
        onCommit: () => undefined,
        onNotice: () => undefined,
      }).close();
      lock.release();
      return notices;
    };
    t.same(start(), []);
    for (const name of ['log.db', 'lock', 'log-head.json'])
      t.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
    for (const name of ['log.db', 'lock']) chmodSync(join(folder, name), 0o644);
    chmodSync(folder, 0o755);
    t.match(start(), [
      /log\.db could be read by other users .*mode 0644.*is 0600 now/,
      /lock could be read/,
      /can look into the data folder .*mode 0755.*chmod 700/,
    ]);
    for (const name of ['log.db', 'lock']) t.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
    chmodSync(folder, 0o777);
    t.match(start(), [/can put files into the data folder .*mode 0777/]);
    process.umask(umask);
  },
);
