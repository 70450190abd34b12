/** Sessions over real sockets: how they continue and end. */
import { type AlarmServerError, login } from '@alarm-server/client';
import t, { type Test } from 'tap';
import { accountEvent } from '../../src/auth/account-events.js';
import { createTokens } from '../../src/auth/tokens.js';
import { userStream } from '../../src/domain/streams.js';
import { alarmOn, grant, sitDown } from './desk.js';
import { faultsIn } from './heard.js';
import { request } from './http-requests.js';
import { triggerSteadily } from './load-on-page.js';
import { openRaw, type RawSocket } from './raw-socket.js';
import { PASSWORD, type Person, startServer, type TestServer } from './test-server.js';

const SECRET = 'a secret that these tests know and that has 32 bytes at least';
const NEW = 'another correct horse';
const environment = { JWT_SECRET_KEY: SECRET, LIMITS: 'off' };
const server = await startServer(t, { environment });

const tokens = createTokens({ secret: Buffer.from(SECRET), expireMinutes: 60, sessionDays: 7 });
/** What a token says, in Unix seconds where it is a time. */
function claimsOf(token: string) {
  const verified = tokens.verify(token);
  if (verified.kind !== 'valid') throw new Error(`the token is ${verified.reason}`);
  return verified;
}

/** A token of the same session that ends in so many seconds. */
const endingIn = (token: string, seconds: number): Promise<string> =>
  createTokens({ secret: Buffer.from(SECRET), expireMinutes: seconds / 60, sessionDays: 7 }).issue(claimsOf(token));

/** A further session of the person. */
const anotherOf = async ({ url }: Pick<TestServer, 'url'>, one: Person, password = PASSWORD): Promise<Person> => ({
  ...one,
  token: await login(url, { username: one.username, password }),
});

const post = (path: string, token: string, body?: unknown) => request(server.url, 'POST', path, { token, body });
const statusOf = async (token: string, at: Pick<TestServer, 'url'> = server): Promise<number> =>
  (await request(at.url, 'GET', '/me', { token })).status;

/** Opens a socket and waits until the server has it. */
async function opened(t: Test, token: string, at: Pick<TestServer, 'url'> = server): Promise<RawSocket> {
  const socket = await openRaw(t, at.url, token);
  await socket.next('initial_state');
  return socket;
}

async function closesWith(
  t: Test,
  { closed }: RawSocket,
  code: number,
  withinMs: number,
  since: number,
): Promise<void> {
  t.equal((await closed).code, code);
  const took = performance.now() - since;
  t.ok(took < withinMs, `${code} came after ${Math.round(took)} ms`);
}

t.test('SES-1 POST /token gives another token of the same session', async (t) => {
  const john = await server.person('renewing');
  const answer = await post('/token', await endingIn(john.token, 20));
  t.match(answer, { status: 200, json: { access_token: String, token_type: 'bearer' } });
  t.same(Object.keys(answer.json), ['access_token', 'token_type'], 'in the shape of a login');
  t.equal(answer.headers.get('cache-control'), 'no-store');
  const [before, after] = [claimsOf(john.token), claimsOf(answer.json.access_token)];
  t.match(after, { sessionId: before.sessionId, authTime: before.authTime, userId: john.id });
  t.equal(await statusOf(answer.json.access_token), 200);
  t.equal((await post('/token', 'wrong')).status, 401);
});

t.test('SES-1 no token outlives the session, and at the end of that there is no further one', async (t) => {
  const short = await startServer(t, { environment, config: { sessionExpireDays: 30 / 86_400 } });
  const john = await short.person('john');
  const { authTime, expiresAt } = claimsOf(john.token);
  t.equal(expiresAt, authTime + 30, 'though a token lives for an hour');
  const { json } = await request(short.url, 'POST', '/token', { token: john.token });
  t.equal(claimsOf(json.access_token).expiresAt, authTime + 30);
  // Of a server that had a longer life set: the token is good, the session over.
  const old = await tokens.issue({ ...claimsOf(john.token), authTime: authTime - 60 });
  t.match(await request(short.url, 'POST', '/token', { token: old }), {
    status: 401,
    json: { code: 'unauthorized', detail: /expired/ },
  });
});

