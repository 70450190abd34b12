/** Who could see which page as of a moment, over which paths, and who let them: over HTTP. */
import t from 'tap';
import { startAdminServer } from '../admin/admin-server.js';
import { grant, makeGroup, sitDown } from '../e2e/desk.js';
import { type HttpAnswer, request } from '../e2e/http-requests.js';

t.test('AUD-6 every path of everybody to a page, and of a user to every page, as of any position', async (t) => {
  const server = await startAdminServer(t);
  const [john, mary, pete, aida] = [
    await server.person('john'),
    await server.person('mary'),
    await server.person('pete'),
    await server.operator('aida', 'auditor'),
  ];
  const owner = await sitDown(t, server, john);
  const audit = (path: string): Promise<HttpAnswer> => request(server.url, 'GET', path, { token: aida.token });
  const page: string = (await owner.must('create_page', { name: 'Desk' })).data.id;
  const group = await makeGroup(owner, 'Euro', [mary, pete]);
  const direct = await owner.must('share_page', grant(page, 'user', mary.id, 'view'));
  const viaGroup = await owner.must('share_page', grant(page, 'group', group, 'edit'));
  await server.admin('POST', `/admin/users/${pete.id}/deactivate`);

  const { json } = await audit(`/audit/pages/${page}/access`);
  t.match(json, { as_of: { settled: true }, page: { id: page, name: 'Desk', owner: 'john' } });
  const ofGroup = {
    via: `group:${group}`,
    right: 'edit',
    granted_by: john.id,
    position: viaGroup.position,
    member_since: /Z$/,
    member_added_by: john.id,
  };
  const ofMary = [{ via: 'direct', right: 'view', granted_by: john.id, position: direct.position }, ofGroup];
  t.match(json.subjects, [
    { user_id: john.id, username: 'john', right: 'own', paths: [{ via: 'owner', granted_by: john.id }, ofGroup] },
    { user_id: mary.id, username: 'mary', right: 'edit', active: undefined, paths: ofMary },
    { user_id: pete.id, username: 'pete', right: 'edit', active: false, paths: [ofGroup] },
  ]);
  t.equal(json.subjects.length, 3);

  const mine = (await audit(`/audit/users/${mary.id}/access`)).json;
  t.match(mine, {
    user: { id: mary.id, username: 'mary', active: undefined, roles: undefined },
    pages: [{ page_id: page, name: 'Desk', right: 'edit', paths: ofMary }],
  });
  t.match((await audit(`/audit/users/${pete.id}/access`)).json, {
    user: { active: false },
    pages: [{ right: 'edit' }],
  });
  t.match((await audit(`/audit/users/${aida.id}/access`)).json, { user: { roles: ['auditor'] }, pages: [] });

  const before = `at=@${direct.position}`;
  const then = await audit(`/audit/pages/${page}/access?${before}`);
  t.match(then.json.subjects, [{ user_id: john.id }, { user_id: mary.id, right: 'view', paths: [{ via: 'direct' }] }]);
  t.equal(then.json.subjects.length, 2, 'the group had nothing yet');
  await owner.must('delete_page', { page_id: page });
  t.equal((await audit(`/audit/pages/${page}/access?${before}`)).text, then.text, 'the same for ever');
  t.match((await audit(`/audit/users/${mary.id}/access?${before}`)).json.pages, [{ page_id: page, right: 'view' }]);
  t.match((await audit(`/audit/pages/${page}/access`)).json, { page: { deleted_at: /Z$/ }, subjects: [] });
  t.same((await audit(`/audit/users/${mary.id}/access`)).json.pages, []);

  for (const path of ['/audit/pages/nobody/access', '/audit/users/nobody/access'])
    t.equal((await audit(path)).status, 404, path);
  t.equal((await audit(`/audit/users/${mary.id}/access?at=soon`)).status, 422);
  t.equal((await owner.http('GET', `/audit/pages/${page}/access`)).status, 404, 'for somebody else');
});
