/** Pings and pongs, which the library answers by itself: a few are served, a flood of them is not. */
import t from 'tap';
import { sitDown } from '../e2e/desk.js';
import { startServer } from '../e2e/test-server.js';
import { frame, openBareSocket } from './bare-connection.js';

t.test(
  'LIM-8 pings and pongs count as messages: a client that sends nothing else is closed too, whether or not it reads; a few are answered',
  async (t) => {
    const server = await startServer(t, {
      environment: { LIMIT_COMMANDS_PER_SECOND: '10', LIMIT_READS_PER_SECOND: '10' },
    });
    const [john, mary] = await Promise.all([server.person('john'), server.person('mary')]);
    const other = await sitDown(t, server, mary);
    const honest = await sitDown(t, server, mary);
    const pongs = new Promise<void>((resolve) => {
      let count = 0;
      honest.socket.on('pong', () => ++count === 20 && resolve());
    });
    for (let at = 0; at < 20; at += 1) honest.socket.ping('x'.repeat(125));
    await pongs;
    for (const control of ['ping', 'pong'] as const) {
      const user = await server.person(control);
      const loud = await sitDown(t, server, user);
      for (let at = 0; at < 2_000; at += 1) loud.socket[control]('x'.repeat(125));
      t.match(await loud.closed, { code: 4003 }, control);
    }
    const deaf = await openBareSocket(t, server.url, john.token);
    deaf.socket.pause();
    for (let at = 0; at < 50; at += 1)
      deaf.socket.write(Buffer.concat(Array.from({ length: 1_000 }, () => frame(0x89, Buffer.alloc(125)))));
    const looked = await other.http('GET', '/metrics');
    t.ok(
      Number(/^alarm_server_undelivered_bytes (\d+)$/m.exec(looked.text)?.[1]) < 1_000_000,
      'what is not read does not pile up',
    );
    t.equal((await other.ask('create_page', { name: 'Page' })).type, 'success');
  },
);
