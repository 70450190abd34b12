/** The life of an alarm over the wire: who acknowledges first, what old clients see, and what stays after a restart. */
import t from 'tap';
import { alarmOn, type Desk, grant, sitDown } from './desk.js';
import type { Message } from './raw-socket.js';
import { startServer } from './test-server.js';

const server = await startServer(t);
const [john, mary, pete] = await Promise.all(['john', 'mary', 'pete'].map((name) => server.person(name)));
const [owner, viewer, other] = await Promise.all([john!, mary!, pete!].map((person) => sitDown(t, server, person)));
const page: string = (await owner!.must('create_page', { name: 'Desk' })).data.id;
for (const person of [mary!, pete!]) await owner!.must('share_page', grant(page, 'user', person.id, 'view'));

const newAlarm = async (settings: object = {}): Promise<string> =>
  (await owner!.must('create_alarm', { ...alarmOn(page), ...settings })).data.id;
const updatesOf = (desk: Desk, alarm: string): Message[] =>
  desk.messages.filter(({ type, payload }) => type === 'alarm_update' && payload.alarm_id === alarm);

t.test('LIFE-3 LIFE-4 two people acknowledge at once: one does, the other is told who', async (t) => {
  const alarm = await newAlarm({ severity: 'high', tags: ['ecb'] });
  const { seq } = await viewer!.must('trigger_alarm', { alarm_id: alarm, price: 1.5 });
  const answers = await Promise.all([
    viewer!.ask('ack_alarm', { alarm_id: alarm, upto: seq }),
    other!.ask('ack_alarm', { alarm_id: alarm, upto: seq }),
  ]);
  const first = answers.findIndex(({ type }) => type === 'success');
  const winner = [mary!, pete!][first]!;
  t.match(answers[first]!.payload, {
    action: 'alarm_acknowledged',
    data: {
      severity: 'high',
      tags: ['ecb'],
      status: { state: 'acknowledged', count: 1, price: 1.5, ack: { upto: seq, by: winner.id, at: String } },
    },
  });
  t.match(answers[1 - first]!, {
    type: 'error',
    payload: { code: 'already_acknowledged', details: { by: winner.id, upto: seq, comment: null } },
  });
  await owner!.fence();
  t.match(updatesOf(owner!, alarm).at(-1)!.payload, {
    action: 'updated',
    change: 'acknowledged',
    by: winner.id,
    data: { status: { state: 'acknowledged' } },
  });
});

t.test('LIFE-3 an acknowledgement does not touch a trigger that came after what one has seen', async (t) => {
  const alarm = await newAlarm();
  const { seq: seen } = await viewer!.must('trigger_alarm', { alarm_id: alarm, price: 1 });
  const { seq: unseen } = await other!.must('trigger_alarm', { alarm_id: alarm, price: 2 });
  const { data } = await viewer!.must('ack_alarm', { alarm_id: alarm, upto: seen });
  t.match(data.status, { state: 'open', first_seq: seen, last_seq: unseen, count: 2, ack: { upto: seen } });
  t.match(await other!.ask('ack_alarm', { alarm_id: alarm, upto: 1_000_000 }), {
    type: 'error',
    payload: { code: 'invalid_message', details: { fields: [{ field: 'upto' }] } },
  });
  t.match(await other!.http('POST', `/alarms/${alarm}/ack`, { body: { upto: 1_000_000 } }), {
    status: 422,
    json: { code: 'validation_failed', errors: [{ field: 'upto' }] },
  });
  t.match(await other!.http('POST', `/alarms/${alarm}/ack`, { body: { upto: seen } }), {
    status: 409,
    json: { code: 'already_acknowledged', details: { by: mary!.id, upto: seen, at: String, comment: null } },
  });
  t.match(await other!.http('POST', `/alarms/${alarm}/ack`, { body: { upto: unseen } }), {
    status: 200,
    json: { id: alarm, status: { state: 'acknowledged', ack: { upto: unseen, by: pete!.id } } },
  });
});

