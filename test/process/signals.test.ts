/** What signals do: stop it, read the certificate again, or nothing. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { root } from '../architecture/sources.js';
import { request } from '../e2e/http-requests.js';
import { openRaw } from '../e2e/raw-socket.js';
import { freePort, person } from '../e2e/test-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { JWT_SECRET, ServerProcess } from './server-process.js';

t.test('RUN-9 signals that are for others do not end the server, and none opens a debugger', async (t) => {
  const server = await ServerProcess.start({ dataDir: temporaryFolder(t) });
  t.teardown(() => server.end('SIGKILL'));
  const john = await person(t, server.url, 'john');
  const socket = await openRaw(t, server.url, john.token);
  await socket.next('initial_state');
  for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE'] as const) server.signal(signal);
  await server.wrote(/SIGHUP has come, and changes nothing: no certificate is served here/);
  await server.wrote(/"signal":"SIGUSR1"/);
  await server.wrote(/"signal":"SIGUSR2"/);
  socket.send({ type: 'create_page', payload: { name: 'Page' } });
  await socket.next('success');
  const { code, stderr } = await server.end('SIGTERM');
  t.equal(code, 0);
  t.notMatch(stderr, /Debugger/);
});

t.test('RUN-9 a SIGTERM or SIGQUIT before it is ready ends it with 0, and the folder is free', async (t) => {
  const dataDir = temporaryFolder(t);
  for (const signal of ['SIGTERM', 'SIGQUIT'] as const) {
    const early = new ServerProcess({ dataDir, environment: { LIMIT_FOO: '1' } });
    // Its first line: the settings have been read, and nothing has been opened.
    await early.wrote(/LIMIT_FOO/);
    const { code, signal: by } = await early.end(signal);
    t.same({ code, by }, { code: 0, by: null });
  }
  const server = await ServerProcess.start({ dataDir });
  t.equal((await server.end('SIGTERM')).code, 0);
});

t.test(
  'RUN-9 npm start: a SIGTERM to npm alone reaches the server, and no orphan holds the folder',
  { timeout: 90_000 },
  async (t) => {
    const dataDir = temporaryFolder(t);
    const port = await freePort();
    // Without the build before it: that has been done.
    const npm = spawn('npm', ['start', '--ignore-scripts'], {
      cwd: root,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        HOST: '127.0.0.1',
        PORT: String(port),
        DATA_DIR: dataDir,
        JWT_SECRET_KEY: JWT_SECRET,
      },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    t.teardown(() => npm.kill('SIGKILL'));
    let said = '';
    for await (const text of npm.stdout) if ((said += String(text)).includes('is ready')) break;
    t.equal((await request(`http://127.0.0.1:${port}`, 'GET', '/health')).status, 200);
    npm.kill('SIGTERM');
    await once(npm, 'close');
    await t.rejects(request(`http://127.0.0.1:${port}`, 'GET', '/health'), 'nobody answers');
    const again = await ServerProcess.start({ dataDir });
    t.equal((await again.end('SIGTERM')).code, 0, 'the folder is free');
  },
);