t.test(
  'SES-2 POST /logout ends this session: its tokens are refused, its sockets closed with 4002; the others go on',
  async (t) => {
    const john = await server.person('leaving');
    const other = await anotherOf(server, john);
    const renewed: string = (await post('/token', john.token)).json.access_token;
    const [one, two, elsewhere] = [
      await opened(t, john.token),
      await opened(t, renewed),
      await sitDown(t, server, other),
    ];
    const since = performance.now();
    const answer = await post('/logout', john.token);
    t.same([answer.status, answer.text], [204, '']);
    t.match(answer.headers.get('log-position'), /^\d+$/);
    t.same(await Promise.all([statusOf(john.token), statusOf(renewed), statusOf(other.token)]), [401, 401, 200]);
    await closesWith(t, one, 4002, 1_000, since);
    await closesWith(t, two, 4002, 1_000, since);
    for (const path of ['/token', '/logout', '/ws-ticket']) t.equal((await post(path, renewed)).status, 401, path);
    t.equal((await post('/password', renewed, { old: PASSWORD, new: NEW })).status, 401);
    await t.rejects(openRaw(t, server.url, renewed), /refused with 401/);
    t.match(await elsewhere.ask('create_page', { name: 'Still here' }), { type: 'success' });
  },
);

t.test(
  'SES-3 POST /password ends all sessions, the asking one too, and begins a new one; its sockets may refresh, the others are closed',
  async (t) => {
    const john = await server.person('careful');
    const other = await anotherOf(server, john);
    const [mine, idle, theirs] = [
      await sitDown(t, server, john),
      await opened(t, john.token),
      await opened(t, other.token),
    ];
    const since = performance.now();
    const answer = await post('/password', john.token, { old: PASSWORD, new: NEW });
    t.match(answer, { status: 200, json: { access_token: String, token_type: 'bearer' } });
    await closesWith(t, theirs, 4002, 1_000, since);
    t.same(
      await Promise.all([statusOf(other.token), statusOf(john.token), statusOf(answer.json.access_token)]),
      [401, 401, 200],
      'a stolen token of the asking session is worthless too',
    );
    t.not(claimsOf(answer.json.access_token).sessionId, claimsOf(john.token).sessionId);
    t.match(await mine.next('token_expiring'), { payload: { expires_in_s: 5 } });
    t.match((await mine.ask('refresh', { token: john.token })).payload, { code: 'token_refused' });
    t.match(await mine.must('refresh', { token: answer.json.access_token }), { action: 'token_refreshed' });
    await closesWith(t, idle, 4001, 8_000, since);
    t.match(await mine.ask('create_page', { name: 'Still here' }), { type: 'success' });
    await t.rejects(login(server.url, { username: 'careful', password: PASSWORD }), /Incorrect username or password/);
    const again = await anotherOf(server, john, NEW);
    t.equal(await statusOf(again.token), 200, 'a login in the same second is none of the older ones');
  },
);

t.test('SES-4 a wrong old password changes nothing, and guessing it is slowed as at a login', async (t) => {
  const john = await server.person('guessed');
  t.match(await post('/password', john.token, { old: 'wrong', new: NEW }), {
    status: 403,
    json: { code: 'wrong_password' },
  });
  t.match(await post('/password', john.token, { old: PASSWORD, new: 'short' }), {
    status: 422,
    json: { errors: [{ field: 'new' }] },
  });
  t.match(await post('/password', john.token, {}), {
    status: 422,
    json: { errors: [{ field: 'old' }, { field: 'new' }] },
  });
  t.equal(await statusOf(await login(server.url, { username: 'guessed', password: PASSWORD })), 200);
  const guesses = await Promise.all(
    Array.from({ length: 12 }, (_, guess) => post('/password', john.token, { old: `guess ${guess}`, new: NEW })),
  );
  const slowed = guesses.filter(({ status }) => status === 429);
  t.ok(slowed.length >= 6, `${slowed.length} of 12`);
  t.match(slowed[0]!.headers.get('retry-after'), /^\d+$/);
  const error: AlarmServerError | undefined = await login(server.url, {
    username: 'guessed',
    password: 'a guess',
  }).then(
    () => undefined,
    (refused) => refused,
  );
  t.equal(error?.status, 429, 'they are counted together');
});

