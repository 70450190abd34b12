/** The streams of the embedded log that are held in memory. */
import { join } from 'node:path';
import t from 'tap';
import { NO_STREAM } from '../../src/log/event-log.js';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { SqliteStreams } from '../../src/log/sqlite/streams.js';
import { TABLES } from '../../src/log/sqlite/tables.js';

t.test(
  'LOG-29 no more streams are held than the limit between commits; those let go are read again with their revision',
  async (t) => {
    const db = openDatabase(join(t.testdir(), 'log.db'));
    t.teardown(() => db.close());
    db.exec(TABLES);
    const streams = new SqliteStreams(db, 10);
    const insert = db.prepare(
      'INSERT INTO events (stream, revision, id, type, data, metadata) VALUES (?, ?, ?, ?, ?, ?)',
    );
    const append = (name: string): void => {
      const stream = streams.find(name) ?? streams.create(name);
      insert.run(stream.no, ++stream.revision, 'id', 'PageRenamed', '{}', '{}');
    };
    db.transaction(() => {
      for (let at = 0; at < 25; at++) append(`page-${at}`);
    })();
    t.equal(streams.held, 25, 'what a transaction has touched stays until it is over');
    streams.trim();
    t.equal(streams.held, 10);
    for (let at = 0; at < 25; at++) append(`page-${at}`);
    for (let at = 0; at < 25; at++) t.equal(streams.find(`page-${at}`)?.revision, 1, `page-${at}`);
    streams.trim();
    append('page-3');
    append('page-24');
    streams.trim();
    t.same([streams.held, streams.find('page-3')?.revision, streams.find('never')], [10, 2, undefined]);

    const made = streams.create('page-undone');
    streams.putBack(made, NO_STREAM);
    t.equal(streams.find('page-24')?.revision, 2);
  },
);

t.test(
  'LOG-29 a log goes on rightly with streams that it has let go of: revisions, conflicts, repetitions',
  async (t) => {
    const { openSqliteLog } = await import('../../src/log/sqlite/log.js');
    const { newEvent } = await import('../commands/wayward-log.js');
    const log = openSqliteLog({
      file: join(t.testdir(), 'log.db'),
      heldStreams: 3,
      onFatal: (error) => t.fail(error.message),
    });
    t.teardown(() => log.close());
    const event = (at: number) =>
      newEvent('olga', { type: 'PageCreated', data: { name: `Page ${at}`, owner_id: 'olga' } }, { key: `key ${at}` });
    for (let at = 0; at < 12; at++)
      t.match(await log.append(`page-${at}`, NO_STREAM, [event(at)]), { kind: 'appended', revision: 0 });
    t.match(
      await log.append('page-0', NO_STREAM, [event(0)]),
      { kind: 'appended', revision: 0, position: '2' },
      'a repetition',
    );
    t.match(await log.append('page-1', NO_STREAM, [event(99)]), { kind: 'conflict', actual: 0 });
    t.match(
      await Promise.all([2, 3, 4, 5, 6].map((at) => log.append(`page-${at}`, 0, [event(at + 100)]))),
      Array.from({ length: 5 }, () => ({ kind: 'appended', revision: 1 })),
    );
  },
);
