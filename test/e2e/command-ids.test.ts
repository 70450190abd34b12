/** A command's id: sent again, in any way, it has one effect and the same answer as the first time. */
import t, { type Test } from 'tap';
import { alarmOn, type Desk, grant, sitDown } from './desk.js';
import { type Person, startServer, type TestServer } from './test-server.js';

const server = await startServer(t);
const [john, mary] = (await Promise.all(['john', 'mary'].map((name) => server.person(name)))) as [Person, Person];
const owner = await sitDown(t, server, john);
const editor = await sitDown(t, server, mary);

async function sharedAlarm(): Promise<{ page: string; alarm: string }> {
  const page: string = (await owner.must('create_page', { name: 'Page' })).data.id;
  await owner.must('share_page', grant(page, 'user', mary.id, 'edit'));
  return { page, alarm: (await owner.must('create_alarm', alarmOn(page))).data.id };
}

const eventsOf = async (desk: Desk, page: string, type: string): Promise<number> =>
  (await desk.http('GET', `/pages/${page}/events?limit=1000`)).json.events.filter(
    (event: { type: string }) => event.type === type,
  ).length;

let number = 0;
const freshId = (): string => `id-${++number}`;

t.test(
  'CMD-1 the same id again over the same socket, another socket and HTTP: one effect, the same answer',
  async (t) => {
    const { page, alarm } = await sharedAlarm();
    const id = freshId();
    const trigger = { alarm_id: alarm, price: 1.5 };
    const first = await editor.ask('trigger_alarm', trigger, id);
    t.equal(first.type, 'success');
    t.same(await editor.ask('trigger_alarm', trigger, id), first, 'over the same socket');
    t.same(await (await sitDown(t, server, mary)).ask('trigger_alarm', trigger, id), first, 'over another socket');
    const { data, seq, position } = first.payload;
    const http = await editor.http('POST', `/alarms/${alarm}/trigger`, { body: { price: 1.5 }, idempotencyKey: id });
    t.same([http.status, http.json, http.headers.get('log-position')], [200, { ...data, seq }, position], 'over HTTP');
    t.equal(await eventsOf(owner, page, 'AlarmTriggered'), 1);
    t.equal(
      (await owner.ask('trigger_alarm', trigger, id)).payload.seq,
      seq + 1,
      "an id is a user's own: another's is another command",
    );
  },
);

t.test('CMD-1 first over HTTP, then again over HTTP and over the socket', async (t) => {
  const { page } = await sharedAlarm();
  const id = freshId();
  const { page_id, ...body } = alarmOn(page);
  const post = () => editor.http('POST', `/pages/${page}/alarms`, { body, idempotencyKey: id });
  const [first, second] = [await post(), await post()];
  t.equal(first.status, 201);
  t.same(
    [second.status, second.text, second.headers.get('log-position')],
    [first.status, first.text, first.headers.get('log-position')],
  );
  const over = await editor.must('create_alarm', { page_id, ...body }, id);
  t.same([over.data, over.position], [first.json, first.headers.get('log-position')]);
  t.equal(await eventsOf(owner, page, 'AlarmCreated'), 2, 'that of the stage, and this one');
});

t.test('CMD-1 a removal by id is answered again though what it removed is gone', async (t) => {
  const { page, alarm } = await sharedAlarm();
  const [alarmId, pageId] = [freshId(), freshId()];
  const deleted = await editor.ask('delete_alarm', { alarm_id: alarm }, alarmId);
  t.same(await editor.ask('delete_alarm', { alarm_id: alarm }, alarmId), deleted);
  t.equal((await editor.http('DELETE', `/alarms/${alarm}`, { idempotencyKey: alarmId })).status, 204);
  const gone = await owner.ask('delete_page', { page_id: page }, pageId);
  t.equal(gone.type, 'success');
  t.same(await owner.ask('delete_page', { page_id: page }, pageId), gone);
  t.equal((await owner.http('DELETE', `/pages/${page}`, { idempotencyKey: pageId })).status, 204);
});

