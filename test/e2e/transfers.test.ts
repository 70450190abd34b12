/** A page goes to another owner: over the socket and over HTTP, and what everybody is told of it. */
import t from 'tap';
import { Holder } from '../gateway/holder.js';
import { alarmOn, type Desk, grant, makeGroup, sitDown } from './desk.js';
import { faultsIn, foldOf, readBy } from './heard.js';
import type { Message } from './raw-socket.js';
import { startServer } from './test-server.js';

const server = await startServer(t, { environment: { LIMIT_PAGES_PER_USER: '20' } });
const [john, mary, pete] = (await Promise.all(['john', 'mary', 'pete'].map((name) => server.person(name)))) as [
  Awaited<ReturnType<typeof server.person>>,
  Awaited<ReturnType<typeof server.person>>,
  Awaited<ReturnType<typeof server.person>>,
];
const owner = await sitDown(t, server, john);
const taker = await sitDown(t, server, mary);
const other = await sitDown(t, server, pete);

const newPage = async (): Promise<string> => (await owner.must('create_page', { name: 'Page' })).data.id;

/** What each of the three heard of the page while `act` went on, without answers. */
async function heardOf(page: string, act: () => Promise<unknown>): Promise<Message[][]> {
  const desks = [owner, taker, other];
  await Promise.all(desks.map((desk) => desk.fence()));
  const before = desks.map(({ messages }) => messages.length);
  await act();
  await Promise.all(desks.map((desk) => desk.fence()));
  return desks.map(({ messages }, at) =>
    messages
      .slice(before[at])
      .filter(({ type, payload }) => type.startsWith('page_') && [payload.page_id, payload.page?.id].includes(page)),
  );
}

const isRight = async (desk: Desk): Promise<void> => {
  await desk.fence();
  t.same(faultsIn(desk.messages), []);
  t.same(foldOf(desk.messages), await readBy(desk));
};

t.test(
  'PERM-13 DLV-15 an owner transfers a page: each hears it with their own rights, a taker who did not see it gets it whole',
  async (t) => {
    for (const way of ['socket', 'HTTP'] as const) {
      const page = await newPage();
      const { data: alarm } = await owner.must('create_alarm', alarmOn(page));
      await owner.must('share_page', grant(page, 'user', pete.id, 'view'));
      const [former, next, others] = await heardOf(page, async () => {
        if (way === 'socket')
          t.match(await owner.must('transfer_page', { page_id: page, to: mary.id }), {
            action: 'page_transferred',
            seq: 3,
            data: { id: page, seq: 3, owner_id: mary.id, is_owner: false, can_edit: true, can_share: false },
          });
        else
          t.match(await owner.http('POST', `/pages/${page}/transfer`, { body: { to: mary.id } }), {
            status: 200,
            json: { id: page, seq: 3, owner_id: mary.id, is_owner: false, can_edit: true, can_share: false },
          });
      });
      const told = (can_edit: boolean) => ({
        type: 'page_update',
        payload: {
          action: 'transferred',
          seq: 3,
          by: john.id,
          page: { id: page, owner_id: mary.id, is_owner: false, can_edit, can_share: false },
        },
      });
      t.match(former, [told(true)], way);
      t.match(others, [told(false)]);
      t.match(next, [
        { type: 'page_added', payload: { page: { seq: 3, is_owner: true, can_share: true }, alarms: [alarm] } },
      ]);
      t.equal((await owner.ask('rename_page', { page_id: page, name: 'Mine' })).payload.code, 'permission_denied');
      await owner.must('trigger_alarm', { alarm_id: alarm.id, price: 1 });
      t.same((await taker.http('GET', `/pages/${page}/shares`)).json, [
        { page_id: page, subject_type: 'user', subject_id: pete.id, can_view: true, can_edit: false },
        { page_id: page, subject_type: 'user', subject_id: john.id, can_view: true, can_edit: true },
      ]);
      t.match(
        (await taker.http('GET', `/pages/${page}/viewers`)).json.map(({ username, right }: Record<string, string>) => [
          username,
          right,
        ]),
        [
          ['mary', 'own'],
          ['john', 'edit'],
          ['pete', 'view'],
        ],
      );
      t.match((await other.http('GET', `/pages/${page}/events`)).json.events[3], {
        type: 'PageTransferred',
        by: john.id,
        data: { id: page, name: 'Page', owner_id: mary.id },
      });
      t.same(
        (await heardOf(page, () => taker.must('share_page', grant(page, 'user', john.id, 'nothing'))))[0]?.map(
          ({ type }) => type,
        ),
        ['page_removed'],
        'the grant that was left may be taken away',
      );
      await Promise.all([owner, taker, other].map(isRight));
    }
  },
);

