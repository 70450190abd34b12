/** Opening and closing the client, against a fake server (fake-server.ts). */
import { AlarmClient } from '@alarm-server/client';
import t from 'tap';
import { WebSocket } from 'ws';
import { connected, startServer } from './connected-client.js';
import { alarm, alarmUpdate, initialState, page } from './wire-samples.js';

t.test('opening takes the token along and resolves with the state held', async (t) => {
  const { client, peer } = await connected(t);
  t.equal(peer.path, '/ws?token=secret-token');
  t.strictSame([...client.store.pages.values()], [page()]);
});

t.test('opening takes the address of the server or of its socket, also below a path', async (t) => {
  const asked: string[] = [];
  class Recorder extends WebSocket {
    constructor(address: string) {
      asked.push(address);
      super('ws://127.0.0.1:1');
    }
  }
  for (const url of [
    'https://desk.example',
    'https://desk.example/fx/',
    'ws://desk.example:8080/ws',
    'wss://desk.example/fx/ws/#top',
  ]) {
    await t.rejects(AlarmClient.connect({ url, token: 'a b', reconnect: false, WebSocket: Recorder }));
  }
  t.strictSame(asked, [
    'wss://desk.example/ws?token=a+b',
    'wss://desk.example/fx/ws?token=a+b',
    'ws://desk.example:8080/ws?token=a+b',
    'wss://desk.example/fx/ws?token=a+b',
  ]);
});

t.test('opening refuses an address that is none in words that would help, and that show no secret', async (t) => {
  const options = { token: 'secret-token', reconnect: false, WebSocket };
  await t.rejects(AlarmClient.connect({ ...options, url: 'desk.example/ws?token=secret-token' }), {
    message: '`url` is not a URL; it should be like http://127.0.0.1:8080',
  });
  await t.rejects(AlarmClient.connect({ ...options, url: 'ftp://desk.example' }), {
    message: '`url` begins with ftp: and should begin with http:, https:, ws: or wss:',
  });
});

t.test('opening rejects also where the WebSocket tells of the error alone, as that of Node 22 does', async (t) => {
  class WithoutClose extends WebSocket {
    override addEventListener(...[type, listener]: Parameters<WebSocket['addEventListener']>): void {
      if (type !== 'close') super.addEventListener(type, listener);
    }
  }
  const closed = await startServer(t);
  closed.stop();
  await t.rejects(
    AlarmClient.connect({ url: closed.url, token: 'x', reconnect: false, WebSocket: WithoutClose as typeof WebSocket }),
    { code: 1006, reason: /ECONNREFUSED/ },
  );
});

t.test('opening rejects with the close code where the server closes before the state', async (t) => {
  const server = await startServer(t);
  const accepted = server.accept();
  const connecting = AlarmClient.connect({ url: server.url, token: 'x', reconnect: false, WebSocket });
  (await accepted).socket.close(4001, 'token ended');
  await t.rejects(connecting, { name: 'ConnectionClosedError', code: 4001, reason: 'token ended' });
});

t.test('opening gives up where no state comes in time', async (t) => {
  const server = await startServer(t);
  const client = new AlarmClient({ url: server.url, token: 'x', reconnect: false, WebSocket, openTimeoutMs: 20 });
  const closed = new Promise((resolve) => client.on('state', (state) => state.name === 'ended' && resolve(state.why)));
  await t.rejects(client.open(), { name: 'ConnectionClosedError', message: /the state did not arrive in time/ });
  t.match(await closed, { code: 1006, reason: 'the state did not arrive in time' });
});

t.test('where there is no WebSocket, says how to give one', async (t) => {
  t.intercept(globalThis as { WebSocket?: unknown }, 'WebSocket', {
    value: undefined,
    configurable: true,
    writable: true,
  });
  t.throws(() => new AlarmClient({ url: 'http://127.0.0.1', token: 'x' }), { message: /pass one as `WebSocket`/ });
});

t.test('listeners added before opening miss nothing that comes right behind the state', async (t) => {
  const server = await startServer(t);
  const client = new AlarmClient({ url: server.url, token: 'x', reconnect: false, WebSocket });
  const heard: string[] = [];
  client.on('initial_state', () => heard.push('initial_state'));
  client.on('alarm_update', ({ payload }) => heard.push(payload.action));
  const accepted = server.accept();
  const opening = client.open();
  (await accepted).say(initialState(), alarmUpdate(2, 'triggered', { ...alarm(), price: 1.1 }));
  await opening;
  if (heard.length < 2) await client.waitFor('alarm_update');
  t.strictSame(heard, ['initial_state', 'triggered']);
});

t.test('an open client is not opened twice, an ended one starts anew', async (t) => {
  const server = await startServer(t);
  const client = new AlarmClient({ url: server.url, token: 'x', reconnect: false, WebSocket });
  const first = server.accept();
  const opening = client.open();
  await t.rejects(client.open(), { message: 'this client is already open' });
  (await first).say(initialState());
  await opening;
  await client.close();
  const second = server.accept();
  const reopening = client.open();
  (await second).say(initialState({ pages: [], alarms: [] }));
  await reopening;
  t.equal(client.store.pages.size, 0, 'the store holds the new state');
});

t.test('close ends the connection in order, and is harmless afterwards', async (t) => {
  const { client, peer } = await connected(t);
  const unanswered = t.rejects(client.deletePage({ page_id: 'eur' }), { name: 'OutcomeUnknownError' });
  const serverSide = new Promise((resolve) => peer.socket.on('close', resolve));
  await client.close();
  await unanswered;
  t.equal(await serverSide, 1000);
  await client.close();
});
