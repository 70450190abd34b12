/** What a user owns goes to another one, by the machine's administration. */
import t from 'tap';
import { alarmOn, grant, makeGroup, sitDown } from '../e2e/desk.js';
import { faultsIn, foldOf, readBy } from '../e2e/heard.js';
import { request } from '../e2e/http-requests.js';
import { startAdminServer } from './admin-server.js';

t.test('PERM-16 all that a user owns goes to another one, and nothing is left to them', async (t) => {
  const server = await startAdminServer(t);
  const [john, mary, pete] = [await server.person('john'), await server.person('mary'), await server.person('pete')];
  const operator = await server.operator('olga');
  const [leaver, taker, other] = [
    await sitDown(t, server, john),
    await sitDown(t, server, mary),
    await sitDown(t, server, pete),
  ];
  const [one, two, foreign]: string[] = [
    (await leaver.must('create_page', { name: 'Secret one' })).data.id,
    (await leaver.must('create_page', { name: 'Secret two' })).data.id,
    (await other.must('create_page', { name: 'Of another' })).data.id,
  ];
  await leaver.must('create_alarm', alarmOn(one ?? ''));
  const group = await makeGroup(leaver, 'Secret desk', [pete]);
  await leaver.must('share_page', grant(two ?? '', 'group', group, 'view'));
  await other.must('share_page', grant(foreign ?? '', 'user', john.id, 'edit'));
  const events: { type: string; by: string; via: string }[] = [];
  server.app.projection.listen(({ recorded: { event, metadata } }) => {
    events.push({ type: event.type, by: metadata.by, via: metadata.via });
  });

  const path = `/admin/users/${john.id}/transfer`;
  const asked = await request(server.url, 'POST', path, { token: operator.token, body: { to: mary.id } });
  t.match([asked.status, asked.json.code], [403, 'permission_denied'], 'an operator over HTTP may not');
  t.equal((await request(server.url, 'POST', path, { token: john.token, body: { to: mary.id } })).status, 404);
  t.match(await server.admin('POST', path, { to: john.id }), { status: 409, json: { code: 'nothing_to_do' } });
  t.match(await server.admin('POST', path, { to: 'nobody' }), { status: 404, json: { detail: 'User not found' } });
  t.equal((await server.admin('POST', '/admin/users/nobody/transfer', { to: mary.id })).status, 404);
  t.equal((await server.admin('POST', path, {})).status, 422);
  t.same(events, [], 'nothing was done by what was refused');

  const done = await server.admin('POST', path, { to: mary.id });
  t.match([done.status, done.json], [200, { pages: 2, groups: 1 }]);
  t.notMatch(done.text, /Secret/);
  t.same((await server.admin('POST', path, { to: mary.id })).json, { pages: 0, groups: 0 }, 'again');
  t.same(events, [
    { type: 'PageTransferred', by: 'system', via: 'admin' },
    { type: 'PageTransferred', by: 'system', via: 'admin' },
    { type: 'GroupTransferred', by: 'system', via: 'admin' },
  ]);

  for (const desk of [leaver, taker, other]) {
    await desk.fence();
    t.same(faultsIn(desk.messages), []);
    t.same(foldOf(desk.messages), await readBy(desk));
  }
  t.same(Object.keys(foldOf(leaver.messages)), [foreign], 'what others share with them stays');
  t.same(Object.keys(foldOf(taker.messages)).sort(), [one, two].sort());
  t.equal((await leaver.http('GET', `/groups/${group}`)).status, 404);
  t.match((await taker.http('GET', `/groups/${group}`)).json, { owner_id: mary.id });
  t.match((await taker.http('GET', `/pages/${one}/shares`)).json, []);
  t.equal((await other.http('GET', `/pages/${two}`)).status, 200, 'the group has its page still');
});
