/** A server that may have few files open, and more connections than that. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { root } from '../architecture/sources.js';
import { request } from '../e2e/http-requests.js';
import { openRaw } from '../e2e/raw-socket.js';
import { freePort, person, startServer } from '../e2e/test-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { JWT_SECRET } from './server-process.js';

/** As few as a start accepts. */
const FILES = 256;

/**
 * The first answer. Connections that this side has closed count until the server has noticed, so each request may find no room until
 * then, also one that follows an answered one: it may be a connection of its own.
 */
async function asSoonAsThereIsRoom(url: string, path: string): Promise<Awaited<ReturnType<typeof request>>> {
  for (;;) {
    const answer = await request(url, 'GET', path).catch(() => undefined);
    if (answer) return answer;
  }
}

t.test(
  'RUN-12 with as many connections as files may be open, each further one is closed at once, sockets go on, and room that comes is used',
  { timeout: 60_000 },
  async (t) => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const server = spawn(
      'sh',
      ['-c', `ulimit -n ${FILES} && exec "$0" "$@"`, process.execPath, join(root, 'dist/src/main.js')],
      {
        env: {
          PATH: process.env['PATH'],
          HOST: '127.0.0.1',
          PORT: String(port),
          DATA_DIR: temporaryFolder(t),
          JWT_SECRET_KEY: JWT_SECRET,
          LIMITS: 'off',
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    t.teardown(() => server.kill('SIGKILL'));
    let said = '';
    server.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    while (!said.includes('is ready')) await once(server.stdout, 'data');

    const john = await person(t, url, 'john');
    const socket = await openRaw(t, url, john.token);
    await socket.next('initial_state');
    const open = new Set<Socket>();
    for (let at = 0; at < 2 * FILES; at += 1) {
      const connection = connect(port, '127.0.0.1');
      t.teardown(() => connection.destroy());
      open.add(connection);
      connection.on('error', () => undefined);
      connection.once('close', () => open.delete(connection));
      await once(connection, 'connect');
    }
    // None waits to be accepted: as many have been closed as there is no room for.
    while (open.size > FILES) await new Promise((resolve) => setImmediate(resolve));
    socket.send({ type: 'create_page', payload: { name: 'Page' } });
    await socket.next('success');
    for (const connection of [...open]) connection.destroy();
    t.match((await asSoonAsThereIsRoom(url, '/metrics')).text, /^alarm_server_connections_refused_total [1-9]\d+$/m);
    t.match(said, /connection closed: as many files are open as the system allows/);
    t.notMatch(said, /EMFILE|"level":[56]0/);
    server.kill('SIGTERM');
    t.same(await once(server, 'close'), [0, null]);
  },
);

t.test('RUN-12 with fewer open files than a start needs it is refused, and nothing is made', async (t) => {
  const folder = temporaryFolder(t);
  const server = spawn(
    'sh',
    ['-c', `ulimit -n ${FILES - 1} && exec "$0" "$@"`, process.execPath, join(root, 'dist/src/main.js')],
    { env: { PATH: process.env['PATH'], DATA_DIR: folder }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  t.same(await once(server, 'close'), [1, null]);
  t.match(said, /may have 255 files open, and the server needs 256 at least.*ulimit -n/);
  t.same(readdirSync(folder), []);
});

t.test(
  'RUN-12 of an address so many HTTP connections are open at a time: one more is closed at once, and sockets are not counted',
  async (t) => {
    const server = await startServer(t, { environment: { LIMIT_CONNECTIONS_PER_ADDRESS: '6' } });
    const john = await server.person('john');
    for (let at = 0; at < 10; at += 1) await (await openRaw(t, server.url, john.token)).next('initial_state');
    const idle: Socket[] = [];
    let closed = 0;
    while (closed === 0) {
      const connection = connect(Number(new URL(server.url).port), '127.0.0.1');
      t.teardown(() => connection.destroy());
      connection.on('error', () => undefined);
      connection.once('close', () => (closed += 1));
      await once(connection, 'connect');
      idle.push(connection);
      // First in, first out: when this one is answered, earlier ones have been admitted or closed.
      await request(server.url, 'GET', '/health').catch(() => undefined);
    }
    t.ok(idle.length <= 7, `${idle.length} were opened`);
    idle.forEach((connection) => connection.destroy());
    t.equal((await asSoonAsThereIsRoom(server.url, '/health')).status, 200);
  },
);
