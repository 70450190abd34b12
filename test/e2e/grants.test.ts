/** What a grant does: rights add up, editing means viewing, both false takes it away. */
import t from 'tap';
import { alarmOn, grant, makeGroup, sitDown } from './desk.js';
import { startServer } from './test-server.js';

const server = await startServer(t);
const [john, mary] = await Promise.all(['john', 'mary'].map((name) => server.person(name)));
const owner = await sitDown(t, server, john!);
const viewer = await sitDown(t, server, mary!);
const newPage = async (): Promise<string> => (await owner.must('create_page', { name: 'Page' })).data.id;
const rightsOn = async (page: string): Promise<unknown> => {
  const { status, json } = await viewer.http('GET', `/pages/${page}`);
  return status === 200 ? json.page.can_edit : status;
};

t.test('PERM-5 can_edit implies can_view, over socket and HTTP', async (t) => {
  for (const way of ['socket', 'HTTP']) {
    const page = await newPage();
    const asked = { page_id: page, subject_type: 'user', subject_id: mary!.id, can_view: false, can_edit: true };
    const data =
      way === 'socket'
        ? (await owner.must('share_page', asked)).data
        : (await owner.http('POST', `/pages/${page}/shares`, { body: asked })).json;
    t.same(data, { ...asked, can_view: true }, way);
    t.equal(await rightsOn(page), true);
    t.same((await owner.http('GET', `/pages/${page}/shares`)).json, [{ ...asked, can_view: true }]);
  }
});

t.test('PERM-5 rights are the union: one path may go, the other stays', async (t) => {
  const page = await newPage();
  const desk = await makeGroup(owner, 'Desk', [mary!]);
  await owner.must('share_page', grant(page, 'user', mary!.id, 'view'));
  await owner.must('share_page', grant(page, 'group', desk, 'edit'));
  t.equal(await rightsOn(page), true);
  await owner.must('share_page', grant(page, 'group', desk, 'view'));
  t.equal(await rightsOn(page), false, 'a grant replaces what the same group was granted');
  await owner.must('share_page', grant(page, 'user', mary!.id, 'nothing'));
  t.equal(await rightsOn(page), false, 'the right through the group stays');
  await owner.http('DELETE', `/groups/${desk}/members/${mary!.id}`);
  t.equal(await rightsOn(page), 404, 'and goes with it');
});

t.test('PERM-6 a grant with both rights false takes the grant away, also one that never was', async (t) => {
  const page = await newPage();
  for (const granted of ['view', 'nothing', 'nothing'] as const) {
    t.match((await owner.must('share_page', grant(page, 'user', mary!.id, granted))).data, {
      can_view: granted === 'view',
      can_edit: false,
    });
    t.equal(await rightsOn(page), granted === 'view' ? false : 404);
    t.equal((await owner.http('GET', `/pages/${page}/shares`)).json.length, granted === 'view' ? 1 : 0);
  }
});

t.test(
  'PERM-8 what one sees but may not do is answered with "Permission denied: …", and nothing happens',
  async (t) => {
    const page = await newPage();
    const { data: alarm } = await owner.must('create_alarm', alarmOn(page));
    const { seq } = await owner.must('share_page', grant(page, 'user', mary!.id, 'view'));
    for (const [type, payload] of [
      ['update_alarm', { alarm_id: alarm.id, ticker: 'X' }],
      ['share_page', grant(page, 'user', mary!.id, 'edit')],
      ['delete_page', { page_id: page }],
    ] as const) {
      const { payload: refusal } = await viewer.ask(type, payload);
      t.match(refusal, { code: 'permission_denied', message: /^Permission denied: / }, type);
    }
    t.equal(
      (await viewer.http('GET', `/pages/${page}/shares`)).json.detail,
      'Permission denied: only the owner of this page can see its shares',
    );
    t.match((await owner.http('GET', `/pages/${page}`)).json, { page: { seq }, alarms: [alarm] });
  },
);
