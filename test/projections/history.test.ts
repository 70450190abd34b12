/** History: every event of a page, also of what is there no more, in pages of any size. */
import t, { type Test } from 'tap';
import type { DomainEvent } from '../../src/domain/events.js';
import { groupStream, pageStream } from '../../src/domain/streams.js';
import { NO_STREAM } from '../../src/log/event-log.js';
import type { HistoryEntry } from '../../src/projections/read-model/alarm-events.js';
import { newEvent } from '../commands/wayward-log.js';
import { rowsIn, rowsOf } from './rows.js';
import { type Running, readModelIn, startProjection } from './running-projection.js';
import { temporaryFolder } from './temporary-folder.js';

const AT = '2100-01-15T10:30:00.000Z';
const page = pageStream('page');
const alarm = (alarm_id: string): DomainEvent => ({
  type: 'AlarmCreated',
  data: { alarm_id, ticker: 'EUR/USD', option: 'spot', condition: 'above' },
});
const triggered = (alarm_id: string, price = 1): DomainEvent => ({ type: 'AlarmTriggered', data: { alarm_id, price } });
const shared = (subject_type: 'user' | 'group', subject_id: string): DomainEvent => ({
  type: 'PageShared',
  data: { subject_type, subject_id, can_view: true, can_edit: false },
});

interface Story extends Running {
  readonly file: string;
  /** Appends the events one after the other, as done by olga unless said otherwise, and waits until they are written. */
  happens(...events: (DomainEvent | [by: string, event: DomainEvent])[]): Promise<void>;
}

async function story(t: Test): Promise<Story> {
  const folder = temporaryFolder(t);
  const running = await startProjection(folder);
  t.teardown(running.stop);
  let revision = NO_STREAM;
  const happens: Story['happens'] = async (...events) => {
    const made = events.map((one) =>
      Array.isArray(one) ? newEvent(one[0], one[1], { at: AT }) : newEvent('olga', one, { at: AT }),
    );
    t.match(await running.log.append(page, revision, made), { kind: 'appended' });
    revision += made.length;
    t.equal(await running.projection.writer.catchUp(5_000), true);
  };
  await happens({ type: 'PageCreated', data: { name: 'Page', owner_id: 'olga' } });
  return { ...running, file: readModelIn(folder), happens };
}

const said = (entries: HistoryEntry[]): unknown[] =>
  entries.map(({ seq, type, by, void: isVoid }) => (isVoid ? [seq, type, by, 'void'] : [seq, type, by]));

t.test('HTTP-4 a deleted alarm keeps its history, each line with the alarm as it was then', async (t) => {
  const { projection, happens } = await story(t);
  await happens(
    alarm('a'),
    alarm('b'),
    triggered('a', 1.085),
    { type: 'AlarmUpdated', data: { alarm_id: 'a', active: false } },
    triggered('b'),
    { type: 'AlarmDeleted', data: { alarm_id: 'a' } },
  );
  const { history, live } = projection;
  t.equal(live.pageOfAlarm('a'), undefined);
  t.equal(history.pageOfAlarm('a'), 'page');
  t.equal(history.pageOfAlarm('never'), undefined);
  t.same(said(history.ofAlarm('a', -1, 10)), [
    [1, 'AlarmCreated', 'olga'],
    [3, 'AlarmTriggered', 'olga'],
    [4, 'AlarmUpdated', 'olga'],
    [6, 'AlarmDeleted', 'olga'],
  ]);
  const data = history.ofAlarm('a', -1, 10).map((entry) => JSON.parse(entry.data) as object);
  t.match(data, [
    { active: true, last_triggered: null },
    { price: 1.085, last_triggered: AT },
    { active: false, last_triggered: AT },
    { active: false, last_triggered: AT },
  ]);
});

t.test('HTTP-4 in pages of any size: each entry once, oldest first', async (t) => {
  const { projection, happens } = await story(t);
  await happens(alarm('a'), ...Array.from({ length: 48 }, (_, price) => triggered('a', price)));
  for (const limit of [1, 7, 50, 1_000]) {
    const seqs: number[] = [];
    for (let after = -1; ; after = seqs.at(-1)!) {
      const entries = projection.history.ofPage('page', after, limit);
      if (entries.length === 0) break;
      t.ok(entries.length <= limit);
      seqs.push(...entries.map(({ seq }) => seq));
    }
    t.same(
      seqs,
      Array.from({ length: 50 }, (_, seq) => seq),
      `${limit} at a time`,
    );
  }
  t.same(projection.history.ofPage('another', -1, 10), []);
});

t.test('PERM-7 a deleted page leaves no row of what is now, and all of its history', async (t) => {
  const { projection, happens, file, log } = await story(t);
  const group = newEvent('olga', { type: 'GroupCreated', data: { name: 'Desk', owner_id: 'olga' } }, { at: AT });
  t.match(await log.append(groupStream('desk'), NO_STREAM, [group]), { kind: 'appended' });
  await happens(alarm('a'), alarm('b'), shared('user', 'vera'), shared('group', 'desk'), ['vera', triggered('a')]);
  await happens({ type: 'PageDeleted', data: {} });
  const rows = rowsOf(file);
  t.same([rows['pages'], rows['page_permissions'], rows['alarms']], [[], [], []]);
  t.same({ ...rows, ...rowsIn(projection.live) }, rows);
  t.same(said(projection.history.ofPage('page', -1, 10)), [
    [0, 'PageCreated', 'olga'],
    [1, 'AlarmCreated', 'olga'],
    [2, 'AlarmCreated', 'olga'],
    [3, 'PageShared', 'olga'],
    [4, 'PageShared', 'olga'],
    [5, 'AlarmTriggered', 'vera'],
    [6, 'PageDeleted', 'olga'],
  ]);
});