t.test('PERM-13 DLV-15 what the taker had directly ends, and what comes through a group stays', async (t) => {
  const page = await newPage();
  const group = await makeGroup(owner, 'Desk', [mary, pete]);
  await owner.must('share_page', grant(page, 'group', group, 'view'));
  await owner.must('share_page', grant(page, 'user', mary.id, 'view'));
  const [, hers] = await heardOf(page, () => owner.must('transfer_page', { page_id: page, to: mary.id }));
  t.match(hers, [{ type: 'page_update', payload: { action: 'transferred', page: { is_owner: true } } }]);
  const [, back, others] = await heardOf(page, () => taker.must('transfer_page', { page_id: page, to: john.id }));
  t.match(back, [{ type: 'page_update', payload: { page: { is_owner: false, can_edit: true } } }]);
  t.match(others, [{ type: 'page_update', payload: { page: { is_owner: false, can_edit: false } } }]);
  t.same(
    (await owner.http('GET', `/pages/${page}/shares`)).json.map(({ subject_id }: Record<string, string>) => subject_id),
    [mary.id, group],
    'the owner has no grant beside their ownership',
  );
  await Promise.all([owner, taker, other].map(isRight));
});

t.test('PERM-13 what is refused, and by which words', async (t) => {
  const page = await newPage();
  await owner.must('share_page', grant(page, 'user', pete.id, 'edit'));
  const transfer = async (desk: Desk, to: string): Promise<unknown> => {
    const answer = await desk.http('POST', `/pages/${page}/transfer`, { body: { to } });
    const { payload } = await desk.ask('transfer_page', { page_id: page, to });
    t.same([answer.json.code, answer.json.detail], [payload.code, payload.message]);
    return [answer.status, payload.code, payload.message];
  };
  t.same(await transfer(owner, 'nobody'), [404, 'not_found', 'User not found']);
  t.same(await transfer(owner, john.id), [409, 'nothing_to_do', 'This user owns the page already: name another one']);
  t.match(await transfer(other, pete.id), [403, 'permission_denied', /^Permission denied: only the owner/]);
  t.same(await transfer(taker, mary.id), [404, 'not_found', 'Page not found']);
  t.match(await owner.http('POST', `/pages/${page}/transfer`, { body: {} }), {
    status: 422,
    json: { errors: [{ field: 'to' }] },
  });
});

t.test("PERM-13 CMD-1 the taker's limits do not refuse it, and the same id has one effect", async (t) => {
  const { json } = await taker.http('GET', '/pages');
  const owned = json.filter(({ is_owner }: { is_owner: boolean }) => is_owner).length;
  for (let at = owned; at < 20; at += 1) await taker.must('create_page', { name: 'Page' });
  t.equal((await taker.ask('create_page', { name: 'Page' })).payload.code, 'limit_reached');
  const page = await newPage();
  const first = await owner.must('transfer_page', { page_id: page, to: mary.id }, 'give it once');
  t.same(await owner.must('transfer_page', { page_id: page, to: mary.id }, 'give it once'), first);
  t.equal((await taker.http('GET', `/pages/${page}`)).json.page.seq, 1);
  await taker.must('create_alarm', alarmOn(page));
  await taker.must('delete_page', { page_id: page });
});

t.test('DLV-15 DLV-7 who was away hears of the owner of each moment, or gets the state', async (t) => {
  const page = await newPage();
  for (let at = 0; at < 20; at += 1) await owner.must('create_alarm', alarmOn(page));
  await owner.must('share_page', grant(page, 'user', pete.id, 'view'));
  const away = async (): Promise<Holder> => {
    const holder = new Holder(server.url, pete.token);
    t.teardown(() => holder.socket.terminate());
    await holder.join();
    await holder.cut();
    return holder;
  };
  const entryOf = ({ payload }: any) => payload.pages.find((entry: any) => entry.page.id === page);
  const early = await away();
  await owner.must('share_page', grant(page, 'user', mary.id, 'view'));
  const late = await away();
  await owner.must('transfer_page', { page_id: page, to: mary.id });
  await taker.must('share_page', grant(page, 'user', mary.id, 'view'));
  await taker.must('rename_page', { page_id: page, name: 'Hers' });
  t.match(
    entryOf(await late.resume()).updates.map(({ payload }: any) => [
      payload.action,
      payload.page.owner_id,
      payload.page.name,
    ]),
    [
      ['transferred', mary.id, 'Page'],
      ['shared', mary.id, 'Page'],
      ['renamed', mary.id, 'Hers'],
    ],
  );
  t.equal(entryOf(await early.resume()).alarms.length, 20, 'no event that was missed tells who owned it before');
  for (const holder of [early, late]) {
    await holder.fence();
    t.same(holder.faults, []);
    t.same(holder.state, await readBy(other));
  }
});

t.test('PERM-13 PROJ-1 a restart and a rebuild know the new owner', async (t) => {
  const page = await newPage();
  await owner.must('transfer_page', { page_id: page, to: mary.id });
  const again = await server.restart();
  const [late, now] = await Promise.all([john, mary].map((person) => sitDown(t, again, person)));
  t.match((await now!.http('GET', `/pages/${page}`)).json.page, { owner_id: mary.id, is_owner: true });
  t.equal((await late!.ask('delete_page', { page_id: page })).payload.code, 'permission_denied');
  await now!.must('delete_page', { page_id: page });
});
