/** Commands and their answers, refusals and unknown outcomes, against a fake server (fake-server.ts). */
import { AlarmServerError, OutcomeUnknownError } from '@alarm-server/client';
import t from 'tap';
import { answer, connected } from './connected-client.js';
import { alarm } from './wire-samples.js';

t.test('commands: resolve with the answer that bears their id, in whatever order answers come', async (t) => {
  const { client, peer } = await connected(t);
  const first = client.command('trigger_alarm', { alarm_id: 'spot', price: 1.085 }, { id: 'mine-1' });
  const second = client.command('delete_alarm', { alarm_id: 'spot' }, { id: 'mine-2' });
  t.strictSame(await peer.next(), { type: 'trigger_alarm', id: 'mine-1', payload: { alarm_id: 'spot', price: 1.085 } });
  t.strictSame(await peer.next(), { type: 'delete_alarm', id: 'mine-2', payload: { alarm_id: 'spot' } });
  peer.say(answer('mine-2', 'second'), answer('mine-1', 'first'));
  t.strictSame(await first, { action: 'alarm_triggered', data: 'first', seq: 2, position: 'p2' });
  t.match(await second, { data: 'second' });
});

t.test('commands: bear a random UUID where no id is given, also without crypto.randomUUID', async (t) => {
  const { client, peer } = await connected(t);
  const nextId = async () => {
    const answered = client.command('delete_alarm', { alarm_id: 'spot' });
    const { id = '' } = await peer.next();
    peer.say(answer(id));
    await answered;
    return id;
  };
  const ids = [await nextId()];
  // As on a page served over plain http.
  const { getRandomValues } = crypto;
  t.intercept(globalThis as { crypto: unknown }, 'crypto', {
    value: { getRandomValues: getRandomValues.bind(crypto) },
    configurable: true,
  });
  ids.push(await nextId(), await nextId());
  for (const id of ids) t.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  t.equal(new Set(ids).size, 3);
});

t.test('commands: each has a method that takes the payload and gives the data', async (t) => {
  const { client, peer } = await connected(t);
  const grant = { page_id: 'eur', subject_type: 'group', subject_id: 'desk', can_view: true, can_edit: false } as const;
  const calls = [
    [client.createPage({ name: 'GBP' }), 'create_page', { name: 'GBP' }],
    [client.renamePage({ page_id: 'eur', name: 'Euro' }), 'rename_page', { page_id: 'eur', name: 'Euro' }],
    [client.deletePage({ page_id: 'eur' }), 'delete_page', { page_id: 'eur' }],
    [client.sharePage(grant), 'share_page', grant],
    [client.leavePage({ page_id: 'p1' }), 'leave_page', { page_id: 'p1' }],
    [client.transferPage({ page_id: 'p1', to: 'u1' }), 'transfer_page', { page_id: 'p1', to: 'u1' }],
    [
      client.createAlarm({ page_id: 'eur', ticker: 'EUR/USD', option: 'spot', condition: 'above' }),
      'create_alarm',
      { page_id: 'eur', ticker: 'EUR/USD', option: 'spot', condition: 'above' },
    ],
    [client.updateAlarm({ alarm_id: 'spot', active: false }), 'update_alarm', { alarm_id: 'spot', active: false }],
    [client.deleteAlarm({ alarm_id: 'spot' }), 'delete_alarm', { alarm_id: 'spot' }],
    [client.triggerAlarm({ alarm_id: 'spot', price: 1.1 }), 'trigger_alarm', { alarm_id: 'spot', price: 1.1 }],
  ] as const;
  for (const [result, type, payload] of calls) {
    const received = await peer.next();
    t.match(received, { type, payload });
    peer.say(answer(received.id ?? '', `data of ${type}`));
    t.equal(await result, `data of ${type}`);
  }
});

t.test('commands: reject with what the server said when it refuses', async (t) => {
  const { client, peer } = await connected(t);
  const errors: unknown[] = [];
  client.on('error', (error) => errors.push(error));
  const refused = client.triggerAlarm({ alarm_id: 'spot', price: 1.1 }, { id: 'r' });
  peer.say({
    type: 'error',
    id: 'r',
    payload: { message: 'The alarm is inactive', code: 'alarm_inactive', details: { alarm_id: 'spot' } },
  });
  const error: unknown = await refused.catch((e: unknown) => e);
  t.type(error, AlarmServerError);
  t.match(error, {
    message: 'The alarm is inactive',
    code: 'alarm_inactive',
    details: { alarm_id: 'spot' },
    status: undefined,
  });
  t.strictSame(errors, [], 'nobody else is told');
  const again = client.triggerAlarm({ alarm_id: 'spot', price: 1.1 }, { id: 'r' });
  peer.say(answer('r'));
  t.strictSame(await again, alarm(), 'and the id may be used again');
});

t.test('commands: reject as unknown, naming their id, when the connection ends first', async (t) => {
  const { client, peer } = await connected(t);
  const unanswered = client.triggerAlarm({ alarm_id: 'spot', price: 1.1 }, { id: 'u' });
  await peer.next();
  peer.socket.close(1001);
  const error: unknown = await unanswered.catch((e: unknown) => e);
  t.type(error, OutcomeUnknownError);
  t.match(error, {
    commandId: 'u',
    cause: { name: 'ConnectionClosedError', code: 1001 },
    message:
      /code 1001\) before the answer to command u arrived: its outcome is unknown, and sending it again with the same id is safe/,
  });
  await t.rejects(
    client.deletePage({ page_id: 'eur' }),
    { name: 'ConnectionClosedError', code: 1001 },
    'later ones were not sent',
  );
  t.throws(() => client.send('{}'), { name: 'ConnectionClosedError' });
});

t.test('commands: reject as unknown when no answer comes in time, each time they are sent', async (t) => {
  const { client, peer } = await connected(t, { answerTimeoutMs: 20 });
  const unknown = { name: 'OutcomeUnknownError', commandId: 'late', message: /^20 ms passed before the answer/ };
  await t.rejects(client.deleteAlarm({ alarm_id: 'spot' }, { id: 'late' }), unknown);
  await t.rejects(client.deleteAlarm({ alarm_id: 'spot' }, { id: 'late' }), unknown);
  t.strictSame(await peer.next(), await peer.next(), 'the same was sent twice');
});

t.test('an id that still waits is not sent a second time', async (t) => {
  const { client, peer } = await connected(t);
  const first = client.deleteAlarm({ alarm_id: 'spot' }, { id: 'twice' });
  await t.rejects(client.deletePage({ page_id: 'eur' }, { id: 'twice' }), { message: /still pending/ });
  peer.say(answer('twice'));
  t.strictSame(await first, alarm());
});

t.test('commands: are not sent to a server that could not answer them', async (t) => {
  const { client } = await connected(t, {}, {
    type: 'initial_state',
    payload: { user: {}, pages: [], alarms: [] },
  } as never);
  await t.rejects(client.createPage({ name: 'x' }), { message: /only supports the base contract/ });
});

t.test('send() waits for nothing: a message without id, or any text', async (t) => {
  const { client, peer } = await connected(t);
  client.send({ type: 'trigger_alarm', payload: { alarm_id: 'spot', price: 1.1 } });
  client.send('no JSON {');
  t.strictSame(await peer.next(), { type: 'trigger_alarm', payload: { alarm_id: 'spot', price: 1.1 } });
  t.equal(await peer.nextText(), 'no JSON {');
});
