/** Accounts that operators make, and codes with which a forgotten password is replaced. */
import { login } from '@alarm-server/client';
import t from 'tap';
import { sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { PASSWORD } from '../e2e/test-server.js';
import { startAdminServer } from './admin-server.js';

const NEW = 'another horse entirely';

t.test('ADM-6 a code sets another password once, ends all sessions, and shows in /me', async (t) => {
  const server = await startAdminServer(t);
  const [vera, oscar] = [await server.person('vera'), await server.operator('oscar')];
  const use = (code: unknown, password = NEW, username = 'Vera') =>
    request(server.url, 'POST', '/password/reset', { body: { username, code, password } });
  t.notOk('password_reset_at' in (await request(server.url, 'GET', '/me', vera)).json);
  const issue = () => request(server.url, 'POST', `/admin/users/${vera.id}/reset`, oscar);
  const first = await issue();
  t.match(first, { status: 200, json: { code: /^(\w{5}-){3}\w{5}$/, expires_at: String } });
  const lives = Date.parse(first.json.expires_at) - Date.now();
  t.ok(lives > 23.9 * 3_600_000 && lives <= 24 * 3_600_000, `${lives} ms`);
  const second = await issue();
  const desk = await sitDown(t, server, vera);
  const closed = new Promise((resolve) => desk.socket.once('close', resolve));
  t.match(await use(first.json.code), { status: 403, json: { code: 'wrong_code' } }, 'replaced');
  t.match(await use(second.json.code, 'short'), { status: 422 });
  t.match(await use(second.json.code, '12345678'), { status: 422 });
  t.match(await use(second.json.code, NEW, 'oscar'), { status: 403, json: { code: 'wrong_code' } });
  t.match(await use(second.json.code, NEW, 'nobody'), { status: 403, json: { code: 'wrong_code' } });
  t.match(await use(''), { status: 422 });
  t.match(
    await request(server.url, 'POST', '/password/reset', {
      body: { username: 'vera', code: second.json.code, password: NEW },
      idempotencyKey: 'once',
    }),
    { status: 400 },
  );
  t.ok((await request(server.url, 'GET', '/me', vera)).json.password_reset_at);
  t.equal((await use(second.json.code.toLowerCase().replaceAll('-', ' '))).status, 204, 'however it is typed');
  t.equal(await closed, 4002);
  t.equal((await request(server.url, 'GET', '/me', vera)).status, 401);
  t.equal(
    (await request(server.url, 'POST', '/login', { body: { username: 'vera', password: PASSWORD } })).status,
    401,
  );
  await login(server.url, { username: 'vera', password: NEW });
  t.match(await use(second.json.code), { status: 403 }, 'once');
});

t.test('ADM-6 guessing a code is slowed like guessing a password', async (t) => {
  const server = await startAdminServer(t);
  await server.person('vera');
  const statuses: number[] = [];
  for (let guess = 0; guess < 7; guess += 1) {
    const body = { username: 'vera', code: `AAAAA-AAAAA-AAAAA-AAAA${guess}`, password: NEW };
    statuses.push((await request(server.url, 'POST', '/password/reset', { body })).status);
  }
  t.same(statuses, [403, 403, 403, 403, 403, 429, 429]);
});

t.test('ADM-6 a code of an operator is void when its user has become an auditor, or is deactivated', async (t) => {
  const server = await startAdminServer(t);
  const [vera, oscar] = [await server.person('vera'), await server.operator('oscar')];
  const issued = await request(server.url, 'POST', `/admin/users/${vera.id}/reset`, oscar);
  const use = (code: string) =>
    request(server.url, 'POST', '/password/reset', { body: { username: 'vera', code, password: NEW } });
  await server.admin('POST', `/admin/users/${vera.id}/roles`, { role: 'auditor' });
  t.match(await use(issued.json.code), { status: 403, json: { code: 'wrong_code' } });
  const byMachine = await server.admin('POST', `/admin/users/${vera.id}/reset`);
  await server.admin('POST', `/admin/users/${vera.id}/deactivate`);
  t.match(await use(byMachine.json.code), { status: 403 });
  await server.admin('POST', `/admin/users/${vera.id}/reactivate`);
  t.equal((await use(byMachine.json.code)).status, 204);
});

t.test('ADM-7 an operator makes an account, whose user sets the password with the code', async (t) => {
  let server = await startAdminServer(t);
  const oscar = await server.operator('oscar');
  const add = (username: unknown) => request(server.url, 'POST', '/admin/users', { ...oscar, body: { username } });
  const added = await add('Zoé');
  t.match(added, { status: 201, json: { id: String, username: 'Zoé', code: String, expires_at: String } });
  t.match(await add('zoe\u0301'), { status: 409, json: { code: 'name_taken' } });
  t.equal((await add('')).status, 422);
  t.equal((await add(undefined)).status, 422);
  server = await server.restart();
  const { accounts } = server.app.projection.live;
  t.match(accounts.of(added.json.id), { made_by: oscar.id, password_reset_by: oscar.id });
  t.equal((await request(server.url, 'POST', '/login', { body: { username: 'Zoé', password: NEW } })).status, 401);
  const body = { username: 'Zoé', code: added.json.code, password: NEW };
  t.equal((await request(server.url, 'POST', '/password/reset', { body })).status, 204);
  const token = await login(server.url, { username: 'Zoé', password: NEW });
  t.match((await request(server.url, 'GET', '/me', { token })).json, { id: added.json.id, password_reset_at: String });
});