t.test('LIFE-5 the four commands over HTTP, with the rights of an acknowledgement of one’s own', async (t) => {
  const alarm = await newAlarm();
  const { seq } = await viewer!.must('trigger_alarm', { alarm_id: alarm, price: 1 });
  await viewer!.must('ack_alarm', { alarm_id: alarm, upto: seq });
  const post = async (desk: Desk, what: string, body: object = {}): Promise<[number, unknown]> => {
    const { status, json } = await desk.http('POST', `/alarms/${alarm}/${what}`, { body });
    return [status, json.code ?? json.status];
  };
  t.same(await post(other!, 'unack'), [403, 'permission_denied']);
  t.same(await post(other!, 'clear'), [403, 'permission_denied']);
  t.match(await post(viewer!, 'unack'), [200, { state: 'open', count: 1 }]);
  t.same(await post(viewer!, 'clear'), [403, 'permission_denied'], 'it is open: nobody has acknowledged it');
  t.match(await post(viewer!, 'assign', { user_id: mary!.id }), [200, { assignee: mary!.id }]);
  t.same(await post(viewer!, 'assign', { user_id: pete!.id }), [403, 'permission_denied']);
  t.same(await post(owner!, 'assign', { user_id: 'nobody' }), [422, 'validation_failed']);
  t.same(await post(owner!, 'clear'), [200, { assignee: mary!.id }], 'the assignment stays');
  t.same(await post(owner!, 'clear'), [409, 'nothing_to_do']);
  t.same(await post(owner!, 'assign', { user_id: null }), [200, undefined], 'and nothing is left to tell');
});

t.test(
  'LIFE-9 a page is acknowledged as far as one has seen it, by one event with the alarms that it changed',
  async (t) => {
    const desk = (await owner!.must('create_page', { name: 'Storm' })).data.id as string;
    for (const person of [mary!, pete!]) await owner!.must('share_page', grant(desk, 'user', person.id, 'view'));
    const create = async (): Promise<string> => (await owner!.must('create_alarm', alarmOn(desk))).data.id;
    const [one, two, three] = [await create(), await create(), await create()];
    for (const alarm_id of [one, two]) await viewer!.must('trigger_alarm', { alarm_id, price: 1 });
    const { seq: seen } = await viewer!.must('trigger_alarm', { alarm_id: one, price: 2 });
    const { seq: unseen } = await other!.must('trigger_alarm', { alarm_id: two, price: 3 });
    const answer = await viewer!.must('ack_page', { page_id: desk, upto: seen });
    t.match(answer, {
      action: 'page_acknowledged',
      data: { id: desk, is_owner: false, can_edit: false, seq: answer.seq },
    });
    await owner!.fence();
    const update = owner!.messages.findLast(({ type }) => type === 'page_update')!.payload;
    t.match(update, {
      page_id: desk,
      action: 'acknowledged',
      by: mary!.id,
      seq: answer.seq,
      upto: seen,
      page: { is_owner: true, seq: answer.seq },
      alarms: [
        { id: one, status: { state: 'acknowledged', count: 2, ack: { by: mary!.id, upto: seen } } },
        { id: two, status: { state: 'open', last_seq: unseen, ack: { by: mary!.id, upto: seen - 1 } } },
      ],
    });
    t.equal(update.alarms.length, 2, 'and no others');
    t.match(await other!.http('POST', `/pages/${desk}/ack`, { body: { upto: seen } }), {
      status: 409,
      json: { code: 'nothing_to_do' },
    });
    t.match(await other!.http('POST', `/pages/${desk}/ack`, { body: { upto: unseen } }), {
      status: 200,
      json: { id: desk, can_edit: false },
    });
    const state = (await owner!.http('GET', `/pages/${desk}`)).json;
    t.same(
      state.alarms.map(({ status }: { status?: { state: string } }) => status?.state),
      ['acknowledged', 'acknowledged', undefined],
    );
    const historyOf = async (alarm: string) =>
      (await other!.http('GET', `/alarms/${alarm}/events`)).json.events.map(
        ({ type, data }: { type: string; data: { alarms?: object[] } }) => [type, data.alarms?.length],
      );
    t.same(await historyOf(one), [
      ['AlarmCreated', undefined],
      ['AlarmTriggered', undefined],
      ['AlarmTriggered', undefined],
      ['PageAcknowledged', 1],
    ]);
    t.equal((await historyOf(two)).length, 5, 'it is in the history of each alarm that it changed');
    t.equal((await historyOf(three)).length, 1);
    owner!.send({ type: 'sync', id: 'past', payload: { page_id: desk, seq: seen } });
    t.match(await owner!.next('page_state', ({ id }: Message) => id === 'past'), {
      type: 'page_state',
      payload: { alarms: [{ id: one }, { id: two }, { id: three }] },
    });
  },
);