t.test('CMD-1 after the right was lost: what was answered once stays available', async (t) => {
  const { page, alarm } = await sharedAlarm();
  const id = freshId();
  const first = await editor.ask('update_alarm', { alarm_id: alarm, ticker: 'EUR/GBP' }, id);
  await owner.must('share_page', grant(page, 'user', mary.id, 'nothing'));
  t.same(await editor.ask('update_alarm', { alarm_id: alarm, ticker: 'EUR/GBP' }, id), first);
  t.equal(
    (await editor.ask('update_alarm', { alarm_id: alarm, ticker: 'EUR/GBP' }, freshId())).payload.code,
    'not_found',
    'a new id gets nothing',
  );
});

t.test('CMD-1 two sends of the same id at the same time, in one write, over two sockets and HTTP', async (t) => {
  const { page } = await sharedAlarm();
  const id = freshId();
  const second = await sitDown(t, server, mary);
  const create = { type: 'create_alarm', id, payload: alarmOn(page) };
  const isAnswer = (message: { id?: string }): boolean => message.id === id;
  const { page_id: _, ...body } = create.payload;
  const posts = [1, 2].map(() => editor.http('POST', `/pages/${page}/alarms`, { body, idempotencyKey: id }));
  editor.sendTogether([create, create, create]);
  second.sendTogether([create, create]);
  const answers = [
    await editor.next('success', isAnswer),
    await editor.next('success', isAnswer),
    await editor.next('success', isAnswer),
    await second.next('success', isAnswer),
    await second.next('success', isAnswer),
  ];
  for (const answer of answers) t.same(answer, answers[0]);
  for (const { status, json } of await Promise.all(posts)) t.same([status, json], [201, answers[0]!.payload.data]);
  t.equal(await eventsOf(owner, page, 'AlarmCreated'), 2, 'that of the stage, and one more');
});

t.test('CMD-1 groups too: made and changed once', async (t) => {
  const make = () => owner.http('POST', '/groups', { body: { name: 'Desk' }, idempotencyKey: 'group' });
  const [first, second] = await Promise.all([make(), make()]);
  t.same([second!.status, second!.text], [first!.status, first!.text]);
  t.equal((await owner.http('GET', '/groups')).json.length, 1);
  const remove = (idempotencyKey: string) =>
    owner.http('DELETE', `/groups/${first!.json.id}/members/${mary.id}`, { idempotencyKey });
  await owner.http('POST', `/groups/${first!.json.id}/members/${mary.id}`);
  t.same(
    [(await remove('leave')).status, (await remove('leave')).status, (await remove('again')).status],
    [204, 204, 404],
  );
});

t.test('CMD-1 over a restart of the server', async (t) => {
  const before: TestServer = await startServer(t);
  const person = await before.person('pete');
  const desk = await sitDown(t, before, person);
  const made = await desk.ask('create_page', { name: 'Page' }, 'make');
  const alarm = await desk.ask('create_alarm', alarmOn(made.payload.data.id), 'alarm');
  const triggered = await desk.ask('trigger_alarm', { alarm_id: alarm.payload.data.id, price: 1.085 }, 'trigger');
  await repeats(t, desk);
  const after = await before.restart();
  await repeats(t, await sitDown(t, after, person));

  async function repeats(t: Test, desk: Desk): Promise<void> {
    t.same(await desk.ask('create_page', { name: 'Page' }, 'make'), made);
    t.same(await desk.ask('create_alarm', alarmOn(made.payload.data.id), 'alarm'), alarm);
    t.same(await desk.ask('trigger_alarm', { alarm_id: alarm.payload.data.id, price: 1.085 }, 'trigger'), triggered);
    t.equal((await desk.ask('create_page', { name: 'Another' }, 'make')).payload.code, 'id_reused');
    t.equal((await desk.http('GET', `/pages/${made.payload.data.id}`)).json.page.seq, 2);
  }
});
