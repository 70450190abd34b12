/** States that are not read: their cost, which sockets are cut, and that a late reader misses nothing. */
import { once } from 'node:events';
import { setTimeout as after } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { stoppedRequest, stoppedSocket } from '../gateway/stopped-reader.js';
import { alarmOn, type Desk, grant, sitDown } from './desk.js';
import { faultsIn, foldOf, readBy } from './heard.js';
import type { Message } from './raw-socket.js';
import { type Person, startServer } from './test-server.js';

const MIB = 1024 * 1024;

/** Alarms of the page, each as long as it may be: a state of some 5 MB, of which the kernels' buffers take about half. */
const ALARMS = 1_800;
const LONG = { ticker: '😀'.repeat(100), option: '😀'.repeat(100), condition: '😀'.repeat(500) };

interface Scene {
  readonly url: string;
  readonly owner: Desk;
  readonly mary: Person;
  readonly page: string;
  readonly alarm: string;
  metric(name: string): Promise<number>;
}

async function scene(t: Test, undeliveredBytes: number): Promise<Scene> {
  const server = await startServer(t, {
    environment: { LIMITS: 'off', LIMIT_UNDELIVERED_BYTES: String(undeliveredBytes) },
  });
  const [john, mary] = await Promise.all([server.person('john'), server.person('mary')]);
  const owner = await sitDown(t, server, john);
  const page: string = (await owner.must('create_page', { name: 'Page' })).data.id;
  for (let at = 0; at < ALARMS; at += 100) {
    owner.sendTogether(
      Array.from({ length: 100 }, () => ({ type: 'create_alarm', payload: { page_id: page, ...LONG } })),
    );
    await owner.fence();
  }
  const alarm: string = (await owner.must('create_alarm', alarmOn(page))).data.id;
  await owner.must('share_page', grant(page, 'user', mary.id, 'view'));
  const metric = async (name: string): Promise<number> =>
    Number(new RegExp(`^${name} (\\d+)$`, 'm').exec((await owner.http('GET', '/metrics')).text)![1]);
  return { url: server.url, owner, mary, page, alarm, metric };
}

/** Waits until the metric is so. */
async function until({ metric }: Scene, name: string, is: (value: number) => boolean): Promise<number> {
  for (;;) {
    const value = await metric(name);
    if (is(value)) return value;
    await after(50);
  }
}

t.test(
  'LIM-9 STORM-9 sockets and requests that never read share what waits for them; a reading client is served, and a late one misses nothing',
  async (t) => {
    const here = await scene(t, 24 * MIB);
    const { url, owner, mary, page, alarm } = here;
    const late = new WebSocket(`${url.replace('http', 'ws')}/ws?token=${mary.token}`);
    t.teardown(() => late.terminate());
    const heard: Message[] = [];
    late.on('message', (data) => heard.push(JSON.parse(String(data)) as Message));
    await once(late, 'open');
    late.pause();
    await Promise.all(Array.from({ length: 30 }, () => stoppedSocket(t, url, mary.token)));
    await Promise.all(Array.from({ length: 30 }, () => stoppedRequest(t, url, mary.token, `/pages/${page}`)));
    await until(here, 'alarm_server_page_states_sent_total', (sent) => sent >= 61);
    await until(here, 'alarm_server_undelivered_bytes', (bytes) => bytes > 2 * MIB);
    const reader = await sitDown(t, { url }, mary);
    t.equal(reader.initial.payload.alarms.length, ALARMS + 1, 'a reading client has the whole state');
    let last = 0;
    for (let price = 0; price < 20; price += 1)
      last = (await owner.must('trigger_alarm', { alarm_id: alarm, price })).seq;
    await reader.fence();
    t.same(faultsIn(reader.messages), []);
    t.ok(
      (await here.metric('alarm_server_undelivered_bytes')) < 14 * MIB,
      'far less than a copy for each, which would be 150 MiB',
    );
    t.equal(await here.metric('alarm_server_undelivered_cut_total'), 0);

    late.resume();
    const hasAll = (): boolean => heard.some(({ payload }) => payload.seq === last || payload.page?.seq === last);
    while (!hasAll()) await once(late, 'message');
    t.equal(heard[0]!.type, 'initial_state');
    t.same(faultsIn(heard), []);
    t.same(foldOf(heard), await readBy(reader));
  },
);

t.test('LIM-9 where there is no room, sockets that do not read are cut, and none that does', async (t) => {
  const here = await scene(t, 6 * MIB);
  const { url, mary, owner, alarm } = here;
  const stopped = await Promise.all(Array.from({ length: 100 }, () => stoppedSocket(t, url, mary.token)));
  await until(here, 'alarm_server_page_states_sent_total', (sent) => sent > stopped.length);
  await until(here, 'alarm_server_undelivered_bytes', (bytes) => bytes > 2.5 * MIB);
  for (let at = 0; at < 5; at += 1) {
    const reader = await sitDown(t, { url }, mary);
    t.equal(reader.initial.payload.alarms.length, ALARMS + 1);
    await owner.must('trigger_alarm', { alarm_id: alarm, price: at });
    t.equal((await reader.next('alarm_update')).payload.data.price, at);
    reader.socket.terminate();
  }
  t.ok((await here.metric('alarm_server_undelivered_bytes')) <= 6 * MIB);
  t.ok((await here.metric('alarm_server_sockets_too_slow_total')) > 0, 'some of the others were cut');
});
