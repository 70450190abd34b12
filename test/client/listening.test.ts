/** What listeners receive and what waitFor finds, against a fake server (fake-server.ts). */
import t from 'tap';
import { answer, connected } from './connected-client.js';
import { alarm, alarmUpdate } from './wire-samples.js';

t.test(
  'listeners receive each change once, with the store already there, and everything else under its own name',
  async (t) => {
    const { client, peer } = await connected(t);
    const heard: unknown[] = [];
    client.on('alarm_update', ({ payload }) =>
      heard.push(['alarm_update', payload.seq, client.store.pages.get('eur')?.seq]),
    );
    client.on('gap', (gap) => heard.push(['gap', gap]));
    client.on('unexpected_message', ({ type }) => heard.push(['unexpected_message', type]));
    client.on('error', ({ message }) => heard.push(['error', message]));
    client.on('success', ({ payload }) => heard.push(['success', payload.action]));
    let messages = 0;
    client.on('message', () => messages++);
    const last = client.waitFor('page_removed');
    peer.say(
      alarmUpdate(2, 'updated', alarm()),
      alarmUpdate(2, 'updated', alarm()),
      alarmUpdate(5, 'updated', alarm()),
      alarmUpdate(6, 'updated', alarm()),
      alarmUpdate(1, 'created', alarm({ page_id: 'unseen' })),
      { type: 'error', payload: { message: 'Permission denied: cannot edit this page' } },
      answer('unasked'),
      JSON.stringify({ type: 'of_another_day', payload: {} }),
      '{',
      '[]',
      { type: 'page_removed', payload: { page_id: 'eur' } },
    );
    peer.socket.send(Buffer.from('{}'));
    await last;
    if (heard.length < 8) await new Promise((resolve) => client.on('error', resolve));
    t.strictSame(heard, [
      ['alarm_update', 2, 2],
      ['gap', { page_id: 'eur', expected: 3, received: 5 }],
      ['unexpected_message', 'alarm_update'],
      ['error', 'Permission denied: cannot edit this page'],
      ['success', 'alarm_triggered'],
      ['error', 'the server sent a text frame that is not JSON'],
      ['error', 'the server sent JSON without a `type` (a string) and a `payload` (an object)'],
      ['error', 'the server sent a binary frame; messages are text'],
    ]);
    t.equal(messages, 9, '`message` reports every message');
  },
);

t.test('listeners receive nothing once they stopped, not even of the event they stopped in', async (t) => {
  const { client, peer } = await connected(t);
  const heard: string[] = [];
  client.on('alarm_update', () => {
    heard.push('first');
    stopSecond();
    client.on('alarm_update', () => heard.push('added meanwhile'));
  });
  const stopSecond = client.on('alarm_update', () => heard.push('second'));
  const done = client.waitFor('success');
  peer.say(alarmUpdate(2, 'updated', alarm()), answer('end'));
  await done;
  t.strictSame(heard, ['first']);
});

t.test('what a listener throws is an uncaught error, and neither the others nor the store feel it', async (t) => {
  const { client, peer } = await connected(t);
  const tasks = t.capture(globalThis, 'queueMicrotask', () => {});
  client.on('alarm_update', () => {
    throw new Error('a bug of the application');
  });
  const second = new Promise((resolve) => client.on('alarm_update', resolve));
  const after = client.waitFor('success');
  peer.say(alarmUpdate(2, 'updated', alarm()), answer('end'));
  await second;
  await after;
  t.equal(client.store.pages.get('eur')?.seq, 2);
  const [reported] = tasks();
  t.throws(() => reported?.args[0](), { message: 'a bug of the application' });
});

t.test(
  'waitFor gives the first message of the type for which `where` is true, or that a predicate accepts',
  async (t) => {
    const { client, peer } = await connected(t);
    const typed = client.waitFor('alarm_update', { where: ({ payload }) => payload.action === 'deleted' });
    const any = client.waitFor((message) => message.type !== 'alarm_update');
    peer.say(alarmUpdate(2, 'updated', alarm()), alarmUpdate(3, 'deleted', alarm()), answer('x'));
    t.equal((await typed).payload.seq, 3);
    t.equal((await any).type, 'success');
  },
);

t.test('waitFor looks no further once it found', async (t) => {
  const { client, peer } = await connected(t);
  const seen: string[] = [];
  const found = client.waitFor((message) => seen.push(message.type) > 0);
  const last = client.waitFor('success');
  peer.say(alarmUpdate(2, 'updated', alarm()), answer('end'));
  await found;
  await last;
  t.strictSame(seen, ['alarm_update']);
});

t.test('waitFor says what came instead when time is up', async (t) => {
  const { client, peer } = await connected(t);
  const timers = t.capture(globalThis, 'setTimeout', () => 0);
  const missing = client.waitFor('page_added', { timeoutMs: 70 });
  timers.restore();
  const [timer] = timers();
  t.equal(timer?.args[1], 70);
  const other = client.waitFor('alarm_update');
  peer.say(alarmUpdate(2, 'updated', alarm()));
  await other;
  timer?.args[0]();
  await t.rejects(missing, {
    message: 'the expected message did not arrive within 70 ms; other messages arrived, the last: alarm_update',
  });
});

t.test('waitFor rejects when the connection ends', async (t) => {
  const { client, peer } = await connected(t);
  const missing = client.waitFor('page_added');
  peer.socket.terminate();
  await t.rejects(missing, { name: 'ConnectionClosedError', code: 1006 });
});
