/** What one without an account can do to /register, /login, /password and GET /users: bounded, and told so. */
import t from 'tap';
import { sitDown } from './desk.js';
import { request } from './http-requests.js';
import { PASSWORD, startServer } from './test-server.js';

/** A run of combining marks out of order: the longest work that normalising can be given. */
const marks = (length: number): string => `a${'\u0301'.repeat(length / 2)}${'\u0316'.repeat(length / 2)}`;

t.test('AUTH-17 AUTH-2 AUTH-3 what is too long is refused before it is normalised, everywhere', async (t) => {
  const server = await startServer(t);
  const desk = await sitDown(t, server, await server.person('john'));
  const long = marks(30_000);
  const startedAt = process.cpuUsage();
  for (const [path, body] of [
    ['/register', { username: long, password: PASSWORD }],
    ['/register', { username: 'mary', password: long }],
    ['/login', { username: long, password: PASSWORD }],
    ['/login', { username: '\ufdfa'.repeat(1_024), password: PASSWORD }],
    ['/login', { username: 'john', password: long }],
    ['/password', { old: PASSWORD, new: long }],
    ['/password', { old: long, new: PASSWORD }],
  ] as const) {
    const { status, json } = await desk.http('POST', path, { body });
    t.match([status, json.code, json.errors.length], [422, 'validation_failed', 1], path);
    t.match(json.errors[0].message, /^must have at most \d+ (characters|bytes)/);
  }
  const found = await desk.http('GET', `/users?username=${encodeURIComponent('\ufdfa'.repeat(193))}`);
  t.match(
    [found.status, found.json.errors],
    [422, [{ field: 'username', message: 'must have at most 192 characters' }]],
  );
  const { user } = process.cpuUsage(startedAt);
  // Each of them cost up to four seconds when it was normalised first.
  t.ok(user < 3_000_000, `${Math.round(user / 1_000)} ms of CPU`);
});

t.test('AUTH-20 GET /users finds the user whom /login accepts', async (t) => {
  const server = await startServer(t);
  const john = await server.person('René');
  const desk = await sitDown(t, server, john);
  for (const name of ['René', 'RENÉ', 'rene\u0301', 'ｒｅｎé']) {
    t.same(
      (await desk.http('GET', `/users?username=${encodeURIComponent(name)}`)).json,
      [{ id: john.id, username: 'René' }],
      name,
    );
    t.equal(
      (await request(server.url, 'POST', '/login', { body: { username: name, password: PASSWORD } })).status,
      200,
    );
  }
  t.same((await desk.http('GET', '/users?username=rene')).json, []);
});

t.test(
  'AUTH-18 an address may ask for so many logins and accounts; what is wrong with a request is not even looked at beyond that',
  async (t) => {
    const server = await startServer(t, {
      environment: { LIMIT_REGISTRATIONS_PER_HOUR: '3', LIMIT_LOGINS_PER_SECOND: '4', TRUSTED_PROXIES: '127.0.0.1' },
    });
    const from = (address: string) => ({ headers: { 'X-Forwarded-For': address } });
    const register = (username: string, address: string) =>
      request(server.url, 'POST', '/register', { body: { username, password: PASSWORD }, ...from(address) });
    const made = [];
    for (const name of ['john', 'john', 'mary', 'steve', 'olga']) made.push(await register(name, '192.0.2.1'));
    t.same(
      made.map(({ status }) => status),
      [201, 409, 201, 201, 429],
      'a name that is taken costs nothing',
    );
    t.match(made[4]!.json, {
      code: 'too_many_requests',
      detail: /^Too many logins or registrations from your address/,
    });
    const seconds = Number(made[4]!.headers.get('retry-after'));
    t.ok(seconds > 1_000 && seconds <= 1_200, `${seconds} s`);
    t.equal((await register('olga', '192.0.2.2')).status, 201, 'another address has its own');
    t.equal(
      (await request(server.url, 'POST', '/register', { body: {}, ...from('192.0.2.1') })).status,
      429,
      'before the body is looked at',
    );

    const logins = await Promise.all(
      Array.from({ length: 60 }, () => request(server.url, 'POST', '/login', { body: {}, ...from('192.0.2.3') })),
    );
    t.ok(logins.filter(({ status }) => status === 422).length >= 20);
    t.ok(logins.filter(({ status }) => status === 429).length > 0, 'whatever becomes of them');
  },
);
