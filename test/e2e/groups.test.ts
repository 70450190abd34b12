/** Groups: owner, members, and who may see and change one. */
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { makeGroup, sitDown } from './desk.js';
import { startServer } from './test-server.js';

const server = await startServer(t);
const people = await Promise.all(['john', 'mary', 'pete'].map((name) => server.person(name)));
const [john, mary, pete] = await Promise.all(people.map((person) => sitDown(t, server, person)));
const idOf = { john: people[0]!.id, mary: people[1]!.id, pete: people[2]!.id };

t.test('PERM-9 the creator owns a group and is its first member', async (t) => {
  const { status, json } = await john!.http('POST', '/groups', { body: { name: 'Desk Euro' } });
  t.equal(status, 201);
  t.same(json, { id: json.id, name: 'Desk Euro', owner_id: idOf.john, members: [{ id: idOf.john, username: 'john' }] });
  t.same((await john!.http('GET', `/groups/${json.id}`)).json, json);
});

t.test('PERM-9 its owner changes its members, no other member does', async (t) => {
  const group = await makeGroup(john!, 'Desk', [people[1]!]);
  const member = (id: string): string => `/groups/${group}/members/${id}`;
  const refusal = {
    status: 403,
    json: {
      code: 'permission_denied',
      detail: 'Permission denied: only the owner of this group can change its members',
    },
  };
  t.match(await mary!.http('POST', member(idOf.pete)), refusal);
  t.match(await mary!.http('DELETE', member(idOf.john)), refusal);
  t.match(await john!.http('POST', member(randomUUID())), { status: 404, json: { detail: 'User not found' } });
  t.match(await john!.http('DELETE', member(idOf.pete)), { status: 404, json: { detail: 'User not found' } });

  const added = await john!.http('POST', member(idOf.pete));
  t.equal(added.status, 201);
  t.same(added.json, { group_id: group, user_id: idOf.pete, username: 'pete' });
  t.equal((await john!.http('DELETE', member(idOf.mary))).status, 204);
  t.same(
    (await pete!.http('GET', `/groups/${group}`)).json.members.map(({ username }: { username: string }) => username),
    ['john', 'pete'],
  );
});

t.test('PERM-9 a member may leave, and sees it no more', async (t) => {
  const group = await makeGroup(john!, 'Desk', [people[1]!]);
  t.equal((await mary!.http('GET', `/groups/${group}`)).status, 200);
  t.equal((await mary!.http('DELETE', `/groups/${group}/members/${idOf.mary}`)).status, 204);
  t.equal((await mary!.http('GET', `/groups/${group}`)).status, 404);
  t.equal((await mary!.http('DELETE', `/groups/${group}/members/${idOf.mary}`)).status, 404);
});

t.test('PERM-9 an owner who left still sees and changes their group', async (t) => {
  const group = await makeGroup(john!, 'Desk', []);
  t.equal((await john!.http('DELETE', `/groups/${group}/members/${idOf.john}`)).status, 204);
  t.match(await john!.http('GET', `/groups/${group}`), { status: 200, json: { members: [] } });
  t.equal((await john!.http('POST', `/groups/${group}/members/${idOf.mary}`)).status, 201);
});

t.test('PERM-9 only they see it: each lists their own groups', async (t) => {
  const group = await makeGroup(mary!, 'Night', [people[2]!]);
  const lists = async (desk: typeof john): Promise<boolean> =>
    (await desk!.http('GET', '/groups')).json.some(({ id }: { id: string }) => id === group);
  t.same([await lists(mary), await lists(pete), await lists(john)], [true, true, false]);
  t.equal((await john!.http('GET', `/groups/${group}`)).status, 404);
});