t.test('SES-6 what was ended stays so over a restart, also where the read model is built anew', async (t) => {
  const first = await startServer(t, { environment });
  const [john, mary] = await Promise.all(['john', 'mary'].map((name) => first.person(name)));
  const [left, replaced] = [await anotherOf(first, john!), await anotherOf(first, mary!)];
  await request(first.url, 'POST', '/logout', { token: left.token });
  await request(first.url, 'POST', '/password', { token: mary!.token, body: { old: PASSWORD, new: NEW } });
  await first.app.projection.writer.catchUp(5_000);
  const second = await first.restart();
  t.same(
    await Promise.all([john!, mary!, left, replaced].map(({ token }) => statusOf(token, second))),
    [200, 401, 401, 401],
  );
  await t.rejects(openRaw(t, second.url, left.token), /refused with 401/);
});

t.test('SES-7 the end of the token closes the socket with 4001 within 5 s, and is told before', async (t) => {
  const short = await startServer(t, { environment, config: { tokenExpireMinutes: 4 / 60 } });
  const john = await short.person('john');
  const socket = await opened(t, john.token, short);
  const { payload } = await socket.next('token_expiring');
  t.ok(
    payload.expires_in_s >= 1 && payload.expires_in_s <= 2,
    `${payload.expires_in_s} s: half of its life, to the second`,
  );
  t.equal((await socket.closed).code, 4001);
  const late = Date.now() - claimsOfExpired(john.token) * 1_000;
  t.ok(late >= 0 && late < 5_000, `${late} ms after its end`);
  t.equal(await statusOf(john.token, short), 401);
});

/** Of a token that may be past, in Unix seconds. */
const claimsOfExpired = (token: string): number =>
  (JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { exp: number }).exp;

t.test('SES-8 refresh: the socket goes on with the new token, and loses no message', async (t) => {
  const john = await server.person('going on');
  // Announced four seconds before its end: time enough to refresh also on a machine that stands still for a second or two.
  const desk = await sitDown(t, server, { ...john, token: await endingIn(john.token, 8) });
  const page: string = (await desk.must('create_page', { name: 'Page' })).data.id;
  const alarm: string = (await desk.must('create_alarm', alarmOn(page))).data.id;
  const load = triggerSteadily(desk, alarm, 8);
  await desk.next('token_expiring');
  const end = claimsOfExpired(desk.person.token) * 1_000;
  const answer = await desk.must('refresh', { token: (await post('/token', desk.person.token)).json.access_token });
  t.match(answer, { action: 'token_refreshed', data: { expires_in_s: Number } });
  t.ok(answer.data.expires_in_s > 3_590 && answer.data.expires_in_s <= 3_600);
  // Alive beyond the old token's end, and beyond the time in which that would have closed it: the watch looks each second.
  while (Date.now() < end + 2_000) await desk.must('trigger_alarm', { alarm_id: alarm, price: 1 });
  t.ok((await load.stop()) > 0);
  await desk.fence();
  t.same(faultsIn(desk.messages), [], 'neither gap nor repetition');
});

t.test(
  'SES-8 refresh refuses what is no token, another user’s, and one of an ended session; the socket goes on as before',
  async (t) => {
    const [john, mary] = [await server.person('asking'), await server.person('another')];
    const ended = await anotherOf(server, john);
    await post('/logout', ended.token);
    const desk = await sitDown(t, server, john);
    for (const [what, token] of [
      ['noise', 'wrong'],
      ['another user', mary.token],
      ['an ended session', ended.token],
    ] as const) {
      const { type, payload } = await desk.ask('refresh', { token });
      t.match({ type, code: payload.code }, { type: 'error', code: 'token_refused' }, what);
      t.notOk(JSON.stringify(payload).includes(token), 'the token is not repeated');
    }
    t.match(await desk.ask('refresh', {}), {
      type: 'error',
      payload: { code: 'invalid_message', details: { fields: [{ field: 'token' }] } },
    });
    t.match(await desk.ask('create_page', { name: 'Still here' }), { type: 'success' });
    const since = performance.now();
    await post('/logout', john.token);
    await closesWith(t, desk, 4002, 1_000, since);
  },
);

