/** A grant brings page and alarms at once; a revocation is the last message about the page. */
import t from 'tap';
import { alarmOn, type Desk, type Granted, grant, sitDown } from './desk.js';
import { faultsIn } from './heard.js';
import { startServer } from './test-server.js';

const server = await startServer(t);
const [john, mary] = await Promise.all(['john', 'mary'].map((name) => server.person(name)));
const owner = await sitDown(t, server, john!);

async function stage(
  granted: Granted,
): Promise<{ page: string; alarm: string; viewers: Desk[]; heardOf: (desk: Desk) => string[] }> {
  const page: string = (await owner.must('create_page', { name: 'Page' })).data.id;
  const alarm: string = (await owner.must('create_alarm', alarmOn(page))).data.id;
  if (granted !== 'nothing') await owner.must('share_page', grant(page, 'user', mary!.id, granted));
  const viewers = await Promise.all([1, 2, 3].map(() => sitDown(t, server, mary!)));
  const heardOf = ({ messages }: Desk): string[] =>
    messages
      .filter(({ type, payload }) => type !== 'initial_state' && [payload.page_id, payload.page?.id].includes(page))
      .map(({ type, payload }) => payload.action ?? type);
  return { page, alarm, viewers, heardOf };
}

const triggers = (alarm: string, count: number) =>
  Array.from({ length: count }, (_, price) => ({ type: 'trigger_alarm', payload: { alarm_id: alarm, price } }));
const share = (page: string, granted: Granted) => ({
  type: 'share_page',
  payload: grant(page, 'user', mary!.id, granted),
});

/** Sends them in one write and waits until the last one has had its effect. */
async function sendAll(page: string, messages: readonly object[]): Promise<void> {
  const id = `last of ${page}`;
  owner.sendTogether([...messages.slice(0, -1), { ...messages.at(-1), id }]);
  await owner.next('success', (message) => message.id === id);
}

t.test('DLV-3 a revocation is the last message about the page on every socket of the user', async (t) => {
  const { page, alarm, viewers, heardOf } = await stage('view');
  await sendAll(page, [...triggers(alarm, 50), share(page, 'nothing'), ...triggers(alarm, 50)]);
  for (const viewer of viewers) {
    await viewer.fence();
    t.same(heardOf(viewer), [...Array<string>(50).fill('triggered'), 'page_removed']);
  }
});

t.test('DLV-3 a grant brings the page as it is at its own number, and all its alarms, at once', async (t) => {
  const { page, alarm, viewers, heardOf } = await stage('nothing');
  const { data: second } = await owner.must('create_alarm', alarmOn(page, 'EUR/GBP'));
  const { seq } = await owner.must('trigger_alarm', { alarm_id: alarm, price: 1 });
  await sendAll(page, [share(page, 'edit'), ...triggers(alarm, 10)]);
  for (const viewer of viewers) {
    await viewer.fence();
    t.same(heardOf(viewer), ['page_added', ...Array<string>(10).fill('triggered')]);
    const { payload } = viewer.messages.find(({ type }) => type === 'page_added')!;
    t.match(payload.page, { id: page, seq: seq + 1, is_owner: false, can_edit: true, can_share: false });
    t.same(payload.alarms.map(({ id }: { id: string }) => id).sort(), [alarm, second.id].sort());
    t.type(
      payload.alarms.find(({ id }: { id: string }) => id === alarm).last_triggered,
      'string',
      'as the trigger before the grant left it',
    );
    t.same(faultsIn(viewer.messages), []);
  }
});

t.test(
  'DLV-3 a grant that changes what one may do with a page one sees is a page_update with the new rights',
  async (t) => {
    const { page, viewers } = await stage('view');
    const { seq } = await owner.must('share_page', grant(page, 'user', mary!.id, 'edit'));
    for (const viewer of viewers) {
      const { payload } = await viewer.next('page_update');
      t.match(payload, {
        page_id: page,
        seq,
        action: 'shared',
        by: john!.id,
        page: { can_edit: true, is_owner: false, seq },
      });
      t.notOk('share' in payload, "what was granted is the owner's affair");
    }
    const told = await owner.next('page_update', ({ payload }) => payload.page_id === page && payload.seq === seq);
    t.same(told.payload.share, grant(page, 'user', mary!.id, 'edit'), 'the owner is told what was granted');
  },
);

t.test('DLV-3 a deleted page is removed from everybody, and nothing more is received about it', async (t) => {
  const { page, alarm, viewers, heardOf } = await stage('view');
  const before = owner.messages.length;
  owner.sendTogether([
    { type: 'delete_page', id: `delete ${page}`, payload: { page_id: page } },
    ...triggers(alarm, 5),
  ]);
  await owner.next('success', ({ id }) => id === `delete ${page}`);
  for (const desk of [owner, ...viewers]) {
    await desk.fence();
    t.equal(heardOf(desk).at(-1), 'page_removed');
  }
  t.same(
    owner.messages
      .slice(before)
      .filter(({ type }) => type === 'error')
      .map(({ payload }) => payload.code),
    [...Array<string>(5).fill('not_found'), 'unknown_type'],
  );
});

t.test('DLV-1 every socket of the owner receives what they do over another one and over HTTP', async (t) => {
  const other = await sitDown(t, server, john!);
  const { json: page } = await owner.http('POST', '/pages', { body: { name: 'By HTTP' } });
  for (const desk of [owner, other])
    t.match((await desk.next('page_added', ({ payload }) => payload.page.id === page.id)).payload, {
      page,
      alarms: [],
    });
});

t.test('DLV-6 the answer to a command comes after its update on the same socket', async (t) => {
  const { page, alarm } = await stage('nothing');
  const commands: [type: string, payload: object, update: string][] = [
    ['create_page', { name: 'New' }, 'page_added'],
    ['create_alarm', alarmOn(page), 'created'],
    ['update_alarm', { alarm_id: alarm, ticker: 'X' }, 'updated'],
    ['trigger_alarm', { alarm_id: alarm, price: 1 }, 'triggered'],
    ['share_page', grant(page, 'user', mary!.id, 'view'), 'shared'],
    ['rename_page', { page_id: page, name: 'New name' }, 'renamed'],
    ['delete_alarm', { alarm_id: alarm }, 'deleted'],
    ['delete_page', { page_id: page }, 'page_removed'],
  ];
  for (const [type, payload, update] of commands) {
    const before = owner.messages.length;
    const answer = await owner.ask(type, payload);
    const [heard, second, ...more] = owner.messages.slice(before);
    t.equal(heard!.payload.action ?? heard!.type, update, `${type}: first its update`);
    t.equal(second, answer, 'then its answer');
    t.same(more, []);
    if (heard!.payload.seq !== undefined) t.equal(heard!.payload.seq, answer.payload.seq, 'of the same number');
  }
});
