/** Many commands at once on a page that many sockets see: they are decided in parts, and each socket receives all updates in order. */
import t from 'tap';
import { alarmOn, sitDown } from './desk.js';
import { openRaw } from './raw-socket.js';
import { startServer } from './test-server.js';

const SOCKETS = 64;
const TRIGGERS = 120;

t.test(
  'STORM-11 where many sockets see the page, a burst of commands is committed in parts; all receive it in order',
  { skip: process.env['TEST_EVENT_STORE'] !== undefined && 'a shared store delivers in its own time' },
  async (t) => {
    const server = await startServer(t, { environment: { LIMITS: 'off' } });
    const john = await server.person('john');
    const owner = await sitDown(t, server, john);
    const { data: page } = await owner.must('create_page', { name: 'Desk' });
    const { data: alarm } = await owner.must('create_alarm', alarmOn(page.id));
    const commits = async (): Promise<number> =>
      Number(/^alarm_server_commit_seconds_count (\d+)$/m.exec((await owner.http('GET', '/metrics')).text)![1]);
    let last = 0;
    const burst = async (): Promise<number> => {
      const before = await commits();
      const prices = Array.from({ length: TRIGGERS }, () => ++last);
      owner.sendTogether(
        prices.map((price) => ({ type: 'trigger_alarm', id: `t-${price}`, payload: { alarm_id: alarm.id, price } })),
      );
      await owner.next('success', ({ id }) => id === `t-${last}`);
      return (await commits()) - before;
    };
    await burst();
    const few = await burst();
    const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => openRaw(t, server.url, john.token)));
    await Promise.all(sockets.map((socket) => socket.next('initial_state')));
    const many = await burst();
    t.ok(few < TRIGGERS / 32, `${few} commits where one socket sees the page`);
    t.ok(many >= TRIGGERS / 32, `${many} commits where ${SOCKETS} do`);
    for (const socket of sockets) {
      await socket.next('alarm_update', ({ payload }) => payload.data.price === last);
      const heard = socket.messages.flatMap(({ type, payload }) =>
        type === 'alarm_update' ? [payload.data.price] : [],
      );
      t.same(
        heard,
        Array.from({ length: TRIGGERS }, (_, at) => last - TRIGGERS + 1 + at),
      );
    }
  },
);
