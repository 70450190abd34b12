/** Sessions and sockets as operators see them and end them; and what operators do not see. */
import { login } from '@alarm-server/client';
import t from 'tap';
import { LISTED_OF_USER } from '../../src/domain/started-sessions.js';
import { alarmOn, grant, sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { PASSWORD } from '../e2e/test-server.js';
import { type AdminServer, startAdminServer } from './admin-server.js';

/** A login does not wait for its event. */
async function sessionsOf(server: AdminServer, id: string, count: number): Promise<any[]> {
  for (let tries = 0; ; tries += 1) {
    const { sessions } = (await server.admin('GET', `/admin/users/${id}/sessions`)).json;
    if (sessions.length === count || tries === 400) return sessions;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

t.test(
  'ADM-8 logins are listed with their end, over restarts; /logout takes one away, an operator all of them',
  async (t) => {
    let server = await startAdminServer(t);
    const [vera, oscar] = [await server.person('vera'), await server.operator('oscar')];
    const other = await login(server.url, { username: 'vera', password: PASSWORD });
    const [first, second] = await sessionsOf(server, vera.id, 2);
    t.ok(first && second && first.id !== second.id);
    t.equal(Math.round((Date.parse(first.until) - Date.parse(first.started_at)) / 86_400_000), 7);
    server = await server.restart();
    t.same(await sessionsOf(server, vera.id, 2), [first, second]);
    const [listed] = (await server.admin('GET', '/admin/users?q=vera')).json.users;
    t.equal(listed.last_login_at, second.started_at);
    await request(server.url, 'POST', '/logout', { token: other });
    t.same(await sessionsOf(server, vera.id, 1), [first]);
    const desk = await sitDown(t, server, vera);
    const closed = new Promise((resolve) => desk.socket.once('close', resolve));
    t.equal((await request(server.url, 'DELETE', `/admin/users/${vera.id}/sessions`, oscar)).status, 204);
    t.equal(await closed, 4002);
    t.equal((await request(server.url, 'GET', '/me', vera)).status, 401);
    t.same(await sessionsOf(server, vera.id, 0), []);
    const token = await login(server.url, { username: 'vera', password: PASSWORD });
    t.equal((await request(server.url, 'GET', '/me', { token })).status, 200, 'the password is as it was');
    server = await server.restart();
    t.equal((await request(server.url, 'GET', '/me', vera)).status, 401);
    t.equal((await request(server.url, 'GET', '/me', { token })).status, 200);
    for (const method of ['GET', 'DELETE'])
      t.equal((await server.admin(method, '/admin/users/nobody/sessions')).status, 404);
    const { id } = (await server.admin('POST', '/admin/users', { username: 'new' })).json;
    t.equal((await server.admin('DELETE', `/admin/users/${id}/sessions`)).status, 204, 'none without a password');
  },
);

t.test('ADM-8 of one user the newest sessions alone are kept in memory', async (t) => {
  const server = await startAdminServer(t);
  const vera = await server.person('vera');
  await sessionsOf(server, vera.id, 1);
  const until = new Date(Date.now() + 86_400_000).toISOString();
  const metadata = { at: new Date().toISOString(), by: vera.id, via: 'self', command: 'login', key: 'k', v: 1 };
  const events = Array.from({ length: LISTED_OF_USER + 20 }, (_, at) => ({
    id: `event-${at}`,
    event: { type: 'SessionStarted', data: { session_id: `session-${at}`, until } } as const,
    metadata,
  }));
  await server.app.log.append(`user-${vera.id}`, 0, events);
  const ids = (await sessionsOf(server, vera.id, LISTED_OF_USER)).map(({ id }) => id);
  t.same([ids.length, ids[0], ids.at(-1)], [LISTED_OF_USER, 'session-20', `session-${LISTED_OF_USER + 19}`]);
});

t.test('ADM-9 sockets are listed with who, from where, since when and how far behind, and closed', async (t) => {
  const server = await startAdminServer(t);
  const [vera, oscar] = [await server.person('vera'), await server.operator('oscar')];
  const desk = await sitDown(t, server, vera);
  const { sockets } = (await request(server.url, 'GET', '/admin/sockets', oscar)).json;
  t.match(sockets, [
    {
      id: /^\S{36}$/,
      user: { id: vera.id, username: 'vera' },
      address: '127.0.0.1',
      since: /^\d{4}-.*Z$/,
      node: /:\d+$/,
      backlog_bytes: 0,
      client: '',
    },
  ]);
  const closed = new Promise((resolve) => desk.socket.once('close', resolve));
  t.equal((await request(server.url, 'DELETE', `/admin/sockets/${sockets[0].id}`, oscar)).status, 204);
  t.equal(await closed, 4502);
  t.equal((await request(server.url, 'GET', '/me', vera)).status, 200, 'the session goes on');
  for (const id of [sockets[0].id, 'none'])
    t.equal((await request(server.url, 'DELETE', `/admin/sockets/${id}`, oscar)).status, 404);
  t.same((await request(server.url, 'GET', '/admin/sockets', oscar)).json.sockets, []);
});

/** Counts of all that a node does, which grow with whatever is done. */
const FIGURES = '/admin/figures';

t.test('ADM-10 what operators are told does not depend on any page', async (t) => {
  const server = await startAdminServer(t);
  const [vera, olga, oscar] = [
    await server.person('vera'),
    await server.person('olga'),
    await server.operator('oscar'),
  ];
  await sessionsOf(server, olga.id, 1);
  const openApi = (await request(server.url, 'GET', '/openapi.json')).json;
  const reads = Object.entries<any>(openApi.paths)
    .filter(([path, methods]) => path.startsWith('/admin/') && path !== FIGURES && methods.get)
    .map(([path]) => path.replace('{user_id}', olga.id));
  t.ok(reads.length >= 4, reads.join());
  const answers = () => Promise.all(reads.map(async (path) => (await request(server.url, 'GET', path, oscar)).text));
  const desk = await sitDown(t, server, olga);
  const before = await answers();
  const page = await desk.must('create_page', { name: 'SECRET-NAME' });
  const alarm = await desk.must('create_alarm', { ...alarmOn(page.data.id), ticker: 'SECRET-TICKER' });
  await desk.must('share_page', grant(page.data.id, 'user', vera.id, 'edit'));
  await desk.must('trigger_alarm', { alarm_id: alarm.data.id, price: 424_242 });
  await desk.fence();
  t.same(await answers(), before);
  const figures = (await request(server.url, 'GET', FIGURES, oscar)).text;
  for (const secret of ['SECRET', '424242', page.data.id, alarm.data.id, olga.id, 'olga'])
    t.notOk(figures.includes(secret), `the figures do not hold ${secret}`);
  for (const path of [`/pages/${page.data.id}`, `/alarms/${alarm.data.id}`, `/pages/${page.data.id}/events`])
    t.equal((await request(server.url, 'GET', path, oscar)).status, 404, path);
  t.same((await request(server.url, 'GET', '/pages', oscar)).json, []);
});

/** What differs between two servers whatever they hold: ids, moments, codes and ports. */
const withoutChance = (text: string): string =>
  text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'MOMENT')
    .replace(/"code":"[^"]{20,}"/g, '"code":"CODE"')
    .replace(/:\d{4,5}\b/g, ':PORT');

t.test('ADM-10 what operators do is answered alike, whatever is on the pages', async (t) => {
  /** Does everything that an operator may ask for, with a user whose page has this content. Gives the answers by method and path. */
  const operate = async (
    name: string,
    tickers: readonly string[],
    right: 'view' | 'edit',
  ): Promise<Map<string, string>> => {
    const server = await startAdminServer(t);
    const [vera, olga, oscar] = [
      await server.person('vera'),
      await server.person('olga'),
      await server.operator('oscar'),
    ];
    const desk = await sitDown(t, server, olga);
    const page = await desk.must('create_page', { name });
    for (const ticker of tickers) {
      const { data: alarm } = await desk.must('create_alarm', { ...alarmOn(page.data.id), ticker });
      await desk.must('comment_alarm', { alarm_id: alarm.id, text: `SECRET text on ${ticker}` });
    }
    await desk.must('share_page', grant(page.data.id, 'user', vera.id, right));
    const sockets = (await request(server.url, 'GET', '/admin/sockets', oscar)).json.sockets;
    const values: Readonly<Record<string, string>> = {
      user_id: olga.id,
      socket_id: sockets[0].id,
      role: 'operator',
    };
    const bodies: Readonly<Record<string, unknown>> = {
      'post /admin/users': { username: 'made' },
      'post /admin/users/{user_id}/transfer': { to: vera.id },
      'post /admin/users/{user_id}/roles': { role: 'operator' },
    };
    const openApi = (await request(server.url, 'GET', '/openapi.json')).json;
    const answers = new Map<string, string>();
    for (const [path, methods] of Object.entries<any>(openApi.paths).sort()) {
      if (!path.startsWith('/admin/') || path === FIGURES) continue;
      for (const method of ['get', 'put', 'post', 'patch', 'delete']) {
        if (methods[method] === undefined) continue;
        const way = `${method} ${path}`;
        const real = path.replace(/\{(\w+)\}/g, (_all, parameter: string) => values[parameter]!);
        const answer = await request(server.url, method.toUpperCase(), real, { ...oscar, body: bodies[way] });
        answers.set(way, withoutChance(`${answer.status} ${answer.text}`));
      }
    }
    return answers;
  };
  const answers = await operate('SECRET-NAME', ['SECRET-TICKER', 'GOLD', 'EUR/USD'], 'edit');
  t.same(await operate('Nothing', [], 'view'), answers);
  const done = [...answers].filter(([way, answer]) => !way.startsWith('get') && /^2/.test(answer)).map(([way]) => way);
  t.same(
    done.sort(),
    [
      'delete /admin/sockets/{socket_id}',
      'delete /admin/users/{user_id}/sessions',
      'delete /admin/users/{user_id}/texts',
      'post /admin/invitations',
      'post /admin/users',
      'post /admin/users/{user_id}/deactivate',
      'post /admin/users/{user_id}/reactivate',
      'post /admin/users/{user_id}/reset',
      'post /admin/users/{user_id}/transfer',
    ],
    'all that an operator may do was done',
  );
  t.notMatch([...answers.values()].join(), /SECRET/);
});
