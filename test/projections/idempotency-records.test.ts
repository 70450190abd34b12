/** Which command ids are remembered, for how long, and what of them. */
import t, { type Test } from 'tap';
import type { DomainEvent } from '../../src/domain/events.js';
import { groupStream, pageStream } from '../../src/domain/streams.js';
import { NO_STREAM } from '../../src/log/event-log.js';
import { rebuildReadModel } from '../../src/projections/read-model/rebuild.js';
import { newEvent } from '../commands/wayward-log.js';
import { rowsOf } from './rows.js';
import { openLog, type Running, readModelIn, startProjection } from './running-projection.js';
import { temporaryFolder } from './temporary-folder.js';

const stream = pageStream('page');
const renamed: DomainEvent = { type: 'PageRenamed', data: { name: 'Page' } };

/** So far apart are events of which all the time between them counts, in milliseconds. */
const STEP_MS = 5 * 60_000;

interface Remembering extends Running {
  /** Time passes: something happens to the page every five minutes until then. */
  passUntil(time: string, day: string): Promise<void>;
  /** Appends it to the page as the command with this key, taken at this time of the 16th of January 2100 or of the day said. */
  command(key: string, time: string, day?: string): Promise<void>;
  /** Those of the keys that are remembered once all is written. */
  remembered(...keys: string[]): Promise<string[]>;
  /** The same of a read model that was built anew. Ends the projection. */
  rebuilt(...keys: string[]): Promise<string[]>;
}

async function remembering(t: Test): Promise<Remembering> {
  const folder = temporaryFolder(t);
  const running = await startProjection(folder);
  t.teardown(running.stop);
  const { log, projection } = running;
  const created = newEvent(
    'olga',
    { type: 'PageCreated', data: { name: 'Page', owner_id: 'olga' } },
    { at: '2100-01-15T08:00:00.000Z' },
  );
  await log.append(stream, NO_STREAM, [created]);
  let revision = 0;
  let newest = Date.parse('2100-01-15T08:00:00.000Z');
  const remembered = async (...keys: string[]): Promise<string[]> => {
    t.equal(await projection.writer.catchUp(5_000), true);
    return keys.filter((key) => projection.findCommand(key));
  };
  return {
    ...running,
    remembered,
    async passUntil(time, day) {
      const until = Date.parse(`2100-01-${day}T${time}Z`);
      const times: string[] = [];
      while (newest < until) times.push(new Date((newest = Math.min(newest + STEP_MS, until))).toISOString());
      t.match(
        await log.append(
          stream,
          revision,
          times.map((at) => newEvent('olga', renamed, { at })),
        ),
        { kind: 'appended' },
      );
      revision += times.length;
    },
    async command(key, time, day = '16') {
      t.match(
        await log.append(stream, revision, [
          newEvent('olga', renamed, {
            key,
            id: key,
            hash: `hash of ${key}`,
            command: 'rename_page',
            at: `2100-01-${day}T${time}Z`,
          }),
        ]),
        { kind: 'appended' },
      );
      revision += 1;
      newest = Math.max(newest, Date.parse(`2100-01-${day}T${time}Z`));
    },
    async rebuilt(...keys) {
      const streamed = await remembered(...keys);
      await running.stop();
      const before = rowsOf(readModelIn(folder));
      const again = openLog(folder);
      await rebuildReadModel(again, readModelIn(folder), () => undefined);
      await again.close();
      t.same(rowsOf(readModelIn(folder)), before, 'row for row');
      const restarted = await startProjection(folder);
      t.teardown(restarted.stop);
      t.same(
        keys.filter((key) => restarted.projection.findCommand(key)),
        streamed,
        'and asked again',
      );
      return streamed;
    },
  };
}

t.test(
  'CMD-1 an id is kept for 24 hours of the log’s own time, to the minute, and no longer; the same after a rebuild',
  async (t) => {
    const log = await remembering(t);
    await log.command('a', '08:00:30.000', '15');
    await log.command('b', '08:01:00.000', '15');
    await log.passUntil('08:00:00.000', '16');
    await log.command('c', '08:00:59.999');
    t.same(await log.remembered('a', 'b', 'c'), ['a', 'b', 'c'], 'a day, less than a minute over');
    await log.command('d', '08:01:00.000');
    t.same(await log.remembered('a', 'b', 'c', 'd'), ['b', 'c', 'd']);
    await log.command('e', '08:02:00.000');
    t.same(await log.rebuilt('a', 'b', 'c', 'd', 'e'), ['c', 'd', 'e']);
  },
);

