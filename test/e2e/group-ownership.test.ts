/** Groups that are renamed, transferred and deleted: over HTTP, and what live sockets hear of their pages. */
import t from 'tap';
import { alarmOn, type Desk, grant, makeGroup, sitDown } from './desk.js';
import { faultsIn, foldOf, readBy } from './heard.js';
import { startServer } from './test-server.js';

const server = await startServer(t);
const people = await Promise.all(['john', 'mary', 'pete'].map((name) => server.person(name)));
const [owner, member, other] = (await Promise.all(people.map((person) => sitDown(t, server, person)))) as [
  Desk,
  Desk,
  Desk,
];

const newPage = async (): Promise<string> => (await owner.must('create_page', { name: 'Page' })).data.id;
const groupAs = async (desk: Desk, group: string) => {
  const { status, json } = await desk.http('GET', `/groups/${group}`);
  return status === 200 ? [json.name, json.owner_id, json.members.map(({ id }: { id: string }) => id)] : status;
};

async function heardBy(desk: Desk, act: () => Promise<unknown>): Promise<string[]> {
  await desk.fence();
  const before = desk.messages.length;
  await act();
  await desk.fence();
  return desk.messages
    .slice(before)
    .filter(({ type }) => type.startsWith('page_'))
    .map(({ type, payload }) => `${type} ${payload.page_id ?? payload.page.id}`);
}

t.test('PERM-14 its owner renames a group; members may not, and for others it is not there', async (t) => {
  const group = await makeGroup(owner, 'Desk', [member.person]);
  const rename = (desk: Desk, name: string) => desk.http('PATCH', `/groups/${group}`, { body: { name } });
  t.match(await rename(owner, 'Büro'), { status: 200, json: { id: group, name: 'Büro' } });
  t.match(await rename(member, 'Mine'), { status: 403, json: { code: 'permission_denied' } });
  t.match(await rename(other, 'Mine'), { status: 404, json: { code: 'not_found' } });
  t.match(await rename(owner, ''), { status: 422 });
  t.match(await groupAs(member, group), ['Büro', owner.person.id, [owner.person.id, member.person.id]]);
});

t.test(
  'PERM-14 DLV-4 a transferred group: the new owner is a member and sees its pages, the former one stays',
  async (t) => {
    const group = await makeGroup(owner, 'Desk', [member.person]);
    const page = await newPage();
    await owner.must('share_page', grant(page, 'group', group, 'view'));
    const transfer = (desk: Desk, to: string) => desk.http('POST', `/groups/${group}/transfer`, { body: { to } });
    t.match(await transfer(member, member.person.id), { status: 403 });
    t.match(await transfer(other, other.person.id), { status: 404 });
    t.match(await transfer(owner, owner.person.id), { status: 409, json: { code: 'nothing_to_do' } });
    t.match(await transfer(owner, 'nobody'), { status: 404, json: { detail: 'User not found' } });
    t.same(
      await heardBy(other, async () => {
        const { status, json } = await transfer(owner, other.person.id);
        t.match([status, json.owner_id, json.members.length], [200, other.person.id, 3]);
      }),
      [`page_added ${page}`],
    );
    t.equal((await owner.http('POST', `/groups/${group}/members/${member.person.id}`)).status, 403);
    t.match(await groupAs(owner, group), ['Desk', other.person.id, people.map(({ id }) => id)]);
    t.same(
      await heardBy(member, () => other.http('DELETE', `/groups/${group}/members/${member.person.id}`)),
      [`page_removed ${page}`],
      'the new owner changes its members',
    );
  },
);

t.test('PERM-15 DLV-4 a deleted group: its members lose its pages at once, and nothing remembers it', async (t) => {
  const [group, stays] = [await makeGroup(owner, 'Desk', [member.person]), await makeGroup(owner, 'Other', [])];
  await owner.http('POST', `/groups/${stays}/members/${member.person.id}`);
  const [lost, kept, mixed] = [await newPage(), await newPage(), await newPage()];
  const { data: alarm } = await owner.must('create_alarm', alarmOn(lost));
  for (const page of [lost, kept, mixed]) await owner.must('share_page', grant(page, 'group', group, 'edit'));
  await owner.must('share_page', grant(kept, 'user', member.person.id, 'edit'));
  await owner.must('share_page', grant(mixed, 'group', stays, 'view'));
  const remove = (desk: Desk) =>
    desk.http('DELETE', `/groups/${group}`, { idempotencyKey: `delete ${group.slice(0, 8)}` });
  t.match(await remove(member), { status: 403 });
  t.match(await remove(other), { status: 404 });
  t.same(
    (await heardBy(member, () => remove(owner))).sort(),
    [`page_removed ${lost}`, `page_rights ${mixed}`].sort(),
    'one page goes, one stays with fewer rights, and one as it was',
  );
  t.match(await remove(owner), { status: 204 }, 'the same id has the same answer');
  t.equal((await owner.http('DELETE', `/groups/${group}`)).status, 404);
  t.equal((await member.ask('trigger_alarm', { alarm_id: alarm.id, price: 1 })).payload.code, 'not_found');
  for (const desk of [owner, member]) {
    t.equal(await groupAs(desk, group), 404);
    t.notOk((await desk.http('GET', '/groups')).text.includes(group));
  }
  t.same((await owner.http('GET', `/pages/${lost}/shares`)).json, []);
  t.notOk((await owner.http('GET', `/pages/${mixed}/viewers`)).text.includes(group));
  t.match((await owner.ask('share_page', grant(lost, 'group', group, 'view'))).payload, {
    code: 'not_found',
    message: 'Group not found',
  });
  for (const desk of [owner, member]) {
    t.same(faultsIn(desk.messages), []);
    t.same(foldOf(desk.messages), await readBy(desk));
  }
  await server.restart();
  const again = await sitDown(t, server, member.person);
  t.same(foldOf(again.messages), await readBy(again));
  t.equal(await groupAs(again, group), 404);
  t.same(Object.keys(foldOf(again.messages)).sort(), [kept, mixed].sort());
});
