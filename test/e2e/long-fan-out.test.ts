/** A member with many sockets, and a group with many pages: nobody else waits, and each socket receives what it would have received. */
import t from 'tap';
import { alarmOn, grant, makeGroup, sitDown } from './desk.js';
import { faultsIn, foldOf, readBy } from './heard.js';
import { openRaw } from './raw-socket.js';
import { startServer } from './test-server.js';

const PAGES = 200;
const SOCKETS = 30;

t.test(
  'DLV-13 DLV-3 DLV-4 a user with many sockets who joins a group with many pages is told page by page; a right that is lost meanwhile is lost at once',
  async (t) => {
    const server = await startServer(t, { environment: { LIMITS: 'off' } });
    const [john, mary, pete] = await Promise.all([server.person('john'), server.person('mary'), server.person('pete')]);
    const [owner, other] = await Promise.all([sitDown(t, server, john), sitDown(t, server, pete)]);
    const group = await makeGroup(owner, 'Desk', []);
    const pages = await Promise.all(
      Array.from(
        { length: PAGES },
        async (_, at) => (await owner.must('create_page', { name: `Page ${at}` })).data.id as string,
      ),
    );
    const alarms = await Promise.all(
      pages.map(async (page) => (await owner.must('create_alarm', alarmOn(page))).data.id as string),
    );
    await Promise.all(pages.map((page) => owner.must('share_page', grant(page, 'group', group, 'view'))));
    const { data: own } = await other.must('create_page', { name: 'Mine' });
    const { data: ownAlarm } = await other.must('create_alarm', alarmOn(own.id));
    const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => openRaw(t, server.url, mary.token)));
    await Promise.all(sockets.map((socket) => socket.next('initial_state')));
    const states = async (): Promise<number> =>
      Number(/^alarm_server_page_states_sent_total (\d+)$/m.exec((await other.http('GET', '/metrics')).text)![1]);
    const before = await states();

    t.equal((await owner.http('POST', `/groups/${group}/members/${mary.id}`)).status, 201);
    t.equal((await other.ask('trigger_alarm', { alarm_id: ownAlarm.id, price: 1 })).type, 'success');
    const told = (await states()) - before;
    t.ok(told < PAGES, `${told} of ${PAGES} pages were told when somebody else was answered`);
    // She acts on the one that is told last: it comes before the answer.
    const acting = sockets[0]!;
    acting.send({ type: 'trigger_alarm', id: 'mine', payload: { alarm_id: alarms.at(-1), price: 2 } });
    await acting.next('success');
    t.ok(acting.messages.some(({ type, payload }) => type === 'page_added' && payload.page.id === pages.at(-1)));
    const joining = openRaw(t, server.url, mary.token);

    t.equal((await owner.http('DELETE', `/groups/${group}/members/${mary.id}`)).status, 204);
    await Promise.all(alarms.map((alarm_id) => owner.must('trigger_alarm', { alarm_id, price: 3 })));
    const late = await joining;
    sockets.push(late);
    await late.next('initial_state');
    // A page of her own, told to each of her sockets, is the end of what was to be told.
    acting.send({ type: 'create_page', id: 'last', payload: { name: 'Last' } });
    await Promise.all(
      sockets.map((socket) => socket.next('page_added', ({ payload }) => payload.page.name === 'Last')),
    );
    const desk = await sitDown(t, server, mary);
    const now = await readBy(desk);
    t.equal(Object.keys(now).length, 1);
    for (const { messages } of sockets) {
      t.same(faultsIn(messages), []);
      t.same(foldOf(messages), now);
      t.notOk(
        messages.some(({ type, payload }) => type === 'alarm_update' && payload.data.price === 3),
        'nothing that happened after the right was lost',
      );
    }

    t.equal((await owner.http('POST', `/groups/${group}/members/${mary.id}`)).status, 201);
    const last = pages.length + 1;
    await Promise.all(
      sockets.map(async (socket) => {
        for (;;) {
          const held = Object.keys(foldOf(socket.messages)).length;
          if (held === last) return;
          await new Promise((resolve) => socket.socket.once('message', resolve));
        }
      }),
    );
    for (const { messages } of sockets) t.same(faultsIn(messages), []);
    t.same(foldOf(acting.messages), await readBy(desk), 'and at the end it has them all');
  },
);
