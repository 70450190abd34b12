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

t.test('AUD-6 a group as of any position: its name and owner of then, its members, and a deleted one', async (t) => {
  const server = await startAdminServer(t);
  const [john, mary, aida] = [
    await server.person('john'),
    await server.person('mary'),
    await server.operator('aida', 'auditor'),
  ];
  const owner = await sitDown(t, server, john);
  const audit = (path: string): Promise<HttpAnswer> => request(server.url, 'GET', path, { token: aida.token });
  const before = (await owner.must('create_page', { name: 'Desk' })).position;
  const group = await makeGroup(owner, 'Euro', [mary]);
  const path = `/audit/groups/${group}`;
  const first = await audit(path);
  const inIt = (id: string, username: string) => ({
    user_id: id,
    username,
    member_since: /Z$/,
    member_added_by: john.id,
  });
  t.match(first.json, {
    as_of: { settled: true },
    group: { id: group, name: 'Euro', owner_id: john.id, owner: 'john', deleted_at: undefined },
    members: [inIt(john.id, 'john'), inIt(mary.id, 'mary')],
  });
  t.same(Object.keys(first.json), ['as_of', 'group', 'members']);
  const then = `${path}?at=@${first.json.as_of.position}`;

  t.equal((await owner.http('PATCH', `/groups/${group}`, { body: { name: 'Euro and dollar' } })).status, 200);
  t.match((await audit(path)).json.group, { name: 'Euro and dollar', owner: 'john' });
  await owner.http('POST', `/groups/${group}/transfer`, { body: { to: mary.id } });
  const given = (await audit(path)).json;
  t.match(given, { group: { name: 'Euro and dollar', owner: 'mary' }, members: first.json.members });
  const other = await sitDown(t, server, mary);
  await other.http('DELETE', `/groups/${group}`);
  const last = (await audit(path)).json;
  t.match(last, { group: { name: 'Euro and dollar', owner: 'mary', deleted_at: /Z$/ } });
  t.same(last.members, []);
  t.same((await audit(then)).json.group, first.json.group, 'the same for ever');
  t.same((await audit(then)).json.members, first.json.members);

  const { changes } = (await audit('/audit/access-changes')).json;
  const ofGroup = changes.filter(({ type }: { type: string }) => /^Group/.test(type));
  t.same(
    ofGroup.map(({ type, accesses }: any) => [type, ...accesses.map(({ on, held }: any) => `${on} ${held}`)]),
    [
      ['GroupCreated', 'group member'],
      ['GroupMemberAdded', 'group member'],
      ['GroupTransferred', 'group member', 'group member'],
      ['GroupDeleted', 'group none', 'group none'],
    ],
    'its name is no access',
  );

  t.equal((await audit(`${path}?at=@${before}`)).status, 404, 'not there yet');
  t.equal((await audit('/audit/groups/nobody')).status, 404);
  t.equal((await audit(`${path}?at=soon`)).status, 422);
  t.equal((await owner.http('GET', path)).status, 404, 'for somebody else');
});
