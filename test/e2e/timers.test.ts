/** Timers of a running server: a snooze and an expiry that end by themselves, and what is told of it. */
import t from 'tap';
import { alarmOn, grant, sitDown } from './desk.js';
import type { Message } from './raw-socket.js';
import { startServer } from './test-server.js';

const server = await startServer(t);
const [john, mary] = [await server.person('john'), await server.person('mary')];
const [owner, viewer] = [await sitDown(t, server, john), await sitDown(t, server, mary)];
const page: string = (await owner.must('create_page', { name: 'Desk' })).data.id;
await owner.must('share_page', grant(page, 'user', mary.id, 'view'));
const changed =
  (change: string) =>
  ({ payload }: Message): boolean =>
    payload.change === change;

t.test('LIFE-10 TIMER-2 a snooze that is over while the alarm is open is told, with the count', async (t) => {
  const alarm_id: string = (await owner.must('create_alarm', alarmOn(page))).data.id;
  t.match(await viewer.ask('snooze_alarm', { alarm_id, for_s: 1 }), { payload: { code: 'permission_denied' } });
  const { data } = await owner.must('snooze_alarm', { alarm_id, for_s: 1 });
  t.match(data.status, { snoozed: { by: john.id, until: String } });
  t.notOk(data.status.state, 'no occurrence yet');
  for (const price of [1, 2]) await viewer.must('trigger_alarm', { alarm_id, price });
  t.match((await owner.next('alarm_update', changed('triggered_quietly'))).payload, {
    action: 'updated',
    quiet: 'snoozed',
    data: { price: 1, status: { state: 'open', count: 1, snoozed: { by: john.id } } },
  });
  const { payload } = await owner.next('alarm_update', changed('unsnoozed'));
  t.match(payload, { action: 'triggered', cause: 'timer', by: 'system', data: { price: 2, status: { count: 2 } } });
  t.notOk(payload.data.status.snoozed);
  const lateMs = Date.parse(payload.at) - Date.parse(data.status.snoozed.until);
  t.ok(lateMs >= 0, 'never early');
  const { json } = await owner.http('GET', `/alarms/${alarm_id}/events?limit=100`);
  t.match(json.events.at(-1), { type: 'AlarmUnsnoozed', by: 'system', change: 'unsnoozed', cause: 'timer' });
});

t.test('LIFE-11 an alarm expires, and can be switched on again', async (t) => {
  const expires_at = new Date(Date.now() + 1_500).toISOString();
  const alarm_id: string = (await owner.must('create_alarm', { ...alarmOn(page), expires_at })).data.id;
  const { payload } = await owner.next('alarm_update', changed('expired'));
  t.match(payload, { action: 'updated', by: 'system', data: { active: false, expires_at } });
  t.ok(payload.at >= expires_at);
  t.match(await viewer.ask('trigger_alarm', { alarm_id, price: 1 }), { payload: { code: 'alarm_inactive' } });
  const { data } = await owner.must('update_alarm', { alarm_id, active: true });
  t.match(data, { active: true });
  t.notOk('expires_at' in data, 'the moment that has passed is removed');
});

t.test('LIFE-10 over HTTP, and after a restart', async (t) => {
  const alarm_id: string = (await owner.must('create_alarm', alarmOn(page))).data.id;
  const post = async (what: string, body: object): Promise<[number, string | undefined]> => {
    const { status, json } = await owner.http('POST', `/alarms/${alarm_id}/${what}`, { body });
    return [status, json.code];
  };
  t.same(await post('unsnooze', {}), [409, 'nothing_to_do']);
  t.same(await post('snooze', { until: '2020-01-01T00:00:00Z' }), [422, 'validation_failed']);
  t.same(await post('snooze', {}), [422, 'validation_failed']);
  t.same(await post('snooze', { for_s: 2 }), [200, undefined]);
  await server.restart();
  const again = await sitDown(t, server, john);
  t.match((await again.http('GET', `/alarms/${alarm_id}`)).json.status?.snoozed, { by: john.id });
  t.match((await again.next('alarm_update', changed('unsnoozed'))).payload, {
    alarm_id,
    action: 'updated',
    cause: 'timer',
    by: 'system',
  });
});
