/** People over HTTP: a name by an id, and who may see a page. */
import t from 'tap';
import { grant, makeGroup, sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { PASSWORD, type Person, startServer } from '../e2e/test-server.js';

const server = await startServer(t);
const people = await Promise.all(['olga', 'mary', 'vera', 'steve', 'pete'].map((name) => server.person(name)));
const [olga, mary, vera, steve, pete] = people as [Person, Person, Person, Person, Person];
const desks = new Map<string, Awaited<ReturnType<typeof sitDown>>>();
for (const person of people) desks.set(person.username, await sitDown(t, server, person));
const desk = (name: string) => desks.get(name)!;
const nameOf = async (asker: string, id: string) => {
  const { status, json } = await desk(asker).http('GET', `/users/${id}`);
  const found = await desk(asker).http('GET', `/users?id=${id}`);
  t.same([found.status, found.json], [200, status === 200 ? [json] : []], 'by its id, or none');
  return status === 200 ? json.username : status;
};

t.test('AUTH-22 a user is named to those who share a page or a group with them, and to nobody else', async (t) => {
  t.equal(await nameOf('olga', olga.id), 'olga', 'oneself');
  t.equal(await nameOf('olga', mary.id), 404);
  const answers = await Promise.all([mary.id, 'nobody'].map((id) => desk('olga').http('GET', `/users/${id}`)));
  t.equal(
    new Set(answers.map(({ status, json }) => JSON.stringify([status, json.code, json.detail, json.title]))).size,
    1,
    'as an unknown user',
  );
  const page: string = (await desk('olga').must('create_page', { name: 'Page' })).data.id;
  await desk('olga').must('share_page', grant(page, 'user', mary.id, 'view'));
  t.same([await nameOf('olga', mary.id), await nameOf('mary', olga.id)], ['mary', 'olga'], 'a page in common');
  await desk('olga').must('share_page', grant(page, 'user', steve.id, 'view'));
  t.equal(await nameOf('mary', steve.id), 'steve', 'also one that is a third one’s');
  await desk('olga').must('share_page', grant(page, 'user', steve.id, 'nothing'));
  t.equal(await nameOf('mary', steve.id), 404, 'and not for longer');
  const group = await makeGroup(desk('vera'), 'Desk', [pete]);
  t.same([await nameOf('vera', pete.id), await nameOf('pete', vera.id)], ['pete', 'vera'], 'a group in common');
  await desk('vera').http('DELETE', `/groups/${group}/members/${vera.id}`);
  t.same(
    [await nameOf('vera', pete.id), await nameOf('pete', vera.id)],
    ['pete', 'vera'],
    'its owner is of it, member or not',
  );
  await desk('olga').must('share_page', grant(page, 'group', group, 'view'));
  t.equal(await nameOf('mary', pete.id), 'pete', 'a page that comes through a group');
  t.match(await desk('olga').http('GET', '/users/x', { token: 'wrong' }), { status: 401 });
  t.match(await desk('olga').http('GET', `/users?id=${olga.id}&username=olga`), {
    status: 422,
    json: { errors: [{ field: 'id', message: /one of both/ }] },
  });
});

t.test('PERM-12 the owner of a page sees who may see it, by every path; nobody else does', async (t) => {
  const before = new Date().toISOString();
  const page: string = (await desk('olga').must('create_page', { name: 'Page' })).data.id;
  const group = await makeGroup(desk('vera'), 'Desk', [mary, pete, olga]);
  const joined = (await desk('vera').http('GET', `/groups/${group}`)).json;
  t.equal(joined.members.length, 4);
  await desk('olga').must('share_page', grant(page, 'group', group, 'view'));
  await desk('olga').must('share_page', grant(page, 'user', mary.id, 'edit'));
  const { status, json } = await desk('olga').http('GET', `/pages/${page}/viewers`);
  t.equal(status, 200);
  t.match(
    json.map(({ username, right, paths }: any) => [username, right, paths.map(({ via }: any) => via)]),
    [
      ['olga', 'own', ['owner', `group:${group}`]],
      ['mary', 'edit', ['direct', `group:${group}`]],
      ['pete', 'view', [`group:${group}`]],
      ['vera', 'view', [`group:${group}`]],
    ],
  );
  t.equal(json.length, 4);
  t.equal(json[1].user_id, mary.id);
  for (const { paths } of json)
    for (const { via, member_since } of paths)
      t.equal(
        via.startsWith('group:')
          ? member_since >= before && /^\d{4}-.*Z$/.test(member_since)
          : member_since === undefined,
        true,
      );
  const since = json[2].paths[0].member_since;
  await desk('vera').http('POST', `/groups/${group}/members/${pete.id}`);
  t.equal(
    (await desk('olga').http('GET', `/pages/${page}/viewers`)).json[2].paths[0].member_since,
    since,
    'a member added again has been in it since the first time',
  );
  t.match(await desk('mary').http('GET', `/pages/${page}/viewers`), {
    status: 403,
    json: { code: 'permission_denied' },
  });
  t.match(await desk('steve').http('GET', `/pages/${page}/viewers`), { status: 404 });
  await desk('vera').http('DELETE', `/groups/${group}/members/${pete.id}`);
  t.equal((await desk('olga').http('GET', `/pages/${page}/viewers`)).json.length, 3, 'a change of the group shows');
});

t.test('AUTH-24 a search for a name warns of others that look like it', async (t) => {
  const find = async (name: string) =>
    (await desk('olga').http('GET', `/users?username=${encodeURIComponent(name)}`)).json[0];
  t.notOk('warning' in (await find('vera')));
  const cyrillic = await server.person('vеrа');
  t.match(await find('vеrа'), { id: cyrillic.id, warning: /^This name looks like that of another user \(vera\)/ });
  t.match((await find('vera')).warning, 'vеrа', 'and of the real one too');
});

t.test(
  'PERM-12 an owner who shares with a group without being in it learns its name from the viewers, since the group itself is not shown to them',
  async (t) => {
    const page: string = (await desk('olga').must('create_page', { name: 'Page' })).data.id;
    const group = await makeGroup(desk('vera'), 'Desk Euro', [pete]);
    await desk('olga').must('share_page', grant(page, 'group', group, 'view'));
    t.equal((await desk('olga').http('GET', `/groups/${group}`)).status, 404);
    const { json } = await desk('olga').http('GET', `/pages/${page}/viewers`);
    t.match(
      json.slice(1).map(({ username, paths }: any) => [username, paths[0].via, paths[0].group_name]),
      [
        ['pete', `group:${group}`, 'Desk Euro'],
        ['vera', `group:${group}`, 'Desk Euro'],
      ],
    );
    t.notOk('group_name' in json[0].paths[0]);
  },
);

t.test(
  'AUTH-22 a name is one name for all that ask by it, however it is written: finding, registering and logging in',
  async (t) => {
    const { id } = await server.person('Zoë Ünal');
    for (const written of ['zoë ünal', 'ZOË ÜNAL', 'Zoe\u0308 U\u0308nal', '\uFF3Aoë Ünal']) {
      t.match(
        (await desk('olga').http('GET', `/users?username=${encodeURIComponent(written)}`)).json,
        [{ id, username: 'Zoë Ünal' }],
        written,
      );
      t.equal(
        (await request(server.url, 'POST', '/register', { body: { username: written, password: PASSWORD } })).status,
        409,
        `${written} is taken`,
      );
      const login = await request(server.url, 'POST', '/login', {
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ username: written, password: PASSWORD }).toString(),
      });
      t.equal(login.status, 200, `${written} logs in`);
    }
  },
);

t.test('PERM-12 viewers, paths and times are the same after a restart', async (t) => {
  const own = await startServer(t);
  const [owner, member] = await Promise.all([own.person('owner'), own.person('member')]);
  const first = await sitDown(t, own, owner);
  const page: string = (await first.must('create_page', { name: 'Page' })).data.id;
  await first.must('share_page', grant(page, 'group', await makeGroup(first, 'Desk', [member]), 'view'));
  const viewers = (await first.http('GET', `/pages/${page}/viewers`)).json;
  t.equal(viewers.length, 2);
  await own.restart();
  t.same((await first.http('GET', `/pages/${page}/viewers`)).json, viewers);
});