t.test('PROJ-1 what is forgotten follows from the latest time in the log, whichever event bears it', async (t) => {
  const log = await remembering(t);
  await log.command('a', '08:00:30.000', '15');
  await log.passUntil('08:01:00.000', '16');
  await log.command('b', '08:01:00.100');
  t.same(await log.remembered('a', 'b'), ['b']);
  // Taken a moment before the other and appended after it: a registration, say, whose password took its time.
  await log.log.append('username-vera', NO_STREAM, [
    newEvent(
      'vera',
      { type: 'UserRegistered', data: { user_id: 'vera', username: 'vera' } },
      { at: '2100-01-16T08:00:59.900Z' },
    ),
  ]);
  t.same(await log.rebuilt('a', 'b'), ['b']);
});

t.test(
  'CMD-1 an id that was forgotten may be used again, and a rebuild takes both uses in one change set',
  async (t) => {
    const log = await remembering(t);
    await log.command('a', '08:00:00.000', '15');
    t.same(await log.remembered('a'), ['a']);
    await log.passUntil('08:30:00.000', '16');
    await log.command('b', '08:31:00.000');
    t.same(await log.remembered('a', 'b'), ['b']);
    await log.command('a', '09:00:00.000');
    t.same(await log.rebuilt('a', 'b'), ['a', 'b']);
  },
);

t.test(
  'CMD-1 LOG-25 a clock that leaps 30 hours forward, and back, forgets no id; nor does a quiet week',
  async (t) => {
    const log = await remembering(t);
    await log.command('a', '08:00:00.000', '16');
    await log.command('b', '14:00:00.000', '17');
    await log.command('c', '08:00:10.000', '16');
    t.same(await log.remembered('a', 'b', 'c'), ['a', 'b', 'c']);
    await log.command('d', '14:00:00.000', '25');
    t.same(await log.rebuilt('a', 'b', 'c', 'd'), ['a', 'b', 'c', 'd']);
  },
);

t.test(
  'CMD-1 what was answered is remembered whole, from memory as from the tables; a command without an id is not',
  async (t) => {
    const { log, projection, remembered } = await remembering(t);
    const at = '2100-01-16T08:00:00.000Z';
    const metadata = (key: string, command: string) => ({ key, id: key, hash: `hash of ${key}`, command, at });
    await log.append(stream, 0, [newEvent('olga', renamed, metadata('renamed', 'rename_page'))]);
    await log.append(groupStream('desk'), NO_STREAM, [
      newEvent(
        'olga',
        { type: 'GroupCreated', data: { name: 'Desk', owner_id: 'olga' } },
        metadata('grouped', 'create_group'),
      ),
    ]);
    await log.append(stream, 1, [newEvent('olga', renamed, { key: 'anonymous', at })]);
    const expected = [
      {
        key: 'renamed',
        hash: 'hash of renamed',
        command: 'rename_page',
        stream,
        revision: 1,
        position: '3',
        at,
        data: '{"id":"page","name":"Page","owner_id":"olga"}',
      },
      {
        key: 'grouped',
        hash: 'hash of grouped',
        command: 'create_group',
        stream: 'group-desk',
        revision: 0,
        position: '4',
        at,
        data: '{"id":"desk","name":"Desk","owner_id":"olga","members":[{"id":"olga","username":""}]}',
      },
    ];
    t.same(
      ['renamed', 'grouped'].map((key) => projection.findCommand(key)),
      expected,
      'from memory',
    );
    t.same(await remembered('anonymous'), []);
    t.equal(projection.writer.unwrittenCommand('renamed'), undefined);
    t.same(
      ['renamed', 'grouped'].map((key) => projection.findCommand(key)),
      expected,
      'from the tables',
    );
  },
);

t.test('PERM-10 the id of a void event is not used up', async (t) => {
  const { log, projection, remembered } = await remembering(t);
  await log.append(stream, 0, [
    newEvent('vera', renamed, { key: 'void', id: 'void', hash: 'hash', at: '2100-01-16T08:00:00.000Z' }),
  ]);
  t.equal(projection.findCommand('void'), undefined);
  t.same(await remembered('void'), []);
});
