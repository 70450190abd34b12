/** What a user owns goes to another one, by an operator or the machine's administration. */
import t from 'tap';
import { mayAssignTo, SYSTEM_ID } from '../../src/domain/authorization.js';
import { alarmOn, grant, makeGroup, sitDown } from '../e2e/desk.js';
import { faultsIn, foldOf, readBy } from '../e2e/heard.js';
import { request } from '../e2e/http-requests.js';
import { startAdminServer } from './admin-server.js';

t.test('PERM-16 all that a user owns goes to another one, and nothing is left to them', async (t) => {
  const server = await startAdminServer(t);
  const [john, mary, pete] = [await server.person('john'), await server.person('mary'), await server.person('pete')];
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
    // What was refused is on record, too.
    if (event.type !== 'CommandDenied') events.push({ type: event.type, by: metadata.by, via: metadata.via });
  });

  const path = `/admin/users/${john.id}/transfer`;
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

const DAY_MS = 24 * 3_600_000;

t.test('PERM-16 an operator transfers too, but not to where they might read what they gave', async (t) => {
  const server = await startAdminServer(t);
  const [john, mary] = [await server.person('john'), await server.person('mary')];
  const operator = await server.operator('olga');
  const colleague = await server.operator('otto');
  const [leaver, taker, olga] = [
    await sitDown(t, server, john),
    await sitDown(t, server, mary),
    await sitDown(t, server, operator),
  ];
  const page: string = (await leaver.must('create_page', { name: 'Secret' })).data.id;
  const group = await makeGroup(leaver, 'Secret desk', [operator]);
  const events: { type: string; by: string; via: string; keep: unknown }[] = [];
  server.app.projection.listen(({ recorded: { event, metadata } }) => {
    if (/^(Page|Group)/.test(event.type))
      events.push({
        type: event.type,
        by: metadata.by,
        via: metadata.via,
        keep: (event.data as { keep?: boolean }).keep,
      });
  });
  const transfer = (to: string, by = operator): ReturnType<typeof request> =>
    request(server.url, 'POST', `/admin/users/${john.id}/transfer`, { token: by.token, body: { to } });
  const refusedAs = async (answer: ReturnType<typeof request>, code: string, text: RegExp): Promise<void> => {
    const { status, json } = await answer;
    t.match([status, json.code, json.detail], [403, code, text]);
  };

  await refusedAs(transfer(operator.id), 'permission_denied', /neither to themselves/);
  const made = await request(server.url, 'POST', '/admin/users', { token: operator.token, body: { username: 'made' } });
  t.equal(made.status, 201);
  await refusedAs(transfer(made.json.id), 'permission_denied', /made or reset within 24 hours/);
  t.match(await request(server.url, 'POST', `/admin/users/${mary.id}/reset`, { token: operator.token }), {
    status: 200,
  });
  await refusedAs(transfer(mary.id), 'permission_denied', /made or reset within 24 hours/);
  await server.admin('POST', `/admin/users/${made.json.id}/deactivate`);
  await refusedAs(transfer(made.json.id, colleague), 'permission_denied', /account is deactivated/);
  t.match(await leaver.ask('transfer_page', { page_id: page, to: made.json.id }), {
    payload: { code: 'permission_denied', message: /account is deactivated/ },
  });
  t.equal((await transfer(operator.id, john)).status, 404, 'who is no operator finds no such path');
  t.same(events, [], 'nothing was done by what was refused');

  const done = await transfer(mary.id, colleague);
  t.match([done.status, done.json], [200, { pages: 1, groups: 1 }], 'another operator, who holds no code of theirs');
  t.notMatch(done.text, /Secret/);
  t.same(events, [
    { type: 'PageTransferred', by: colleague.id, via: 'operator', keep: false },
    { type: 'GroupTransferred', by: colleague.id, via: 'operator', keep: false },
  ]);
  for (const desk of [leaver, taker, olga]) {
    await desk.fence();
    t.same(faultsIn(desk.messages), []);
    t.same(foldOf(desk.messages), await readBy(desk));
  }
  t.same(Object.keys(foldOf(taker.messages)), [page]);
  t.match((await taker.http('GET', `/groups/${group}`)).json, { owner_id: mary.id });
});

t.test('PERM-16 who may take what an operator gives', (t) => {
  const at = '2026-11-27T12:00:00.000Z';
  const ago = (ms: number): string => new Date(Date.parse(at) - ms).toISOString();
  const plain = { id: 'mary', created_at: ago(0), made_by: null, password_reset_at: null, password_reset_by: null };
  const cases = [
    [plain, true],
    [{ ...plain, id: 'olga' }, false],
    [{ ...plain, made_by: 'olga' }, false],
    [{ ...plain, made_by: 'olga', created_at: ago(DAY_MS) }, true],
    [{ ...plain, made_by: 'otto' }, true],
    [{ ...plain, password_reset_by: 'olga', password_reset_at: ago(DAY_MS - 1) }, false],
    [{ ...plain, password_reset_by: 'olga', password_reset_at: ago(DAY_MS) }, true],
    [{ ...plain, password_reset_by: 'otto', password_reset_at: at }, true],
  ] as const;
  for (const [user, may] of cases) t.equal(mayAssignTo('olga', user, at), may, JSON.stringify(user));
  t.ok(mayAssignTo(SYSTEM_ID, { ...plain, made_by: 'olga' }, at));
  t.end();
});
