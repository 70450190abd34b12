/** What sockets send before they have their state, over the wire: states wait here until the test releases them. */

import { once } from 'node:events';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { closeCodes } from '../../src/protocol/close-codes.js';
import { sitDown } from '../e2e/desk.js';
import { startServer } from '../e2e/test-server.js';

// The held bytes are bounded, independent of a user's limits.
const server = await startServer(t, { environment: { LIMITS: 'off' } });
const john = await server.person('john');
const desk = await sitDown(t, server, john);
const { projection } = server.app;

/** As on a node that has to read what another one has written first. */
function statesWait(t: Test): () => void {
  const { present } = projection;
  let letGo = (): void => undefined;
  const waiting = new Promise<void>((resolve) => (letGo = resolve));
  projection.present = () => waiting;
  const goOn = (): void => {
    projection.present = present;
    letGo();
  };
  t.teardown(goOn);
  return goOn;
}

async function waitingSocket(t: Test): Promise<{ socket: WebSocket; heard: any[]; closed: Promise<unknown> }> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws?token=${john.token}`);
  t.teardown(() => socket.terminate());
  const heard: any[] = [];
  socket.on('message', (data) => heard.push(JSON.parse(String(data))));
  const closed = once(socket, 'close').then(([code, reason]) => [code, String(reason)]);
  await once(socket, 'open');
  return { socket, heard, closed };
}

const named = async (name: string): Promise<number> =>
  (await desk.http('GET', '/pages')).json.filter((page: { name: string }) => page.name === name).length;
const create = (name: string): string => JSON.stringify({ type: 'create_page', payload: { name } });

t.test(
  'LIM-6 however small what a waiting socket sends, 256 messages are kept, and one more closes it; nobody else notices',
  async (t) => {
    statesWait(t);
    const { socket, heard, closed } = await waitingSocket(t);
    for (let at = 0; at < 5_000; at += 1) socket.send('');
    t.same(await closed, [closeCodes.sent_too_much.code, closeCodes.sent_too_much.reason]);
    t.same(heard, []);
    t.equal((await desk.ask('create_page', { name: 'Meanwhile' })).type, 'success');
  },
);

t.test('LIM-6 64 KiB are kept, and 4501 tells that it was more', async (t) => {
  const goOn = statesWait(t);
  const [few, many] = await Promise.all([waitingSocket(t), waitingSocket(t)]);
  few.socket.send(create('x'.repeat(60_000)));
  few.socket.send(create('Kept'));
  for (let at = 0; at < 2; at += 1) many.socket.send(create('x'.repeat(40_000)));
  t.match(await many.closed, [4501]);
  goOn();
  while (few.heard.length < 4) await once(few.socket, 'message');
  t.same(
    few.heard.map(({ type }) => type).slice(0, 2),
    ['initial_state', 'error'],
    'the state first, then what it sent, in order',
  );
  t.equal(await named('Kept'), 1);
});

t.test('STORM-2 commands count that a socket sent before it closed, and nothing else is done for it', async (t) => {
  const goOn = statesWait(t);
  const { socket, closed } = await waitingSocket(t);
  for (const text of [
    create('Before'),
    '[',
    JSON.stringify({ type: 'sync', payload: { page_id: 'x', seq: 0 } }),
    create('the close'),
  ])
    socket.send(text);
  socket.close(1000);
  await closed;
  // They wait for no state any more.
  await desk.next('page_added', ({ payload }) => payload.page.name === 'the close');
  t.equal(await named('Before'), 1);
  goOn();
});
