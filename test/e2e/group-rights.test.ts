/** Rights that come and go with a group: what live sockets are told, and that it takes effect at its own place in the log. */
import t from 'tap';
import { alarmOn, type Desk, type Granted, grant, makeGroup, sitDown } from './desk.js';
import { faultsIn } from './heard.js';
import { startServer } from './test-server.js';

const server = await startServer(t);
const [john, mary, pete] = await Promise.all(['john', 'mary', 'pete'].map((name) => server.person(name)));
const owner = await sitDown(t, server, john!);
const viewer = await sitDown(t, server, mary!);

const newPage = async (): Promise<string> => (await owner.must('create_page', { name: 'Page' })).data.id;
const join = (group: string, id = mary!.id) => owner.http('POST', `/groups/${group}/members/${id}`);
const leave = (group: string, id = mary!.id) => owner.http('DELETE', `/groups/${group}/members/${id}`);
const shareWith = (page: string, group: string, granted: Granted) =>
  owner.must('share_page', grant(page, 'group', group, granted));

/** What the desk received about the page during `act`: types, and the rights in a message. */
async function heardOf(page: string, desk: Desk, act: () => Promise<unknown>): Promise<string[]> {
  const before = desk.messages.length;
  await act();
  await desk.fence();
  const heard = desk.messages.slice(before).filter(({ payload }) => [payload.page_id, payload.page?.id].includes(page));
  return heard.map(({ type, payload }) => (payload.page ? `${type} ${payload.page.can_edit ? 'edit' : 'view'}` : type));
}

t.test('DLV-4 joining a group gives its pages, leaving takes them', async (t) => {
  const page = await newPage();
  const { data: alarm } = await owner.must('create_alarm', alarmOn(page));
  const group = await makeGroup(owner, 'Desk', []);
  await shareWith(page, group, 'view');
  t.same(await heardOf(page, viewer, () => join(group)), ['page_added view']);
  t.same(viewer.messages.findLast(({ type }) => type === 'page_added')!.payload.alarms, [alarm]);
  t.same(await heardOf(page, viewer, () => owner.must('trigger_alarm', { alarm_id: alarm.id, price: 1 })), [
    'alarm_update',
  ]);
  t.same(await heardOf(page, viewer, () => leave(group)), ['page_removed']);
  t.same(await heardOf(page, viewer, () => owner.must('trigger_alarm', { alarm_id: alarm.id, price: 2 })), []);
});

t.test('DLV-4 a grant to a group reaches every member, each with their own rights', async (t) => {
  const page = await newPage();
  const other = await sitDown(t, server, pete!);
  const group = await makeGroup(owner, 'Desk', [mary!, pete!]);
  await owner.must('share_page', grant(page, 'user', pete!.id, 'view'));
  const others: string[][] = [];
  const share = (granted: Granted) => async (): Promise<void> =>
    void others.push(await heardOf(page, other, () => shareWith(page, group, granted)));
  t.same(await heardOf(page, viewer, share('edit')), ['page_added edit']);
  t.same(await heardOf(page, viewer, share('view')), ['page_update view']);
  t.same(await heardOf(page, viewer, share('nothing')), ['page_removed']);
  t.same(
    others,
    [['page_update edit'], ['page_update view'], ['page_update view']],
    'a user who sees it anyway is told their current rights',
  );
  for (const desk of [viewer, other]) t.same(faultsIn(desk.messages), []);
});

t.test('DLV-4 of two groups one may go: page_rights where rights change, nothing where they do not', async (t) => {
  const page = await newPage();
  const [day, night] = [await makeGroup(owner, 'Day', []), await makeGroup(owner, 'Night', [])];
  await shareWith(page, day, 'view');
  await shareWith(page, night, 'edit');
  t.same(await heardOf(page, viewer, () => join(day)), ['page_added view']);
  t.same(await heardOf(page, viewer, () => join(night)), ['page_rights edit']);
  t.same(await heardOf(page, viewer, () => leave(day)), [], 'the greater right stays');
  t.same(await heardOf(page, viewer, () => join(day)), []);
  t.same(await heardOf(page, viewer, () => leave(night)), ['page_rights view']);
  t.same(await heardOf(page, viewer, () => leave(day)), ['page_removed']);
});

t.test('DLV-4 a page shared directly and through a group stays while either does', async (t) => {
  const page = await newPage();
  const group = await makeGroup(owner, 'Desk', [mary!]);
  const share = (granted: Granted) => owner.must('share_page', grant(page, 'user', mary!.id, granted));
  t.same(await heardOf(page, viewer, () => share('view')), ['page_added view']);
  t.same(await heardOf(page, viewer, () => shareWith(page, group, 'edit')), ['page_update edit']);
  t.same(await heardOf(page, viewer, () => share('nothing')), ['page_update edit']);
  t.same(await heardOf(page, viewer, () => share('view')), ['page_update edit']);
  t.same(await heardOf(page, viewer, () => leave(group)), ['page_rights view']);
  t.same(await heardOf(page, viewer, () => join(group)), ['page_rights edit']);
  t.same(await heardOf(page, viewer, () => shareWith(page, group, 'nothing')), ['page_update view']);
  t.same(await heardOf(page, viewer, () => leave(group)), [], 'the group has nothing to take any more');
  t.same(await heardOf(page, viewer, () => share('nothing')), ['page_removed']);
  t.same(faultsIn(viewer.messages), []);
});

t.test('DLV-4 the owner keeps their rights, whatever their groups get', async (t) => {
  const page = await newPage();
  const group = await makeGroup(owner, 'Own', []);
  t.same(await heardOf(page, owner, () => shareWith(page, group, 'view')), ['page_update edit']);
  t.same(await heardOf(page, owner, () => leave(group, john!.id)), []);
  t.same(await heardOf(page, owner, () => shareWith(page, group, 'nothing')), ['page_update edit']);
});

t.test('DLV-4 the same rule for commands: one sent after leaving is refused, one sent before it counts', async (t) => {
  const page = await newPage();
  const group = await makeGroup(owner, 'Desk', [mary!]);
  await shareWith(page, group, 'edit');
  const { data: alarm } = await viewer.must('create_alarm', alarmOn(page));
  for (let round = 0; round < 10; round += 1) {
    // Both ways at once: whichever order the server takes them in, the two tell the same story.
    const [left, answer] = await Promise.all([
      leave(group),
      viewer.ask('trigger_alarm', { alarm_id: alarm.id, price: round }),
    ]);
    t.equal(left.status, 204);
    const { json } = await owner.http('GET', `/alarms/${alarm.id}/events`);
    t.equal(
      json.events.some(({ data }: { data: { price?: number } }) => data.price === round),
      answer.type === 'success',
    );
    if (answer.type === 'error') t.equal(answer.payload.code, 'not_found');
    await join(group);
  }
});
