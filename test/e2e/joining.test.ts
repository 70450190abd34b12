/** Joining a page that never rests: the state and the updates behind it have neither hole nor overlap. */
import t from 'tap';
import { alarmOn, type Desk, grant, makeGroup, sitDown } from './desk.js';
import { faultsIn, foldOf, readBy } from './heard.js';
import { triggerSteadily } from './load-on-page.js';
import { startServer } from './test-server.js';

const server = await startServer(t, { environment: { LIMITS: 'off' } });
const [john, mary] = await Promise.all(['john', 'mary'].map((name) => server.person(name)));
const owner = await sitDown(t, server, john!);

async function busyPage(): Promise<{ page: string; alarm: string }> {
  const page: string = (await owner.must('create_page', { name: 'Busy' })).data.id;
  const [alarm] = await Promise.all(Array.from({ length: 20 }, () => owner.must('create_alarm', alarmOn(page))));
  return { page, alarm: alarm!.data.id };
}

t.test('DLV-2 sockets that open under load: initial_state and updates add up to what the server says', async (t) => {
  const { page, alarm } = await busyPage();
  await owner.must('share_page', grant(page, 'user', mary!.id, 'view'));
  const load = triggerSteadily(owner, alarm);
  const joined: Desk[] = [];
  for (let round = 0; round < 8; round += 1)
    joined.push(...(await Promise.all(Array.from({ length: 5 }, () => sitDown(t, server, mary!)))));
  t.ok((await load.stop()) > joined.length, 'the triggers went on all the while');
  const seqs = new Set(joined.map(({ initial }) => initial.payload.pages[0].seq));
  t.ok(seqs.size > 1, 'they joined at different numbers');
  for (const desk of joined) {
    await desk.fence();
    t.same(faultsIn(desk.messages), []);
    t.same(foldOf(desk.messages), await readBy(desk));
  }
});

t.test(
  'DLV-2 page_added under load, by a grant and by a group: its state and the updates behind it add up',
  async (t) => {
    const { page, alarm } = await busyPage();
    const viewer = await sitDown(t, server, mary!);
    const group = await makeGroup(owner, 'Desk', []);
    await owner.must('share_page', grant(page, 'group', group, 'view'));
    const load = triggerSteadily(owner, alarm);
    for (let round = 0; round < 20; round += 1) {
      if (round % 2) await owner.must('share_page', grant(page, 'user', mary!.id, 'view'));
      else await owner.http('POST', `/groups/${group}/members/${mary!.id}`);
      // At least one number after the grant is received before the right is removed again.
      await viewer.next('alarm_update', ({ payload }) => payload.page_id === page);
      if (round % 2) await owner.must('share_page', grant(page, 'user', mary!.id, 'nothing'));
      else await owner.http('DELETE', `/groups/${group}/members/${mary!.id}`);
    }
    await owner.must('share_page', grant(page, 'user', mary!.id, 'edit'));
    await load.stop();
    await viewer.fence();
    t.equal(
      viewer.messages.filter(({ type, payload }) => type === 'page_added' && payload.page.id === page).length,
      21,
    );
    t.same(faultsIn(viewer.messages), []);
    t.same(foldOf(viewer.messages), await readBy(viewer));
  },
);
