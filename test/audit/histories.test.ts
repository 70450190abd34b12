/** Histories of pages and alarms: between moments, of some types, the newest first. */
import t from 'tap';
import { alarmOn, grant, sitDown } from '../e2e/desk.js';
import { startServer } from '../e2e/test-server.js';

t.test('AUD-10 a history between two moments, of some types, in either order', async (t) => {
  const server = await startServer(t);
  const [john, mary] = [await server.person('john'), await server.person('mary')];
  const [owner, viewer] = [await sitDown(t, server, john), await sitDown(t, server, mary)];
  const page: string = (await owner.must('create_page', { name: 'Desk' })).data.id;
  const alarm: string = (await owner.must('create_alarm', alarmOn(page))).data.id;
  const other: string = (await owner.must('create_alarm', alarmOn(page))).data.id;
  const positions: string[] = [];
  for (let price = 1; price <= 6; price += 1) {
    const alarm_id = price % 2 === 0 ? alarm : other;
    positions.push((await owner.must('trigger_alarm', { alarm_id, price })).position);
  }
  await owner.must('share_page', grant(page, 'user', mary.id, 'view'));
  const { seq } = (await owner.http('GET', `/pages/${page}`)).json.page;
  await viewer.must('ack_page', { page_id: page, upto: seq });
  await owner.must('rename_page', { page_id: page, name: 'Other' });

  const of = async (query: string, path = `/pages/${page}`) =>
    (await owner.http('GET', `${path}/events?${query}`)).json;
  const all = (await of('')).events;
  t.equal(all.length, 12);
  const ofAlarm = (await of('', `/alarms/${alarm}`)).events;
  t.same(
    ofAlarm.map(({ type }: any) => type),
    ['AlarmCreated', 'AlarmTriggered', 'AlarmTriggered', 'AlarmTriggered', 'PageAcknowledged'],
  );

  t.same((await of('order=desc')).events, [...all].reverse());
  const newest = await of('order=desc&limit=5');
  t.same([newest.events.length, newest.next], [5, all[7].seq]);
  t.same((await of(`order=desc&limit=100&before_seq=${newest.next}`)).events, all.slice(0, 7).reverse(), 'and on');
  t.same((await of('order=desc', `/alarms/${alarm}`)).events, [...ofAlarm].reverse());
  const last = await of('order=desc&limit=2', `/alarms/${alarm}`);
  t.same(last.events, ofAlarm.slice(-2).reverse());
  t.same((await of(`order=desc&before_seq=${last.next}`, `/alarms/${alarm}`)).events, ofAlarm.slice(0, -2).reverse());

  t.same((await of('types=AlarmTriggered')).events, all.slice(3, 9));
  const some = await of('types=AlarmTriggered,PageShared&limit=2&order=desc');
  t.same(some.events, [all[9], all[8]]);
  t.equal(some.next, all[8].seq, 'the next value counts what was asked for alone');
  t.same((await of('types=PageAcknowledged', `/alarms/${alarm}`)).events, ofAlarm.slice(-1));

  t.same((await of(`from=@${positions[1]}&to=@${positions[3]}`)).events, all.slice(4, 7), 'both of them included');
  t.same((await of(`from=@${positions[1]}&to=@${positions[3]}`, `/alarms/${alarm}`)).events, ofAlarm.slice(1, 3));
  t.same((await of(`to=@${positions[3]}&order=desc&limit=2`)).events, [all[6], all[5]]);
  const { at } = all[5];
  t.same(
    (await of(`from=${at}&to=${at}`)).events,
    all.filter((event: any) => event.at === at),
    'within a moment',
  );
  t.same((await of('from=2999-01-01T00:00:00Z')).events, [], 'nothing yet');
  t.same((await of('to=2999-01-01T00:00:00Z')).events, all, 'up to now');
  t.same((await of('to=2001-01-01T00:00:00Z')).events, [], 'nothing was');

  const [grantSeen] = (await viewer.http('GET', `/pages/${page}/events?types=PageShared`)).json.events;
  t.same(grantSeen.data, {}, 'grants are the owner’s');
  for (const [query, detail] of [
    ['types=Nonsense', /types: "Nonsense" is no type of events of a page: .*PageCreated/],
    ['order=up', /order/],
    ['from=yesterday', /from: must be a moment with a zone/],
    ['to=@9999999', /to: is in the future/],
    ['before_seq=-1', /before_seq/],
  ] as const)
    t.match(await owner.http('GET', `/pages/${page}/events?${query}`), { status: 422, json: { detail } }, query);
});
