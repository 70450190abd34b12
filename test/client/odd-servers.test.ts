/** A server or a network that does what it should not, against a fake server (fake-server.ts): nothing throws, and no attempt follows another at once. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AlarmClient, type ClientState, login, type SocketConstructor } from '@alarm-server/client';
import t from 'tap';
import { WebSocket } from 'ws';
import { answer, connected, startServer } from './connected-client.js';
import { FakeTimers } from './fake-timers.js';
import { alarm, alarmUpdate, initialState } from './wire-samples.js';

/** Resolves to the client's next state of this name. */
function become<Name extends ClientState['name']>(
  client: AlarmClient,
  name: Name,
): Promise<Extract<ClientState, { readonly name: Name }>> {
  return new Promise((resolve) => {
    const stop = client.on('state', (state) => {
      if (state.name !== name) return;
      stop();
      resolve(state as never);
    });
  });
}

t.test(
  'CLI-8 a state that comes too late is given twice the time on the next connection, 16 times at most',
  async (t) => {
    const server = await startServer(t);
    const timers = new FakeTimers();
    const client = new AlarmClient({
      url: server.url,
      token: 'x',
      WebSocket,
      timers,
      random: () => 0,
      openTimeoutMs: 1_000,
    });
    t.teardown(() => client.close());
    const opening = client.open();
    for (const waits of [1_000, 2_000, 4_000, 8_000, 16_000, 16_000]) {
      const peer = await server.accept();
      // The client has opened its end when its first ping is answered.
      await new Promise((resolve) => peer.socket.once('pong', resolve).ping());
      timers.pass(waits - 1);
      t.equal(client.state.name, 'connecting', `after ${waits - 1} ms`);
      const offline = become(client, 'offline');
      timers.pass(1);
      t.match((await offline).why, { message: /the state did not arrive in time/ });
      setImmediate(() => timers.pass(0));
    }
    const peer = await server.accept();
    peer.say(initialState());
    await opening;
    const offline = become(client, 'offline');
    peer.socket.terminate();
    await offline;
    const again = server.accept();
    timers.pass(0);
    await new Promise((resolve) => void again.then(({ socket }) => socket.once('pong', resolve).ping()));
    const late = become(client, 'offline');
    timers.pass(1_000);
    t.ok(await late, 'once it was live, the time is as it was');
  },
);

const ODD_MESSAGES: readonly (readonly [string, object])[] = [
  ['an initial_state without pages', { type: 'initial_state', payload: { user: {}, log: 'log-1', alarms: [] } }],
  ['a page_added without a page', { type: 'page_added', payload: {} }],
  [
    'an alarm_update without data',
    { type: 'alarm_update', payload: { page_id: 'eur', seq: 2, action: 'created', alarm_id: 'a' } },
  ],
  ['a resumed without pages', { type: 'resumed', payload: { log: 'log-1' } }],
];

t.test('CLI-9 a message that does not match its type is followed by a full state, after a pause', async (t) => {
  for (const [title, message] of ODD_MESSAGES) {
    const timers = new FakeTimers();
    const { client, peer, server } = await connected(t, { reconnect: true, timers, random: () => 0.5 });
    t.teardown(() => client.close());
    const offline = become(client, 'offline');
    peer.say(message as never);
    const { why, retryInMs } = await offline;
    t.match(
      why,
      { message: new RegExp(`a message of type ${(message as { type: string }).type} does not match its type`) },
      title,
    );
    const again = server.accept();
    timers.pass(retryInMs);
    t.equal((await again).path, '/ws?token=secret-token', 'asked for without resume');
  }
});

