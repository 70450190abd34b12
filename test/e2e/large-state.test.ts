/** A state that is larger than what a socket may have waiting, for a client that does not read it at once. */
import t from 'tap';
import { alarmOn, grant, sitDown } from './desk.js';
import { faultsIn, foldOf, readBy } from './heard.js';
import { openRaw } from './raw-socket.js';
import { startServer } from './test-server.js';

/** As long as fields may be. */
const LONG = { option: '€'.repeat(100), condition: '€'.repeat(500) };

t.test(
  'DLV-11 a state over the limit reaches a slow consumer while updates, grants and answers go on, and then it is up to date',
  async (t) => {
    const server = await startServer(t, { environment: { LIMITS: 'off' } });
    const [john, mary] = await Promise.all(['john', 'mary'].map((name) => server.person(name)));
    const owner = await sitDown(t, server, john!);
    const [large, small, lost] = (
      await Promise.all(['Large', 'Small', 'Lost'].map((name) => owner.must('create_page', { name })))
    ).map(({ data }) => data.id as string) as [string, string, string];
    const { data: alarm } = await owner.must('create_alarm', alarmOn(small));
    for (let made = 0; made < 16_000; made += 500)
      await Promise.all(Array.from({ length: 500 }, () => owner.must('create_alarm', { ...alarmOn(large), ...LONG })));
    for (const page of [large, small, lost]) await owner.must('share_page', grant(page, 'user', mary!.id, 'view'));

    // It reads nothing of its state before all of this has happened.
    const slow = await openRaw(t, server.url, mary!.token);
    slow.socket.pause();
    for (let price = 0; price < 500; price += 1) await owner.must('trigger_alarm', { alarm_id: alarm.id, price });
    slow.send({ type: 'trigger_alarm', id: 'own', payload: { alarm_id: alarm.id, price: 1 } });
    slow.send({ type: 'sync', id: 'sync', payload: { page_id: small, seq: 0 } });
    await owner.must('share_page', grant(lost, 'user', mary!.id, 'nothing'));
    const gained: string = (await owner.must('create_page', { name: 'Gained' })).data.id;
    await owner.must('share_page', grant(gained, 'user', mary!.id, 'edit'));
    await owner.must('rename_page', { page_id: large, name: 'Renamed' });

    slow.socket.resume();
    const initial = await slow.next('initial_state');
    t.ok(Buffer.byteLength(JSON.stringify(initial)) > 16 * 1024 * 1024, 'a state over the limit');
    t.equal((await slow.next('success')).id, 'own', 'an answer waits for it');
    t.equal((await slow.next('page_state')).id, 'sync');
    await owner.must('trigger_alarm', { alarm_id: alarm.id, price: 2 });
    slow.send({ type: 'fence', id: 'fence', payload: {} });
    await slow.next('error', ({ id }) => id === 'fence');
    const told = slow.messages.filter(({ type }) => type !== 'page_state');
    // A page that was sent as a state replaces what was held.
    const faults = faultsIn(told).filter((fault) => !fault.endsWith('the page was held already'));
    t.same(faults, []);
    t.same(foldOf(told), await readBy(await sitDown(t, server, mary!)));
  },
);