t.test(
  'PERM-7 made, shared, filled and deleted between two change sets: nothing of it stays but its history',
  async (t) => {
    const { happens, file } = await story(t);
    await happens(alarm('a'), shared('user', 'vera'), triggered('a'), { type: 'PageDeleted', data: {} });
    const rows = rowsOf(file);
    t.same([rows['pages'], rows['page_permissions'], rows['alarms']], [[], [], []]);
    t.equal(rows['alarm_events']!.length, 5);
  },
);

t.test('PERM-10 a void event is in the history as such, and says nothing', async (t) => {
  const { projection, happens, file } = await story(t);
  await happens(alarm('a'), ['vera', triggered('a')], triggered('gone'), ['vera', { type: 'PageDeleted', data: {} }]);
  t.same(said(projection.history.ofPage('page', 1, 10)), [
    [2, 'AlarmTriggered', 'vera', 'void'],
    [3, 'AlarmTriggered', 'olga', 'void'],
    [4, 'PageDeleted', 'vera', 'void'],
  ]);
  t.ok(projection.history.ofPage('page', 1, 10).every(({ data }) => data === '{}'));
  t.match(rowsOf(file)['pages'], [{ id: 'page', seq: 4 }]);
});

t.test('PERM-9 a group of thousands is a row a member, also when half of them have left', async (t) => {
  const { log, projection, happens, file } = await story(t);
  const group = groupStream('desk');
  const event = (one: DomainEvent) => newEvent('olga', one, { at: AT });
  const members = Array.from({ length: 4_000 }, (_, at) => `member-${at}`);
  await log.append(group, NO_STREAM, [
    event({ type: 'GroupCreated', data: { name: 'Desk', owner_id: 'olga' } }),
    ...members.map((user_id) => event({ type: 'GroupMemberAdded', data: { user_id } })),
  ]);
  await happens(shared('group', 'desk'));
  t.equal(rowsOf(file)['user_groups']!.length, 4_001);
  await log.append(
    group,
    4_000,
    members.slice(2_000).map((user_id) => event({ type: 'GroupMemberRemoved', data: { user_id } })),
  );
  await projection.writer.catchUp(5_000);
  const rows = rowsOf(file);
  t.equal(rows['user_groups']!.length, 2_001);
  t.match(rows['groups'], [{ id: 'desk', revision: 6_000 }]);
  t.same({ ...rows, ...rowsIn(projection.live) }, rows);
});

t.test('PROJ-6 a history read right after a command sees it, however often', async (t) => {
  const { log, projection } = await story(t);
  const append = (revision: number, event: DomainEvent) =>
    log.append(page, revision, [newEvent('olga', event, { at: AT })]);
  await append(0, alarm('a'));
  for (let seq = 2; seq < 400; seq += 1) {
    const appended = await append(seq - 1, triggered('a', seq));
    // What arrives meanwhile must not keep the reader waiting, nor be taken for what the reader waits for.
    if (
      appended.kind !== 'appended' ||
      !(await projection.reached(appended.position, 2_000)) ||
      !(await projection.writer.catchUp(2_000))
    )
      return t.fail(`event ${seq} was not reached`);
    if (projection.history.ofPage('page', seq - 1, 10).length !== 1) return t.fail(`event ${seq} was not seen`);
  }
  t.pass('each was seen at once');
});

t.test('PROJ-6 a reader waits for what was there at the request, while more arrives', async (t) => {
  const { log, projection } = await story(t);
  const writing = { stopped: false, revision: 0 };
  const writer = (async () => {
    for (; !writing.stopped; writing.revision += 20) {
      await log.append(
        page,
        writing.revision,
        Array.from({ length: 20 }, () => newEvent('olga', { type: 'PageRenamed', data: { name: 'Page' } }, { at: AT })),
      );
      await new Promise(setImmediate);
    }
  })();
  for (let reads = 0; reads < 30; reads += 1) {
    const seq = projection.live.pages.get('page')!.seq;
    t.equal(await projection.writer.catchUp(2_000), true);
    t.ok(projection.history.data('page', seq), `event ${seq}`);
    await new Promise(setImmediate);
  }
  writing.stopped = true;
  await writer;
});

t.test('PROJ-6 a position that is not reached in time is said so', async (t) => {
  const { log, projection } = await story(t);
  t.equal(await projection.reached('1000000', 20), false);
  t.equal(await projection.reached(await log.head(), 0), true);
  const later = projection.reached('3', 5_000);
  await log.append(page, 0, [newEvent('olga', alarm('a'), { at: AT })]);
  t.equal(await later, true);
});
