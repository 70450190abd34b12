/** Real files: what a start does when the log in the folder is not the one it left, and leaves on the disk when it refuses. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { LOG_STREAM } from '../../src/domain/streams.js';
import { knownHeadFile } from '../../src/log/known-head.js';
import { makeBackup, manifestFile } from '../../src/log/sqlite/backup.js';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { restoreBackup } from '../../src/log/sqlite/restore.js';
import { verifyFile } from '../../src/log/sqlite/verification.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { contents, flip, logIn, outcome, removeWal, sql, start, written } from './log-folder.js';

t.test('LOG-7 LOG-17 LOG-31 a log keeps its id over stops and kills; that a new one was made is said', async (t) => {
  const folder = temporaryFolder(t);
  const notices: string[] = [];
  await start(folder, notices).close();
  t.match(notices, [/There was no log in .*log\.db: a new, empty one was made/]);
  const id = await written(folder, 5, 'killed');
  t.match(await outcome(folder), { id, position: 6, restored: undefined });
  t.equal(await written(folder, 5, 'closed'), id);
  t.equal(await written(folder, 5, 'killed'), id, 'killed again, without a checkpoint since');
  t.match(await outcome(folder), { id, position: 16, restored: undefined });
});

t.test(
  'LOG-18 LOG-20 what is missing, empty, shorter, of another log or has lost an event is refused with a sentence, and left as it is',
  async (t) => {
    const whole = temporaryFolder(t);
    await written(whole, 60, 'closed');
    const killed = temporaryFolder(t);
    await written(killed, 60, 'killed');
    const foreign = temporaryFolder(t);
    await written(foreign, 70, 'closed');
    const shorter = temporaryFolder(t);
    cpSync(whole, shorter, { recursive: true });
    sql(logIn(shorter), 'DELETE FROM events WHERE position > 30');

    const harms: Record<string, { of: string; harm: (folder: string) => void; says: RegExp }> = {
      'log.db is deleted': {
        of: whole,
        harm: (folder) => rmSync(logIn(folder)),
        says: /log\.db is missing.*up to position 61/,
      },
      'log.db is emptied': {
        of: whole,
        harm: (folder) => truncateSync(logIn(folder), 0),
        says: /holds no log.*up to position 61/,
      },
      'log.db is deleted beside its -wal': {
        of: killed,
        harm: (folder) => rmSync(logIn(folder)),
        says: /log\.db is missing, but .*log\.db-wal holds/,
      },
      'log.db is emptied beside its -wal': {
        of: killed,
        harm: (folder) => truncateSync(logIn(folder), 0),
        says: /log\.db is empty, but .*log\.db-wal holds/,
      },
      'its -wal is deleted': { of: killed, harm: removeWal, says: /holds no log|ends at position/ },
      'a shorter file': {
        of: whole,
        harm: (folder) => copyFileSync(logIn(shorter), logIn(folder)),
        says: /ends at position 30, but this folder has held that log up to position 61/,
      },
      'another log': {
        of: whole,
        harm: (folder) => copyFileSync(logIn(foreign), logIn(folder)),
        says: /holds another log/,
      },
      'an event is deleted': {
        of: whole,
        harm: (folder) => sql(logIn(folder), 'DELETE FROM events WHERE position = 20'),
        says: /is not whole: it ends at position 61 and its index knows 60 events/,
      },
      'a revision is another': {
        of: whole,
        harm: (folder) => sql(logIn(folder), 'UPDATE events SET revision = 500 WHERE position = 61'),
        says: /1 of its streams lack revisions/,
      },
      'the first event is another': {
        of: whole,
        harm: (folder) => sql(logIn(folder), `UPDATE events SET type = 'PageDeleted', data = '{}' WHERE position = 1`),
        says: /does not begin with LogCreated/,
      },
      'it is cut': { of: whole, harm: (folder) => truncateSync(logIn(folder), 8_192), says: /./ },
      'it is text': {
        of: whole,
        harm: (folder) => writeFileSync(logIn(folder), 'this was a log '.repeat(100)),
        says: /is not an event log/,
      },
    };
    for (const [what, { of, harm, says }] of Object.entries(harms)) {
      const folder = temporaryFolder(t);
      cpSync(of, folder, { recursive: true });
      harm(folder);
      const before = contents(folder);
      const { sentence } = await outcome(folder);
      t.match(sentence, says, what);
      t.same(contents(folder), before, `${what}: everything is as it was`);
    }
  },
);

t.test(
  'LOG-19 a backup beside the -wal of the log that was there is refused; without it, it is restored',
  async (t) => {
    const over = (from: string, to: string): void => copyFileSync(from, to);
    const moved = (from: string, to: string): void => (copyFileSync(from, `${to}.new`), renameSync(`${to}.new`, to));
    const cases = [
      { what: 'a backup of ours', make: makeBackup, put: over },
      {
        what: 'a copy that VACUUM INTO made',
        make: async (file: string, to: string) => sql(file, `VACUUM INTO '${to}'`),
        put: moved,
      },
      { what: 'an older file, written over', make: async (file: string, to: string) => over(file, to), put: over },
      { what: 'an older file, moved in place', make: async (file: string, to: string) => over(file, to), put: moved },
    ];
    for (const { what, make, put } of cases) {
      const folder = temporaryFolder(t);
      await written(folder, 20, 'closed');
      const older = join(temporaryFolder(t), 'older.db');
      await make(logIn(folder), older);
      const id = await written(folder, 30, 'killed');
      put(older, logIn(folder));
      const before = contents(folder);
      t.match((await outcome(folder)).sentence, /put in place beside a .*log\.db-wal|do not belong together/, what);
      t.same(contents(folder), before, `${what}: everything is as it was`);
      removeWal(folder);
      const without = await outcome(folder);
      if (make === makeBackup) {
        t.match(without, { position: 22, restored: /a backup was put in place/ }, `${what}: without the -wal`);
        t.not(without.id, id);
      } else
        t.match(
          without.sentence,
          /ends at position 21, but this folder has held that log up to position 51/,
          `${what}: it does not say that it is a backup`,
        );
    }
  },
);

t.test(
  'LOG-17 a copy of the whole folder, a folder without its memory, and a longer history of the same log get a new id',
  async (t) => {
    const folder = temporaryFolder(t);
    const id = await written(folder, 10, 'closed');
    const cases: Record<string, (copy: string) => void> = {
      'a copy of the whole folder': () => undefined,
      'a copy without log-head.json': (copy) => rmSync(knownHeadFile(copy)),
      'with a damaged log-head.json': (copy) => writeFileSync(knownHeadFile(copy), '{'),
    };
    for (const [what, harm] of Object.entries(cases)) {
      const copy = temporaryFolder(t);
      cpSync(folder, copy, { recursive: true });
      harm(copy);
      const first = await outcome(copy);
      t.match(first, { position: 12, restored: String }, what);
      t.not(first.id, id, what);
      t.match(await outcome(copy), { id: first.id, position: 12, restored: undefined }, `${what}: once`);
    }
    t.match(await outcome(folder), { id, restored: undefined });
  },
);

t.test(
  'LOG-21 LOG-22 LOG-23 a backup made beside a writer is whole, private and restored with a new id; the old files are put aside, the secret stays',
  async (t) => {
    const folder = temporaryFolder(t);
    const child = fork(new URL('./writing-process.js', import.meta.url), [folder, '400'], { execArgv: [] });
    t.teardown(() => child.kill('SIGKILL'));
    while (
      !existsSync(logIn(folder)) ||
      statSync(`${logIn(folder)}-wal`, { throwIfNoEntry: false })?.size === undefined
    )
      await new Promise((resolve) => setTimeout(resolve, 5));
    const backup = join(temporaryFolder(t), 'backup.db');
    let manifest: Awaited<ReturnType<typeof makeBackup>> | undefined;
    // The tables may not be there yet.
    while (!manifest)
      manifest = await makeBackup(logIn(folder), backup).catch(
        (error: Error) => void t.match(error.message, /no log|no event/),
      );
    await once(child, 'message');
    child.kill('SIGKILL');
    await once(child, 'exit');
    writeFileSync(join(folder, 'jwt-secret'), 'a secret of the tests that is long enough to be taken', { mode: 0o600 });

    t.equal(statSync(backup).mode & 0o777, 0o600);
    t.equal(statSync(manifestFile(backup)).mode & 0o777, 0o600);
    t.same(JSON.parse(readFileSync(manifestFile(backup), 'utf8')), manifest);
    t.match(verifyFile(backup), {
      kind: 'whole',
      events: manifest.events,
      sha256: manifest.events_sha256,
      head: manifest.head,
      logId: manifest.log_id,
    });
    await t.rejects(makeBackup(logIn(folder), backup), /is there already/);

    const before = contents(folder);
    const options = {
      folder,
      logFile: logIn(folder),
      readModelFile: join(folder, 'read-model.db'),
      backup,
      onProgress: () => undefined,
    };
    const restored = await restoreBackup(options);
    t.match(restored, { previous: manifest.log_id, events: manifest.events + 1, hadManifest: true });
    t.notOk(existsSync(`${logIn(folder)}-wal`), 'no -wal');
    t.equal(readFileSync(join(folder, 'jwt-secret'), 'utf8'), 'a secret of the tests that is long enough to be taken');
    t.match(
      contents(restored.aside!),
      { 'log.db': before['log.db'], 'log.db-wal': before['log.db-wal'] },
      'the old files are as they were',
    );
    t.equal(statSync(logIn(folder)).mode & 0o777, 0o600);
    const { log, restored: reason, close } = start(folder);
    t.equal(reason, undefined, 'the start knows it');
    t.equal(log.id, restored.logId);
    t.same(log.lineage, [manifest.log_id, restored.logId]);
    t.match(log.markAt(manifest.events), manifest.head);
    await close();
    const db = openDatabase(logIn(folder), { readonly: true });
    t.match(
      db
        .prepare(
          `SELECT type, data FROM events JOIN streams s ON s.no = stream WHERE s.name = '${LOG_STREAM}' ORDER BY position DESC`,
        )
        .get(),
      { type: 'LogRestored', data: JSON.stringify({ log_id: restored.logId, previous: manifest.log_id }) },
    );
    db.close();
  },
);

t.test(
  'LOG-22 a backup that is damaged, is not the one of its manifest, is in use or is none is not restored, and nothing is changed',
  async (t) => {
    const folder = temporaryFolder(t);
    await written(folder, 20, 'closed');
    const good = join(temporaryFolder(t), 'backup.db');
    await makeBackup(logIn(folder), good);
    const harms: Record<string, { harm: (file: string) => void; says: RegExp }> = {
      'another byte': { harm: (file) => flip(file, statSync(file).size - 50), says: /their SHA-256 differ/ },
      'an event less, and no manifest': {
        harm: (file) => (rmSync(manifestFile(file)), sql(file, 'DELETE FROM events WHERE position = 7')),
        says: /The event at position 7 is missing/,
      },
      'no file': { harm: (file) => rmSync(file), says: /There is no file/ },
      'another format': { harm: (file) => writeFileSync(file, 'x'.repeat(9_000)), says: /is not an event log/ },
      'a -wal beside it': {
        harm: (file) => writeFileSync(`${file}-wal`, 'x'.repeat(9_000)),
        says: /has a -wal beside it/,
      },
      'a manifest that is none': {
        harm: (file) => writeFileSync(manifestFile(file), '{}'),
        says: /is not the manifest of a backup/,
      },
    };
    const before = contents(folder);
    for (const [what, { harm, says }] of Object.entries(harms)) {
      const file = join(temporaryFolder(t), 'backup.db');
      copyFileSync(good, file);
      copyFileSync(manifestFile(good), manifestFile(file));
      harm(file);
      await t.rejects(
        restoreBackup({
          folder,
          logFile: logIn(folder),
          readModelFile: join(folder, 'read-model.db'),
          backup: file,
          onProgress: () => undefined,
        }),
        says,
        what,
      );
      t.same(contents(folder), before, `${what}: everything is as it was`);
    }
  },
);

t.test(
  'LOG-23 verify names the first fault: an event that is missing, doubled, changed, of an unknown version or in a broken index',
  async (t) => {
    const folder = temporaryFolder(t);
    await written(folder, 20, 'closed');
    const harms: Record<string, { change: string; position: number; says: RegExp }> = {
      'a missing event': {
        change: 'DELETE FROM events WHERE position = 9',
        position: 9,
        says: /position 9 is missing/,
      },
      'the last but one': {
        change: 'DELETE FROM events WHERE position = 20',
        position: 20,
        says: /position 20 is missing/,
      },
      'a doubled id': {
        change: 'UPDATE events SET id = (SELECT id FROM events WHERE position = 3) WHERE position = 12',
        position: 12,
        says: /position 12.*is that of an earlier event/,
      },
      'two swapped': {
        change:
          'UPDATE events SET revision = -1 WHERE position = 5; UPDATE events SET revision = 3 WHERE position = 6; UPDATE events SET revision = 4 WHERE position = 5',
        position: 5,
        says: /position 5 the stream .* has revision 4 where 3 must be/,
      },
      'a later version': {
        change: `UPDATE events SET metadata = json_set(metadata, '$.v', 2) WHERE position = 8`,
        position: 8,
        says: /PageRenamed in version 2/,
      },
      'broken content': {
        change: `UPDATE events SET data = '{"nam":"x"}' WHERE position = 11`,
        position: 11,
        says: /its data have no name/,
      },
      'text that no codec writes': {
        change: `UPDATE events SET data = data || ' ' WHERE position = 14`,
        position: 14,
        says: /stored text of the event at position 14/,
      },
      'an id that is no text': {
        change: `UPDATE events SET id = CAST(id AS BLOB) WHERE position = 14`,
        position: 14,
        says: /id of the event at position 14 is no text/,
      },
      'a stream whose name is no text': {
        change: `UPDATE streams SET name = CAST(name AS BLOB) WHERE no = (SELECT stream FROM events WHERE position = 14)`,
        position: 2,
        says: /of a stream that has no name/,
      },
      'another LogCreated': {
        change: `UPDATE events SET type = 'LogCreated', data = '{"log_id":"x"}' WHERE position = 2`,
        position: 2,
        says: /LogCreated at position 2 .*of page-.*does not belong/,
      },
    };
    t.match(verifyFile(logIn(folder)), { kind: 'whole', events: 21 });
    for (const [what, { change, position, says }] of Object.entries(harms)) {
      const file = join(temporaryFolder(t), 'log.db');
      copyFileSync(logIn(folder), file);
      sql(file, change);
      const found = verifyFile(file);
      t.match(found, { kind: 'fault', sentence: says }, what);
      t.equal(found.kind === 'fault' && found.position, position, what);
    }
    const file = join(temporaryFolder(t), 'log.db');
    copyFileSync(logIn(folder), file);
    const db = openDatabase(file, { readonly: true });
    const page = db
      .prepare(`SELECT pageno FROM dbstat WHERE name = 'sqlite_autoindex_events_1'`)
      .pluck()
      .get() as number;
    db.close();
    flip(file, page * 4_096 - 30);
    t.match(
      verifyFile(file),
      { kind: 'fault', position: undefined, sentence: /SQLite finds the file damaged: .*index/ },
      'a broken index',
    );
  },
);

t.test('LOG-11 a foreign SQLite file, also one with a -wal, is refused and not a byte of it is changed', async (t) => {
  for (const mode of ['DELETE', 'WAL']) {
    const folder = temporaryFolder(t);
    const db = openDatabase(logIn(folder));
    db.pragma(`journal_mode = ${mode}`);
    db.exec('CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)');
    const before = contents(folder);
    t.match(
      (await outcome(folder)).sentence,
      /is not an event log of format 1 of this server; it was left as it is/,
      mode,
    );
    t.same(contents(folder), before, mode);
    db.close();
    chmodSync(logIn(folder), 0o644);
  }
});
