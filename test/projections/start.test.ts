/** Starting: from the tables and the log's tail, or anew where the tables cannot be trusted, or not at all. */

import { cpSync, rmSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import type { DomainEvent } from '../../src/domain/events.js';
import { pageStream } from '../../src/domain/streams.js';
import { type EventLog, NO_STREAM } from '../../src/log/event-log.js';
import { openDatabase } from '../../src/log/sqlite/database.js';
import type { SqliteLog } from '../../src/log/sqlite/log.js';
import { newEvent } from '../commands/wayward-log.js';
import { answersOf, rowsOf } from './rows.js';
import { logIn, readModelIn, startProjection } from './running-projection.js';
import { temporaryFolder } from './temporary-folder.js';

const stream = pageStream('page');
const created = newEvent('olga', { type: 'PageCreated', data: { name: 'Page', owner_id: 'olga' } });
const renamed = (name: string) => newEvent('olga', { type: 'PageRenamed', data: { name } });

const original = temporaryFolder(t);
{
  const { log, stop } = await startProjection(original);
  await log.append(stream, NO_STREAM, [created, ...Array.from({ length: 10 }, (_, at) => renamed(String(at)))]);
  await stop();
}

/** A stopped server's folder, of its own for each test, with a page renamed ten times. */
function written(t: Test): { folder: string; file: string; rows: ReturnType<typeof rowsOf> } {
  const folder = temporaryFolder(t);
  cpSync(original, folder, { recursive: true });
  const file = readModelIn(folder);
  return { folder, file, rows: rowsOf(file) };
}

function change(file: string, sql: string): void {
  const db = openDatabase(file);
  db.exec(sql);
  db.close();
}

/** Passes everything on and counts the events that are delivered. */
function counting(log: SqliteLog, counted: { events: number }): EventLog {
  return {
    id: log.id,
    lineage: log.lineage,
    engine: log.engine,
    isShared: log.isShared,
    isAvailable: log.isAvailable,
    overwrite: (...call) => log.overwrite(...call),
    append: (...call) => log.append(...call),
    subscribe: (after, subscriber) =>
      log.subscribe(after, {
        deliver: (events) => {
          counted.events += events.length;
          return subscriber.deliver(events);
        },
      }),
    readPrivate: (name) => log.readPrivate(name),
    head: () => log.head(),
    eventAt: (position) => log.eventAt(position),
    close: () => log.close(),
  };
}

t.test('PROJ-7 a start folds what is behind the checkpoint, and nothing before it', async (t) => {
  const { folder, file } = written(t);
  const ahead = await startProjection(folder, { readModel: `${file}.other` });
  await ahead.log.append(stream, 10, [renamed('a'), renamed('b')]);
  const live = answersOf(ahead.projection.live);
  await ahead.stop();
  const counted = { events: 0 };
  const running = await startProjection(folder, { seenThrough: (log) => counting(log, counted) });
  t.teardown(running.stop);
  t.same(counted, { events: 2 });
  t.same(running.discarded, []);
  t.strictSame(answersOf(running.projection.live), live);
});

t.test('PROJ-5 a read model that cannot be trusted is built anew, and says why', async (t) => {
  const cases: [name: string, spoil: (file: string) => void, reason: RegExp | undefined][] = [
    ['missing', (file) => rmSync(file), undefined],
    ['no database at all', (file) => writeFileSync(file, 'x'.repeat(10_000)), /could not be read/],
    ['cut off', (file) => writeFileSync(file, Buffer.alloc(100)), /could not be read/],
    ['without a table', (file) => change(file, 'DROP TABLE checkpoint'), /could not be read/],
    ['of another log', (file) => change(file, "UPDATE checkpoint SET log_id = 'another'"), /belongs to another log/],
    [
      'of another engine',
      (file) => change(file, "UPDATE checkpoint SET engine = 'another'"),
      /on another engine \(another\)/,
    ],
    [
      'of another version',
      (file) => change(file, "UPDATE checkpoint SET schema = 'another'"),
      /written by another version/,
    ],
    [
      'of a version that did not note the engine',
      (file) => change(file, "ALTER TABLE checkpoint DROP COLUMN engine; UPDATE checkpoint SET schema = 'another'"),
      /written by another version/,
    ],
    ['ahead of the log', (file) => change(file, "UPDATE checkpoint SET position = '1000000'"), /ahead of the log/],
  ];
  for (const [name, spoil, reason] of cases) {
    const { folder, file, rows } = written(t);
    change(file, "UPDATE pages SET name = 'wrong'");
    spoil(file);
    const running = await startProjection(folder);
    t.match(running.discarded, reason ? [reason] : [], name);
    t.equal(running.projection.live.pages.get('page')!.name, '9');
    await running.stop();
    t.same(rowsOf(file), rows, `${name}: every row is back`);
  }
});

t.test(
  'PROJ-4 an event that this version does not know refuses the start with a sentence, and nothing behind it is read',
  async (t) => {
    const { folder, file, rows } = written(t);
    for (const [type, data] of [
      ['AlarmTeleported', '{"alarm_id":"alarm"}'],
      ['PageRenamed', '{"name":"behind"}'],
    ]) {
      change(
        logIn(folder),
        `INSERT INTO events SELECT max(position) + 1, stream, max(revision) + 1, '${type}', '${type}', '${data}', metadata FROM events WHERE stream = (SELECT no FROM streams WHERE name = '${stream}')`,
      );
    }
    for (const attempt of ['first', 'second']) {
      await t.rejects(
        startProjection(folder),
        {
          message:
            /event that this version does not know: AlarmTeleported at position 13.*start a version that knows it/,
        },
        attempt,
      );
      t.same(rowsOf(file), rows, 'the tables are as they were');
    }
    rmSync(file);
    await t.rejects(startProjection(folder), { message: /AlarmTeleported/ }, 'also a rebuild');
    const { position } = rowsOf(file)['checkpoint']![0] as { position: string | null };
    t.ok(Number(position) <= 12, `the checkpoint, ${position}, is before it`);
  },
);

t.test('PROJ-4 an event that is not known is not skipped while it runs either', async (t) => {
  const { folder } = written(t);
  const { projection, stop } = await startProjection(folder);
  t.teardown(stop);
  const unknown = { type: 'AlarmTeleported', data: {} } as unknown as DomainEvent;
  t.throws(
    () => projection.deliver([{ ...renamed('x'), event: unknown, stream, revision: 11, position: '13' }]),
    /does not know: AlarmTeleported/,
  );
});

t.test(
  'PROJ-4 PROJ-8 a later version, none, or content that does not fit refuses the start with the position; the tables are as they were',
  async (t) => {
    const harms: Record<string, readonly [sql: string, says: RegExp]> = {
      'a later version': [
        `json_set(metadata, '$.v', 2), data`,
        /PageRenamed in version 2 of its schema \(this one knows 1\) at position 13 \(revision 11 of page-page\)/,
      ],
      'no version': [`json_remove(metadata, '$.v'), data`, /PageRenamed at position 13 .*no version \(v\)/],
      'content that does not fit': [`metadata, '{"nam":"x"}'`, /PageRenamed at position 13 .*its data have no name/],
      'no JSON': [`metadata, '{"name":'`, /PageRenamed at position 13 .*its data are not JSON/],
    };
    for (const [what, [values, says]] of Object.entries(harms)) {
      const { folder, file, rows } = written(t);
      change(
        logIn(folder),
        `INSERT INTO events (position, stream, revision, id, type, metadata, data) SELECT position + 1, stream, revision + 1, 'more', type, ${values} FROM events WHERE position = 12`,
      );
      for (const attempt of ['first', 'second'])
        await t.rejects(startProjection(folder), { message: says }, `${what}, ${attempt}`);
      t.same(rowsOf(file), rows, what);
    }
  },
);