t.test('LIFE-6 50 clients report one crossing of an alarm of mode once: one is accepted', async (t) => {
  const alarm = await newAlarm({ mode: 'once' });
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, at) =>
      [owner, viewer, other][at % 3]!.ask('trigger_alarm', { alarm_id: alarm, price: 1 }),
    ),
  );
  t.equal(answers.filter(({ type }) => type === 'success').length, 1);
  t.equal(answers.filter(({ payload }) => payload.code === 'alarm_inactive').length, 49);
  await owner!.fence();
  t.match(
    updatesOf(owner!, alarm).map(({ payload }) => [payload.action, payload.data.active, payload.change]),
    [
      ['created', true, undefined],
      ['triggered', false, undefined],
    ],
    'one message tells the trigger and that the alarm is off',
  );
});

t.test(
  'LIFE-7 LIFE-8 quiet triggers are told as updates, live, again after a resume, and in the history',
  async (t) => {
    const alarm = await newAlarm({ mode: 'cooldown', cooldown_s: 600 });
    const { seq: held } = (await owner!.http('GET', `/pages/${page}`)).json.page;
    await viewer!.must('trigger_alarm', { alarm_id: alarm, price: 1 });
    await viewer!.must('trigger_alarm', { alarm_id: alarm, price: 2 });
    const { seq } = await viewer!.must('trigger_alarm', { alarm_id: alarm, price: 3 });
    await viewer!.must('ack_alarm', { alarm_id: alarm, upto: seq });
    await viewer!.must('trigger_alarm', { alarm_id: alarm, price: 4 });
    await owner!.must('clear_alarm', { alarm_id: alarm });
    await owner!.fence();
    const live = updatesOf(owner!, alarm).slice(1);
    t.match(
      live.map(({ payload }) => [payload.action, payload.change, payload.quiet, payload.data.price]),
      [
        ['triggered', undefined, undefined, 1],
        ['updated', 'triggered_quietly', 'cooldown', 2],
        ['updated', 'triggered_quietly', 'cooldown', 3],
        ['updated', 'acknowledged', undefined, undefined],
        ['triggered', undefined, undefined, 4],
        ['updated', 'cleared', undefined, undefined],
      ],
    );
    t.equal(live[2]!.payload.data.status.count, 3, 'nothing quiet is lost');
    owner!.send({ type: 'sync', id: 'again', payload: { page_id: page, seq: held } });
    const { payload } = await owner!.next('page_state', ({ id }: Message) => id === 'again');
    if (payload.updates) t.same(payload.updates, live, 'the same messages');
    const { json } = await owner!.http('GET', `/alarms/${alarm}/events?limit=100`);
    t.same(
      json.events.slice(1).map(({ seq, data, change, quiet }: any) => ({ seq, data, change, quiet })),
      live.map(({ payload: { seq, data, change, quiet } }) => ({ seq, data, change, quiet })),
    );
  },
);

t.test('LIFE-1 a client that knows only the seed has the base fields of every alarm', async (t) => {
  interface Base {
    readonly id: string;
    readonly page_id: string;
    readonly ticker: string;
    readonly option: string;
    readonly condition: string;
    readonly active: boolean;
    readonly last_triggered: string | null;
  }
  const base = ({ id, page_id, ticker, option, condition, active, last_triggered }: Base): Base => ({
    id,
    page_id,
    ticker,
    option,
    condition,
    active,
    last_triggered,
  });
  const held = new Map<string, Base>();
  for (const { type, payload } of owner!.messages) {
    if (type !== 'alarm_update' || payload.page_id !== page) continue;
    t.ok(['created', 'updated', 'deleted', 'triggered'].includes(payload.action));
    held.set(payload.alarm_id, base(payload.data));
  }
  const { json } = await owner!.http('GET', `/pages/${page}`);
  t.ok(held.size > 4);
  t.same([...held.values()], json.alarms.map(base));
  const untouched = await newAlarm();
  t.same(
    Object.keys((await owner!.http('GET', `/alarms/${untouched}`)).json),
    ['id', 'page_id', 'ticker', 'option', 'condition', 'active', 'last_triggered'],
    'an alarm that nobody has touched',
  );
});

t.test('LIFE-2 acknowledgements and counts are there after a restart', async (t) => {
  const state = async (desk: Desk) => {
    const { json } = await desk.http('GET', `/pages/${page}`);
    return { page: json.page, alarms: json.alarms.sort((a: any, b: any) => (a.id < b.id ? -1 : 1)) };
  };
  const before = await state(owner!);
  await server.restart();
  t.same(await state(await sitDown(t, server, john!)), before);
});
