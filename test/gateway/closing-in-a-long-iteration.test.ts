/**
 * A socket that closes in a long iteration of the event loop, with a command still to be refused. Its own close breaks the
 * iteration: the refusal is decided while the close is being handled, and must not be written to what is gone.
 */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { sitDown } from '../e2e/desk.js';
import { startServer } from '../e2e/test-server.js';
import { frame, openBareSocket } from './bare-connection.js';

const TEXT = 0x81;
const CLOSE = 0x88;
const goodbye = frame(CLOSE, Buffer.from([0x03, 0xe8]));

/** Longer than the 4 ms after which an iteration is broken. */
const LONG_MS = 8;

/** How often the iteration is to be broken by a close, and in how many tries at the most. */
const BROKEN = 10;
const TRIES = 200;

/** A socket of this process whose every byte keeps the event loop busy for LONG_MS: it represents anything that makes an iteration long. */
async function openBrake(t: Test): Promise<Socket> {
  const server = createServer((socket) => {
    socket.on('data', () => {
      const until = performance.now() + LONG_MS;
      while (performance.now() < until);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const brake = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(brake, 'connect');
  t.teardown(() => {
    brake.destroy();
    server.close();
  });
  return brake.setNoDelay();
}

/** What is told to a socket by a command that it sends with its close: a refusal, a success, a push of its own. */
const lastCommands = {
  'a command that is refused': {
    type: 'share_page',
    id: 'last',
    payload: { page_id: 'none', subject_type: 'user', subject_id: 'nobody', can_view: true, can_edit: false },
  },
  'a command that is done': { type: 'create_page', id: 'last', payload: { name: 'Page' } },
  'a message that is none': { type: 'no_such_type', id: 'last', payload: {} },
};

for (const [what, command] of Object.entries(lastCommands)) {
  t.test(`STORM-7 ${what} and a close frame in one segment, in a long iteration: the server goes on`, async (t) => {
    const server = await startServer(t, { environment: { LIMIT_COMMANDS_PER_SECOND: '0', LIMIT_PAGES_PER_USER: '0' } });
    const john = await server.person('john');
    const neighbour = await sitDown(t, server, john);
    const brake = await openBrake(t);
    const brokenSoFar = async (): Promise<number> =>
      Number(/^alarm_server_turns_broken_total (\d+)$/m.exec((await neighbour.http('GET', '/metrics')).text)![1]);
    const before = await brokenSoFar();
    for (let tries = 0; (await brokenSoFar()) < before + BROKEN; tries += 1) {
      if (tries === TRIES)
        return t.fail(`no ${BROKEN} of ${TRIES} closes broke their iteration: the test has not tested anything`);
      const [first, last] = [
        await openBareSocket(t, server.url, john.token),
        await openBareSocket(t, server.url, john.token),
      ];
      // Written at once, so that one iteration brings all three: it begins with a close, becomes long, and ends with this close.
      first.socket.write(goodbye);
      brake.write('x');
      last.socket.write(Buffer.concat([frame(TEXT, JSON.stringify(command)), goodbye]));
      await Promise.all([first.gone, last.gone]);
    }
    t.equal((await neighbour.ask('create_page', { name: 'Page' })).type, 'success', 'others are served');
  });
}