t.test('SES-8 a socket is of the session whose token it has now', async (t) => {
  const john = await server.person('moving');
  const other = await anotherOf(server, john);
  const desk = await sitDown(t, server, john);
  await desk.must('refresh', { token: other.token });
  await post('/logout', john.token);
  t.match(await desk.ask('create_page', { name: 'Still here' }), { type: 'success' });
  const since = performance.now();
  await post('/logout', other.token);
  await closesWith(t, desk, 4002, 1_000, since);
});

/** Opens a socket with a ticket, and an empty token beside it. */
const withTicket = (t: Test, ticket: string): Promise<RawSocket> => openRaw(t, server.url, `&ticket=${ticket}`);

t.test('SES-9 a ticket opens one socket, which lives as long as its session and token', async (t) => {
  const john = await server.person('ticketed');
  const { status, json, headers } = await post('/ws-ticket', await endingIn(john.token, 30));
  t.match({ status, json }, { status: 200, json: { ticket: /^[\w-]{43}$/, expires_in_s: 30 } });
  t.equal(headers.get('cache-control'), 'no-store');
  const socket = await withTicket(t, json.ticket);
  t.equal((await socket.next('initial_state')).payload.user.id, john.id);
  await t.rejects(withTicket(t, json.ticket), /refused with 401/, 'twice');
  await t.rejects(withTicket(t, 'wrong'), /refused with 401/);
  const late: string = (await post('/ws-ticket', john.token)).json.ticket;
  const since = performance.now();
  await post('/logout', john.token);
  await closesWith(t, socket, 4002, 1_000, since);
  await t.rejects(withTicket(t, late), /refused with 401/, 'of an ended session');
});

t.test('SES-10 a session that another node ended is over here when its event comes', async (t) => {
  const john = await server.person('abroad');
  const socket = await opened(t, john.token);
  const since = performance.now();
  const event = {
    type: 'SessionEnded',
    data: { session_id: claimsOf(john.token).sessionId, until: '2100-01-01T00:00:00.000Z' },
  } as const;
  // The login has recorded the session, and did not wait for that.
  while (!server.app.projection.live.startedSessions.sessions.has(event.data.session_id))
    await new Promise(setImmediate);
  await server.app.log.append(userStream(john.id), 0, [
    accountEvent(john.id, 'logout', event, new Date().toISOString()),
  ]);
  await closesWith(t, socket, 4002, 1_000, since);
  t.equal(await statusOf(john.token), 401);
});

t.test('SES-11 what a user does with their sessions is told to nobody', async (t) => {
  const [owner, viewer] = [
    await sitDown(t, server, await server.person('public')),
    await sitDown(t, server, await server.person('watching')),
  ];
  const page: string = (await owner.must('create_page', { name: 'Page' })).data.id;
  await owner.must('share_page', grant(page, 'user', viewer.person.id, 'view'));
  await viewer.fence();
  const before = [owner, viewer].map(({ messages }) => messages.length);
  await post('/logout', (await anotherOf(server, owner.person)).token);
  await post('/password', owner.person.token, { old: PASSWORD, new: NEW });
  await Promise.all([owner.fence(), viewer.fence()]);
  t.same(
    [owner, viewer].map(({ messages }, at) => messages.length - before[at]! - 1),
    [1, 0],
    'nothing but the answer to the fence',
  );
  t.match(
    owner.messages[before[0]!],
    { type: 'token_expiring' },
    'and to the socket that asked, that it is to refresh (SES-13)',
  );
  t.equal((await viewer.http('GET', `/pages/${page}/events`)).json.events.length, 2);
});