t.test(
  'CLI-9 a pause that is none is not waited for; one beyond what timers can is waited for as long as they can',
  async (t) => {
    for (const retry_after_ms of ['"soon"', 'null', '-5', '1e999']) {
      const { client, peer } = await connected(t, { reconnect: true, timers: new FakeTimers(), random: () => 0.5 });
      t.teardown(() => client.close());
      const offline = become(client, 'offline');
      peer.say(`{"type":"draining","payload":{"retry_after_ms":${retry_after_ms}}}`);
      peer.socket.close(1001);
      t.equal((await offline).retryInMs, 500, retry_after_ms);
    }
    const { client, peer, server } = await connected(t, { reconnect: true });
    t.teardown(() => client.close());
    const offline = become(client, 'offline');
    peer.say({ type: 'draining', payload: { retry_after_ms: 3e9 } });
    peer.socket.close(1001);
    await offline;
    let attempts = 0;
    void server.accept().then(() => (attempts += 1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    t.equal(attempts, 0, 'no attempt at once');
  },
);

t.test('CLI-9 a timeout beyond what timers can does not end a command at once', async (t) => {
  for (const timeoutMs of [Infinity, 2 ** 31]) {
    const { client, peer } = await connected(t);
    const waiting = client.deleteAlarm({ alarm_id: 'spot' }, { id: 'w', timeoutMs });
    await peer.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    peer.say(answer('w'));
    t.strictSame(await waiting, alarm());
  }
});

t.test('CLI-9 times that are none are refused, by their names', async (t) => {
  const { client } = await connected(t);
  await t.rejects(client.deleteAlarm({ alarm_id: 'spot' }, { timeoutMs: NaN }), {
    name: 'TypeError',
    message: '`timeoutMs` must be a number of milliseconds, 1 or more',
  });
  const options = { url: 'http://127.0.0.1:1', token: 'x', WebSocket };
  for (const [name, wrong] of [
    ['openTimeoutMs', { openTimeoutMs: 0 }],
    ['answerTimeoutMs', { answerTimeoutMs: '5 s' as never }],
    ['silenceLimitMs', { silenceLimitMs: -1 }],
    ['reconnect.firstMs', { reconnect: { firstMs: 0, longestMs: 1 } }],
    ['reconnect.longestMs', { reconnect: { firstMs: 1, longestMs: NaN } }],
  ] as const) {
    t.throws(() => new AlarmClient({ ...options, ...wrong }), {
      name: 'TypeError',
      message: new RegExp(`^\`${name}\``),
    });
  }
});

t.test('CLI-9 an address that the platform never opens ends the client, as ws: from a page of https:', async (t) => {
  class Forbidding {
    constructor() {
      throw new DOMException(
        'An insecure WebSocket connection may not be initiated from a page loaded over HTTPS.',
        'SecurityError',
      );
    }
  }
  const client = new AlarmClient({
    url: 'http://desk.example',
    token: 'x',
    WebSocket: Forbidding as unknown as SocketConstructor,
  });
  await t.rejects(client.open(), { name: 'SecurityError' });
  t.equal(client.state.name, 'ended');
});

t.test('CLI-7 10,000 messages wait for the answer to a sync; at one more the full state is asked for', async (t) => {
  const { client, peer } = await connected(t, { reconnect: true, timers: new FakeTimers() });
  t.teardown(() => client.close());
  const offline = become(client, 'offline');
  for (let seq = 3; seq < 10_005; seq++) peer.say(alarmUpdate(seq, 'updated', alarm()));
  t.match((await offline).why, { message: /over 10000 messages waited for a page_state/ });
});

t.test('CLI-7 send() throws where the network does not take what was sent', async (t) => {
  class Stuck extends WebSocket {}
  Object.defineProperty(Stuck.prototype, 'bufferedAmount', { get: () => 16 * 1024 * 1024 + 1 });
  const { client } = await connected(t, { WebSocket: Stuck as never });
  t.throws(() => client.send({ type: 'delete_alarm', payload: { alarm_id: 'spot' } }), {
    name: 'NotSentError',
    code: 'too_many_waiting',
  });
});

t.test('CLI-9 an answer over HTTP that is not JSON says so', async (t) => {
  const server = createServer((_, response) => response.writeHead(200).end('<h1>Welcome to the airport</h1>'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close().closeAllConnections());
  await t.rejects(
    login(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { username: 'a', password: 'b' }),
    { name: 'MalformedMessageError', message: /^the response is not JSON/ },
  );
});
