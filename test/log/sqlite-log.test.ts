import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { lockDataFolder } from '../../src/log/data-lock.js';
import { type NewEvent, NO_STREAM } from '../../src/log/event-log.js';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { openSqliteLog, type SqliteLog } from '../../src/log/sqlite/log.js';
import { testEventLog } from './event-log-contract.js';

function open(t: Test, file = join(t.testdir(), 'log.db')): { log: SqliteLog; file: string } {
  const log = openSqliteLog({ file, onFatal: (error) => t.fail(error.message) });
  t.teardown(() => log.close());
  return { log, file };
}

const created = (name: string): NewEvent => ({
  id: randomUUID(),
  event: { type: 'PageCreated', data: { name, owner_id: 'somebody' } },
  metadata: {
    at: '2026-01-15T10:30:00.000Z',
    by: 'somebody',
    via: 'self',
    command: 'create_page',
    key: randomUUID(),
    v: 1,
  },
});

t.test('the contract of the event log', (t) =>
  testEventLog(t, async (t) => {
    const { log, file } = open(t);
    return { log, reopen: async () => open(t, file).log };
  }),
);

t.test('LOG-9 what comes in one iteration of the event loop is one commit', async (t) => {
  const commits: number[] = [];
  const log = openSqliteLog({
    file: join(t.testdir(), 'log.db'),
    onFatal: (error) => t.fail(error.message),
    onCommit: (_milliseconds, events) => commits.push(events),
  });
  t.teardown(() => log.close());
  await Promise.all(['a', 'b', 'c'].map((name) => log.append(`page-${name}`, NO_STREAM, [created(name)])));
  await log.append('page-d', NO_STREAM, [created('d')]);
  t.same(commits, [3, 1]);
});

t.test('the -wal is copied into the log and used again, after single events as after many', async (t) => {
  const { log, file } = open(t);
  let revision = NO_STREAM;
  const append = async (events: number): Promise<void> => {
    await log.append(
      'page-a',
      revision,
      Array.from({ length: events }, () => created('x'.repeat(100))),
    );
    revision += events;
    // The copy is made later in the iteration.
    await new Promise(setImmediate);
  };
  for (let at = 0; at < 2_000; at += 1) await append(1);
  for (let at = 0; at < 40; at += 1) await append(1_000);
  const pages = statSync(`${file}-wal`).size / 4_096;
  t.ok(pages < 1_500, `about 1,000 pages at most: ${Math.round(pages)}`);
  t.ok(statSync(file).size > 40_000 * 250, 'all but the last are in the log itself', { found: statSync(file).size });
});

t.test('a subscription whose log is closed while it catches up ends without an error', async (t) => {
  const { log } = open(t);
  await log.append('page-a', NO_STREAM, [created('a')]);
  const delivered: unknown[] = [];
  const { caughtUp } = log.subscribe(undefined, { deliver: (events) => void delivered.push(events) });
  await log.close();
  await caughtUp;
  t.same(delivered, []);
});

t.test('LOG-10 without room appends are refused and leave nothing behind; with room they work again', async (t) => {
  const { log, file } = open(t);
  await log.append('page-a', NO_STREAM, [created('a')]);
  log.limitPages(1);
  const big = created('x'.repeat(100_000));
  t.same(await Promise.all([log.append('page-a', 0, [big]), log.append('page-b', NO_STREAM, [big])]), [
    { kind: 'full' },
    { kind: 'full' },
  ]);
  log.limitPages(1_000_000);
  t.match(await log.append('page-a', 0, [created('c')]), { kind: 'appended', revision: 1 });
  t.match(await log.append('page-b', NO_STREAM, [created('b')]), { kind: 'appended', revision: 0 });
  await log.close();
  const db = openDatabase(file, { readonly: true });
  t.same(
    db
      .prepare(
        "SELECT s.name, revision FROM events JOIN streams s ON s.no = stream WHERE s.name <> 'log' ORDER BY position",
      )
      .raw()
      .all(),
    [
      ['page-a', 0],
      ['page-a', 1],
      ['page-b', 0],
    ],
  );
  t.same(db.prepare('SELECT count(*) FROM streams').pluck().get(), 3);
  db.close();
});

t.test('LOG-11 a file that is not a log of ours is refused and left as it is', async (t) => {
  const file = join(t.testdir(), 'log.db');
  const foreign = openDatabase(file);
  foreign.exec('CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)');
  foreign.close();
  t.throws(() => openSqliteLog({ file, onFatal: () => undefined }), /is not an event log/);
  const after = openDatabase(file);
  t.equal(after.prepare('SELECT a FROM theirs').pluck().get(), 1);
  after.close();
});

t.test('LOG-12 a second one on the same data folder is refused until the first lets go', async (t) => {
  const folder = t.testdir();
  const lock = lockDataFolder(folder);
  t.throws(() => lockDataFolder(folder), /Another process is using the data folder/);
  lock.release();
  lockDataFolder(folder).release();
});
