/** What of a command's id is remembered: effects only; and what else than the same content it may not be used for. */
import t from 'tap';
import { alarmOn, grant, sitDown } from './desk.js';
import { startServer } from './test-server.js';

const server = await startServer(t);
const people = await Promise.all(['john', 'mary'].map((name) => server.person(name)));
const [owner, other] = await Promise.all(people.map((person) => sitDown(t, server, person)));
const page: string = (await owner!.must('create_page', { name: 'Page' })).data.id;
const newAlarm = async (): Promise<string> => (await owner!.must('create_alarm', alarmOn(page))).data.id;

t.test('CMD-2 the same id with other content is refused with id_reused, over socket and HTTP', async (t) => {
  const alarm = await newAlarm();
  const first = await owner!.ask('trigger_alarm', { alarm_id: alarm, price: 1 }, 'one');
  const { seq } = first.payload;
  t.match(
    await owner!.ask('trigger_alarm', { alarm_id: alarm, price: 2 }, 'one'),
    { type: 'error', payload: { code: 'id_reused' } },
    'another price',
  );
  t.match(
    await owner!.ask('delete_alarm', { alarm_id: alarm }, 'one'),
    { type: 'error', payload: { code: 'id_reused' } },
    'another command',
  );
  t.match(await owner!.http('POST', `/alarms/${alarm}/trigger`, { body: { price: 2 }, idempotencyKey: 'one' }), {
    status: 409,
    json: { code: 'id_reused' },
  });
  t.match(await owner!.http('DELETE', `/alarms/${alarm}`, { idempotencyKey: 'one' }), {
    status: 409,
    json: { code: 'id_reused' },
  });
  t.same(await owner!.ask('trigger_alarm', { alarm_id: alarm, price: 1 }, 'one'), first, 'the first keeps it');
  t.equal((await owner!.http('GET', `/pages/${page}`)).json.page.seq, seq, 'and nothing else happened');
});

t.test('CMD-2 also when both come at once: the first has its effect', async (t) => {
  const alarm = await newAlarm();
  owner!.sendTogether(
    [1, 2, 1].map((price) => ({ type: 'trigger_alarm', id: 'at once', payload: { alarm_id: alarm, price } })),
  );
  const isAnswer = ({ id }: { id?: string }): boolean => id === 'at once';
  const done = [await owner!.next('success', isAnswer), await owner!.next('success', isAnswer)];
  t.same(done[1], done[0]);
  t.equal(done[0]!.payload.data.price, 1);
  t.equal((await owner!.next('error', isAnswer)).payload.code, 'id_reused');
});

t.test('CMD-2 content is what was understood: unknown fields and the order of fields do not count', async (t) => {
  const alarm = await newAlarm();
  const first = await owner!.ask('trigger_alarm', { alarm_id: alarm, price: 1 }, 'form');
  t.same(await owner!.ask('trigger_alarm', { extra: true, price: 1.0, alarm_id: alarm }, 'form'), first);
});

t.test('CMD-3 a refusal is not remembered: the same id may be tried again', async (t) => {
  const alarm = await newAlarm();
  const trigger = (desk = owner!) => desk.ask('trigger_alarm', { alarm_id: alarm, price: 1 }, 'retry');
  await owner!.must('update_alarm', { alarm_id: alarm, active: false });
  t.equal((await trigger()).payload.code, 'alarm_inactive');
  await owner!.must('update_alarm', { alarm_id: alarm, active: true });
  t.equal((await trigger()).type, 'success');

  t.equal((await trigger(other!)).payload.code, 'not_found');
  await owner!.must('share_page', grant(page, 'user', people[1]!.id, 'view'));
  t.equal((await trigger(other!)).type, 'success');
  t.equal(
    (await owner!.ask('trigger_alarm', { alarm_id: alarm, price: 'much' }, 'bad')).payload.code,
    'invalid_message',
  );
  t.equal((await owner!.ask('trigger_alarm', { alarm_id: alarm, price: 3 }, 'bad')).type, 'success');
});

t.test('CMD-4 an inactive alarm refuses a trigger and tells nobody', async (t) => {
  const alarm = await newAlarm();
  const { seq } = await owner!.must('update_alarm', { alarm_id: alarm, active: false });
  t.match(await owner!.ask('trigger_alarm', { alarm_id: alarm, price: 1 }), {
    type: 'error',
    payload: { code: 'alarm_inactive' },
  });
  t.match(await owner!.http('POST', `/alarms/${alarm}/trigger`, { body: { price: 1 } }), {
    status: 409,
    json: { code: 'alarm_inactive' },
  });
  t.match((await owner!.http('GET', `/pages/${page}`)).json.page, { seq });
});

t.test('CMD-6 a command that changes nothing is an event all the same', async (t) => {
  const alarm = await newAlarm();
  const { seq } = await owner!.must('update_alarm', { alarm_id: alarm, active: true });
  t.equal((await owner!.must('rename_page', { page_id: page, name: 'Page' })).seq, seq + 1);
  t.equal((await owner!.must('share_page', grant(page, 'user', people[1]!.id, 'view'))).seq, seq + 2);
  t.equal((await owner!.next('page_update', ({ payload }) => payload.seq === seq + 2)).payload.action, 'shared');
});

t.test('CMD-6 so a late retry cannot undo what came between', async (t) => {
  const subject = people[1]!.id;
  const first = await owner!.ask('share_page', grant(page, 'user', subject, 'edit'), 'give');
  await owner!.ask('share_page', grant(page, 'user', subject, 'nothing'), 'take');
  t.same(await owner!.ask('share_page', grant(page, 'user', subject, 'edit'), 'give'), first);
  t.equal((await other!.http('GET', `/pages/${page}`)).status, 404);
});
