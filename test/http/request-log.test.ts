/** What the log says of requests, and how one finds a problem's request in it. */
import t from 'tap';
import { request } from '../e2e/http-requests.js';
import { openRaw } from '../e2e/raw-socket.js';
import { PASSWORD, person } from '../e2e/test-server.js';
import { ServerProcess } from '../process/server-process.js';
import { temporaryFolder } from '../projections/temporary-folder.js';

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly request?: string;
  readonly user?: string;
  readonly address?: string;
  readonly path?: string;
  readonly status?: number;
  readonly linesLeftOut?: number;
}

async function started(t: Parameters<typeof temporaryFolder>[0], environment: Record<string, string> = {}) {
  const server = await ServerProcess.start({ dataDir: temporaryFolder(t), environment });
  t.teardown(() => server.end('SIGKILL'));
  const lines = async (): Promise<Line[]> =>
    (await server.end('SIGTERM')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  return { server, lines };
}

t.test(
  'HTTP-14 a login, a failed one, a refused token, a logout are a line each; a problem bears the id of its line',
  async (t) => {
    const { server, lines } = await started(t);
    const { url } = server;
    const john = await person(t, url, 'john');
    const failed = await request(url, 'POST', '/login', { body: { username: 'john', password: 'a wrong one' } });
    const nobody = await request(url, 'POST', '/login', {
      body: { username: 'typed-password', password: 'a wrong one' },
    });
    const refused = await request(url, 'GET', '/me', { token: 'forged.token.here' });
    await t.rejects(openRaw(t, url, 'forged.token.here'), /401/);
    const none = await request(url, 'GET', '/me');
    t.equal(
      (await request(url, 'POST', '/password', { token: john.token, body: { old: 'not mine, no', new: PASSWORD } }))
        .status,
      403,
    );
    t.equal((await request(url, 'POST', '/logout', { token: john.token })).status, 204);
    const log = await lines();
    const line = (message: string): Line[] => log.filter(({ msg }) => msg === message);
    t.match(line('registered'), [{ level: 30, user: john.id, address: '127.0.0.1', request: String }]);
    t.match(line('logged in'), [{ level: 30, user: john.id, address: '127.0.0.1', request: String }]);
    t.match(line('login failed'), [
      { level: 40, user: john.id, address: '127.0.0.1', request: failed.json.request_id },
      { level: 40, request: nobody.json.request_id },
    ]);
    t.equal(line('login failed')[1]!.user, undefined);
    t.match(line('token refused'), [
      { level: 40, address: '127.0.0.1', request: refused.json.request_id },
      { level: 40, address: '127.0.0.1' },
    ]);
    t.match(line('password change failed'), [{ user: john.id }]);
    t.match(line('logged out'), [{ user: john.id }]);
    t.match(none.json.request_id, /^[0-9a-f]{8}-[0-9a-z]+$/);
    t.equal(
      new Set([failed, nobody, refused, none].map(({ json }) => json.request_id)).size,
      4,
      'each request has an id of its own',
    );
    t.equal(line('request').length, 0, 'requests are lines at debug only');
    t.notMatch(
      log.map((one) => JSON.stringify(one)).join('\n'),
      /typed-password|forged|a wrong one/,
      'no name that was typed, no token, no password',
    );
  },
);

t.test(
  'HTTP-14 at debug each request is a line, with its path as the API names it and without its query',
  async (t) => {
    const { server, lines } = await started(t, { LOG_LEVEL: 'debug' });
    const problem = await request(server.url, 'GET', '/pages/secret-in-path?min_position=secret', { token: 'secret' });
    await request(server.url, 'GET', '/secret-path?token=secret');
    await request(server.url, 'HEAD', '/health?secret=1');
    const log = await lines();
    t.match(
      log.filter(({ msg }) => msg === 'request'),
      [
        {
          level: 20,
          request: problem.json.request_id,
          method: 'get',
          path: '/pages/{page_id}',
          status: 401,
          ms: Number,
        },
        { method: 'get', path: '(none)', status: 404 },
        { method: 'head', path: '/health', status: 200 },
      ],
    );
    t.notMatch(log.map((one) => JSON.stringify(one)).join('\n'), 'secret');
  },
);

t.test('HTTP-14 lines that anybody can cause are bounded, and what is left out is counted', async (t) => {
  const { server, lines } = await started(t);
  let sent = 0;
  const startedAt = performance.now();
  do {
    await Promise.all(Array.from({ length: 100 }, () => request(server.url, 'GET', '/me', { token: 'x' })));
    sent += 100;
  } while (sent < 500 || !server.stdout.includes('linesLeftOut'));
  const seconds = (performance.now() - startedAt) / 1_000;
  const refusals = (await lines()).filter(({ msg }) => msg === 'token refused');
  t.ok(refusals.length <= 200 + 20 * (seconds + 1), `${refusals.length} lines of ${sent} requests in ${seconds} s`);
});
