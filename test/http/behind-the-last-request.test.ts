/** What comes in the same segment behind a request that ends its connection. */
import { login, register } from '@alarm-server/client';
import t from 'tap';
import { handshake, openBare } from '../gateway/bare-connection.js';
import { ServerProcess } from '../process/server-process.js';
import { temporaryFolder } from '../projections/temporary-folder.js';

/** Of each input: what was freed is in use again by then. */
const TIMES = 40;

// In a process of its own, which it may end; what is freed there is overwritten, so that a use of it shows at once.
const server = await ServerProcess.start({ dataDir: temporaryFolder(t), environment: { MALLOC_PERTURB_: '85' } });
t.teardown(() => server.end('SIGKILL'));
const credentials = { username: 'john', password: 'correct horse battery staple' };
await register(server.url, credentials);
const token = await login(server.url, credentials);

const request = (line: string, headers: readonly string[] = [], body = ''): string =>
  [
    `${line} HTTP/1.1`,
    'Host: x',
    `Authorization: Bearer ${token}`,
    ...headers,
    ...(body ? [`Content-Length: ${Buffer.byteLength(body)}`] : []),
    '',
    body,
  ].join('\r\n');
const last = request('GET /health', ['Connection: close']);
const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
const tooLong = request('POST /pages', ['Transfer-Encoding: chunked']) + chunk + chunk + '0\r\n\r\n';

const inputs: Readonly<Record<string, string>> = {
  'a request that waits': last + request('GET /pages?min_position=99999'),
  'a command': last + request('POST /pages', ['Content-Type: application/json'], '{"name":"Behind"}'),
  'a login': last + request('POST /login', ['Content-Type: application/json'], JSON.stringify(credentials)),
  'a body that does not come': last + request('POST /pages', ['Content-Length: 10']),
  'a handshake': last + handshake(server.url, token),
  'a command behind a body that is too long':
    tooLong + request('POST /pages', ['Content-Type: application/json'], '{"name":"Behind"}'),
  'a command behind a refused head':
    request('GET /pages', ['Connection: close', 'Idempotency-Key: a', 'Idempotency-Key: b']) +
    request('POST /pages', ['Content-Type: application/json'], '{"name":"Behind"}'),
};

for (const [what, bytes] of Object.entries(inputs)) {
  t.test(`FUZZ-4 ${what}: it has no effect, and the process goes on`, async (t) => {
    const answers = await Promise.all(
      Array.from({ length: TIMES }, async () => {
        const bare = openBare(t, server.url);
        bare.socket.write(bytes);
        await bare.gone;
        return bare.received().match(/HTTP\/1\.1 \d{3}/g)?.length ?? 0;
      }),
    );
    t.same(
      answers.filter((count) => count > 1),
      [],
      'no second request was answered',
    );
    // Longer than a read waits for its position: what was taken up is answered by then.
    if (what === 'a request that waits') await new Promise((resolve) => setTimeout(resolve, 2_500));
    t.equal(server.isRunning, true);
    const answer = await fetch(`${server.url}/pages`, { headers: { Authorization: `Bearer ${token}` } });
    t.same(await answer.json(), [], 'nothing was made');
  });
}

t.test(
  'FUZZ-4 behind an answer to an address that has too many connections, which ends its connection too',
  async (t) => {
    const crowded = await ServerProcess.start({
      dataDir: temporaryFolder(t),
      environment: { MALLOC_PERTURB_: '85', LIMIT_CONNECTIONS_PER_ADDRESS: '20' },
    });
    t.teardown(() => crowded.end('SIGKILL'));
    const others = Array.from({ length: 15 }, () => openBare(t, crowded.url));
    await Promise.all(others.map(({ socket }) => new Promise((resolve) => socket.once('connect', resolve))));
    // Accepted behind them.
    await fetch(`${crowded.url}/health`);
    const bare = openBare(t, crowded.url);
    bare.socket.write(
      request('GET /health') +
        request(
          'POST /register',
          ['Content-Type: application/json'],
          '{"username":"behind","password":"correct horse battery staple"}',
        ),
    );
    await bare.gone;
    t.ok((bare.received().match(/HTTP\/1\.1 \d{3}/g)?.length ?? 0) <= 1);
    // As long as a hash takes, and more.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    t.equal(crowded.isRunning, true);
  },
);

t.test('FUZZ-4 a request that ends its connection is answered, a long answer too', async (t) => {
  for (const path of ['/health', '/openapi.json', '/docs/swagger-ui-bundle.js']) {
    const bare = openBare(t, server.url);
    bare.socket.write(request(`GET ${path}`, ['Connection: close']));
    await bare.gone;
    t.match(bare.received(), /^HTTP\/1\.1 200 OK/, path);
    const length = Number(/content-length: (\d+)/i.exec(bare.received())![1]);
    t.equal(bare.received().length - bare.received().indexOf('\r\n\r\n') - 4, length, 'whole');
  }
});
