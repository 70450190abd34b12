/** Commands on a page are decided in the order of their arrival, however many come in one write. */
import t from 'tap';
import { alarmOn, grant, sitDown } from './desk.js';
import { startServer } from './test-server.js';

const server = await startServer(t, { environment: { LIMITS: 'off' } });
const people = await Promise.all(['john', 'mary'].map((name) => server.person(name)));
const [owner, editor] = await Promise.all(people.map((person) => sitDown(t, server, person)));
const page: string = (await owner!.must('create_page', { name: 'Page' })).data.id;

t.test('CMD-5 many commands in one write keep their order, also over the limit of one iteration', async (t) => {
  const { data: alarm, seq } = await owner!.must('create_alarm', alarmOn(page));
  const prices = Array.from({ length: 1_500 }, (_, at) => at + 1);
  owner!.sendTogether(
    prices.map((price) => ({ type: 'trigger_alarm', id: `price ${price}`, payload: { alarm_id: alarm.id, price } })),
  );
  await owner!.next('success', ({ id }) => id === 'price 1500');
  const updates = owner!.messages.filter(
    ({ type, payload }) => type === 'alarm_update' && payload.action === 'triggered',
  );
  t.same(
    updates.map(({ payload }) => [payload.seq, payload.data.price]),
    prices.map((price) => [seq + price, price]),
  );
  const answers = owner!.messages.filter(({ id }) => id?.startsWith('price '));
  t.same(
    answers.map(({ id }) => id),
    prices.map((price) => `price ${price}`),
    'and are answered in it',
  );
});

t.test('CMD-5 each is decided on what the one before it left', async (t) => {
  const { data: alarm } = await owner!.must('create_alarm', alarmOn(page));
  const update = (active: boolean, id: string) => ({
    type: 'update_alarm',
    id,
    payload: { alarm_id: alarm.id, active },
  });
  const trigger = (id: string) => ({ type: 'trigger_alarm', id, payload: { alarm_id: alarm.id, price: 1 } });
  const remove = (id: string) => ({ type: 'delete_alarm', id, payload: { alarm_id: alarm.id } });
  const outcomes = [
    [trigger('a'), 'success'],
    [update(false, 'b'), 'success'],
    [trigger('c'), 'alarm_inactive'],
    [update(true, 'd'), 'success'],
    [trigger('e'), 'success'],
    [remove('f'), 'success'],
    [trigger('g'), 'not_found'],
    [remove('h'), 'not_found'],
  ] as const;
  owner!.sendTogether(outcomes.map(([message]) => message));
  for (const [{ type, id }, expected] of outcomes) {
    const answer = await owner!.next(expected === 'success' ? 'success' : 'error', (message) => message.id === id);
    t.equal(answer.payload.code ?? answer.type, expected, `${id}: ${type}`);
  }
});

t.test('CMD-5 a right given and taken in one write holds in between only', async (t) => {
  const { data: alarm } = await owner!.must('create_alarm', alarmOn(page));
  const share = (granted: 'edit' | 'nothing') => ({
    type: 'share_page',
    payload: grant(page, 'user', people[1]!.id, granted),
  });
  owner!.sendTogether([
    share('edit'),
    share('nothing'),
    share('edit'),
    share('nothing'),
    { type: 'rename_page', id: 'end', payload: { page_id: page, name: 'Late' } },
  ]);
  await owner!.next('success', ({ id }) => id === 'end');
  t.equal((await editor!.ask('trigger_alarm', { alarm_id: alarm.id, price: 1 })).payload.code, 'not_found');
  const heard = editor!.messages
    .filter(({ type }) => type !== 'initial_state' && type !== 'error')
    .map(({ type }) => type);
  t.same(heard, ['page_added', 'page_removed', 'page_added', 'page_removed']);
});

t.test('CMD-5 commands of two sockets on one page: one order, the same for both', async (t) => {
  const { data: alarm } = await owner!.must('create_alarm', alarmOn(page));
  await owner!.must('share_page', grant(page, 'user', people[1]!.id, 'view'));
  const burst = (from: number) =>
    Array.from({ length: 300 }, (_, at) => ({
      type: 'trigger_alarm',
      id: `${from + at}`,
      payload: { alarm_id: alarm.id, price: from + at },
    }));
  owner!.sendTogether(burst(1_000));
  editor!.sendTogether(burst(2_000));
  await Promise.all([
    owner!.next('success', ({ id }) => id === '1299'),
    editor!.next('success', ({ id }) => id === '2299'),
  ]);
  await Promise.all([owner!.fence(), editor!.fence()]);
  const [left, right] = [owner!, editor!].map(({ messages }) =>
    messages
      .filter(
        ({ type, payload }) =>
          type === 'alarm_update' && payload.alarm_id === alarm.id && payload.action === 'triggered',
      )
      .map(({ payload }) => payload.data.price as number),
  );
  t.same(left, right);
  t.equal(left!.length, 600);
  for (const side of [1_000, 2_000])
    t.same(
      left!.filter((price) => Math.floor(price / 1_000) * 1_000 === side),
      burst(side).map(({ payload }) => payload.price),
      "each socket's own keep theirs",
    );
});
