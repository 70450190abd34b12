/** What the client reports of its connection: the socket has opened, the server was heard, commands are not answered yet; and people and history over HTTP. */

import { EventEmitter, once } from 'node:events';
import {
  AlarmClient,
  type AlarmServerError,
  findUser,
  getUser,
  listShares,
  listViewers,
  logout,
  me,
  pageHistory,
} from '@alarm-server/client';
import t from 'tap';
import { WebSocket } from 'ws';
import { startServer } from '../e2e/test-server.js';

t.test(
  'CLI-20 it reports the opened socket before the state, the round trip of its own requests, and unanswered commands',
  async (t) => {
    const server = await startServer(t);
    const { token } = await server.person('anna');
    const client = new AlarmClient({
      url: server.url,
      token,
      silenceLimitMs: 400,
      WebSocket: WebSocket as unknown as NonNullable<ConstructorParameters<typeof AlarmClient>[0]['WebSocket']>,
    });
    t.teardown(() => client.close());
    const heard = new EventEmitter();
    const order: string[] = [];
    client.on('opened', () => order.push('opened'));
    client.on('state', ({ name }) => order.push(name));
    client.on('heartbeat', (beat) => heard.emit('beat', beat));
    await client.open();
    t.same(order, ['connecting', 'opened', 'live']);
    const [beat] = (await once(heard, 'beat')) as [{ roundTripMs: number }];
    t.ok(beat.roundTripMs >= 0 && beat.roundTripMs < 400, `${beat.roundTripMs} ms`);

    t.equal(client.pendingCommands, 0);
    const made = client.createPage({ name: 'one' });
    t.equal(client.pendingCommands, 1);
    await made;
    t.equal(client.pendingCommands, 0);
  },
);

t.test('CLI-20 people, shares and history are read with one function each', async (t) => {
  const server = await startServer(t);
  const [anna, ben] = [await server.person('anna'), await server.person('ben')];
  const client = await anna.connect();
  const page = await client.createPage({ name: 'one' });
  t.match(await me(server.url, anna.token), { id: anna.id, username: 'anna' });
  t.match(await findUser(server.url, anna.token, 'BEN'), { id: ben.id, username: 'ben' });
  t.equal(await findUser(server.url, anna.token, 'nobody'), undefined);
  t.equal(await statusOf(getUser(server.url, anna.token, ben.id)), 404);
  await client.sharePage({
    page_id: page.id,
    subject_type: 'user',
    subject_id: ben.id,
    can_view: true,
    can_edit: false,
  });
  t.match(await getUser(server.url, anna.token, ben.id), { username: 'ben' });
  t.match(await listShares(server.url, anna.token, page.id), [{ subject_id: ben.id, can_view: true }]);
  t.match(await listViewers(server.url, anna.token, page.id), [{ right: 'own' }, { right: 'view', username: 'ben' }]);
  const { events, next } = await pageHistory(server.url, anna.token, page.id, { limit: 1 });
  t.match({ events, next }, { events: [{ seq: 0, type: 'PageCreated' }], next: 0 });
  t.match(await pageHistory(server.url, anna.token, page.id, { afterSeq: 0 }), { events: [{ seq: 1 }], next: null });
  await logout(server.url, ben.token);
  t.equal(await statusOf(me(server.url, ben.token)), 401);
});

const statusOf = (reading: Promise<unknown>): Promise<number | undefined> =>
  reading.then(
    () => undefined,
    (error: AlarmServerError) => error.status,
  );
