/** A deactivated account: nothing of it acts, nothing of it is lost, on one node and on two. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { login } from '@alarm-server/client';
import t from 'tap';
import { issueAdminToken } from '../../src/auth/admin-tokens.js';
import { readModelFile } from '../../src/config.js';
import { alarmOn, grant, makeGroup, sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { openRaw } from '../e2e/raw-socket.js';
import { PASSWORD, person } from '../e2e/test-server.js';
import { twoNodes } from '../eventstoredb/two-nodes.js';
import { JWT_SECRET } from '../process/server-process.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { asAdmin, startAdminServer } from './admin-server.js';

const closed = (socket: { once(event: 'close', then: (code: number) => void): unknown }): Promise<number> =>
  new Promise((resolve) => socket.once('close', resolve));

t.test('ADM-5 a deactivated user is out at once, stays out, and comes back as they were', async (t) => {
  const dataDir = temporaryFolder(t);
  let server = await startAdminServer(t, { dataDir });
  const [olga, vera, oscar] = [
    await server.person('olga'),
    await server.person('vera'),
    await server.operator('oscar'),
  ];
  const owner = await sitDown(t, server, olga);
  const page = await owner.must('create_page', { name: 'Alarmes' });
  await owner.must('share_page', grant(page.data.id, 'user', vera.id, 'view'));
  const alarm = await owner.must('create_alarm', alarmOn(page.data.id));
  const viewer = await sitDown(t, server, vera);
  const ticket = (await request(server.url, 'POST', '/ws-ticket', vera)).json.ticket;
  const code = closed(viewer.socket);
  const act = (verb: string) => request(server.url, 'POST', `/admin/users/${vera.id}/${verb}`, oscar);
  t.equal((await act('deactivate')).status, 204);
  t.equal((await act('deactivate')).status, 204, 'again');
  t.equal(await code, 4002);
  const isOut = async (): Promise<void> => {
    t.equal((await request(server.url, 'GET', '/me', vera)).status, 401);
    await t.rejects(openRaw(t, server.url, `&ticket=${ticket}`), /refused with 401/);
    const { status, json } = await request(server.url, 'POST', '/login', {
      body: { username: 'vera', password: PASSWORD },
    });
    t.match([status, json.code], [403, 'account_deactivated']);
    const wrong = await request(server.url, 'POST', '/login', {
      body: { username: 'vera', password: 'wrong password' },
    });
    t.equal(wrong.status, 401, 'to others it says nothing');
    const [listed] = (await server.admin('GET', '/admin/users?q=vera')).json.users;
    t.equal(listed.active, false);
    const viewers = (await request(server.url, 'GET', `/pages/${page.data.id}/viewers`, olga)).json;
    t.same(
      viewers.map(({ username }: any) => username),
      ['olga', 'vera'],
      'their right sleeps, and is shown',
    );
  };
  await isOut();
  server = await server.restart();
  await isOut();
  await server.app.stop();
  rmSync(readModelFile(dataDir));
  server = await startAdminServer(t, { dataDir, port: server.app.port });
  await isOut();
  t.equal((await request(server.url, 'POST', `/admin/users/${vera.id}/reactivate`, oscar)).status, 204);
  t.equal((await request(server.url, 'GET', '/me', vera)).status, 200);
  await login(server.url, { username: 'vera', password: PASSWORD });
  const again = await sitDown(t, server, vera);
  await again.must('trigger_alarm', { alarm_id: alarm.data.id, price: 1 });
});

t.test('ADM-5 an operator does not deactivate an auditor or an operator; the machine does', async (t) => {
  const server = await startAdminServer(t);
  const [oscar, ada] = [await server.operator('oscar'), await server.operator('ada', 'auditor')];
  for (const id of [oscar.id, ada.id])
    for (const verb of ['deactivate', 'reactivate', 'reset'])
      t.match(await request(server.url, 'POST', `/admin/users/${id}/${verb}`, oscar), {
        status: 403,
        json: { code: 'permission_denied' },
      });
  for (const id of [oscar.id, ada.id])
    t.equal((await server.admin('POST', `/admin/users/${id}/deactivate`)).status, 204);
  t.equal((await request(server.url, 'GET', '/admin/users', oscar)).status, 401, 'the role sleeps too');
  t.equal((await server.admin('POST', '/admin/users/nobody/deactivate')).status, 404);
});

t.test('ADM-5 what a user sent before, and what comes behind it in the log, has no effect', async (t) => {
  const server = await startAdminServer(t);
  const olga = await server.person('olga');
  const desk = await sitDown(t, server, olga);
  const page = await desk.must('create_page', { name: 'Alarmes' });
  const group = await makeGroup(desk, 'Desk', []);
  const voids: [string, boolean][] = [];
  server.app.projection.listen(({ isVoid, recorded: { event } }) => void voids.push([event.type, isVoid]));
  await server.admin('POST', `/admin/users/${olga.id}/deactivate`);
  // As another node may have decided it, which had not heard of the deactivation.
  const metadata = { at: new Date().toISOString(), by: olga.id, via: 'owner', command: 'rename_page', key: 'k', v: 1 };
  await server.app.log.append(`page-${page.data.id}`, 0, [
    { id: randomUUID(), event: { type: 'PageRenamed', data: { name: 'Mine' } }, metadata },
  ]);
  await server.app.log.append(`group-${group}`, 0, [
    {
      id: randomUUID(),
      event: { type: 'GroupRenamed', data: { name: 'Mine' } },
      metadata: { ...metadata, command: 'rename_group', key: 'l' },
    },
  ]);
  t.same(voids, [
    ['UserDeactivated', false],
    ['PageRenamed', true],
    ['GroupRenamed', true],
  ]);
  t.equal(server.app.projection.live.groups.get(group)?.name, 'Desk');
  t.equal(server.app.projection.live.pages.get(page.data.id)?.name, 'Alarmes');
});

t.test(
  'ADM-6 LOG-16 a password reset on one node ends the sessions on the other, and its code is good once over both',
  async (t) => {
    const {
      nodes: [a, b],
    } = await twoNodes(t);
    const vera = await person(t, a.server.url, `vera-${randomUUID().slice(0, 8)}`);
    const eventually = async (status: number, token: string): Promise<number> => {
      const startedAt = performance.now();
      while ((await request(b.server.url, 'GET', '/me', { token })).status !== status)
        if (performance.now() - startedAt > 10_000) break;
      return performance.now() - startedAt;
    };
    await eventually(200, vera.token);
    const reset = await asAdmin(a.server.url, 'POST', `/admin/users/${vera.id}/reset`, {
      token: issueAdminToken(Buffer.from(JWT_SECRET)),
    });
    const body = { username: vera.username, code: reset.json.code, password: 'another horse entirely' };
    const [one, other] = await Promise.all(
      [a, b].map(({ server }) => request(server.url, 'POST', '/password/reset', { body })),
    );
    const statuses = [one!.status, other!.status].sort();
    t.ok(statuses[0] === 204 && statuses[1] !== 204, `once, over both nodes: ${statuses}`);
    await eventually(401, vera.token);
    t.equal((await request(b.server.url, 'GET', '/me', vera)).status, 401);
    t.ok(await login(b.server.url, { username: vera.username, password: 'another horse entirely' }));
  },
);
