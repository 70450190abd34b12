/** A client that does not read is cut when it is too far behind; what it did get has no gap, and nobody else is held up. */
import t from 'tap';
import { alarmOn, grant, sitDown } from './desk.js';
import { faultsIn, foldOf, readBy } from './heard.js';
import { openRaw } from './raw-socket.js';
import { startServer } from './test-server.js';

/** As long as fields may be. */
const LONG = { option: '€'.repeat(100), condition: '€'.repeat(500) };
/** An update of some 5 KB: so that a client is too far behind long before it is too late for a pong. */
const LONGEST = {
  ...LONG,
  tags: Array.from({ length: 20 }, (_, at) => `${'€'.repeat(48)}${at + 10}`),
};

t.test('DLV-5 a client that is too far behind is cut; it never has a silent gap', async (t) => {
  const server = await startServer(t, { environment: { LIMITS: 'off' } });
  const [john, mary, pete] = await Promise.all(['john', 'mary', 'pete'].map((name) => server.person(name)));
  const owner = await sitDown(t, server, john!);
  const page: string = (await owner.must('create_page', { name: 'Page' })).data.id;
  for (const { id } of [mary!, pete!]) await owner.must('share_page', grant(page, 'user', id, 'view'));
  const [slow, quick] = await Promise.all([mary!, pete!].map((person) => sitDown(t, server, person)));
  const { data: alarm } = await owner.must('create_alarm', { ...alarmOn(page), ...LONGEST });

  slow!.socket.pause();
  let cut = false;
  void slow!.closed.then(() => (cut = true));
  const sockets = async (): Promise<number> =>
    Number(/^alarm_server_sockets (\d+)$/m.exec((await owner.http('GET', '/metrics')).text)![1]);
  let sent = 0;
  while ((await sockets()) === 3) {
    if (sent > 300_000) return t.fail(`it was not cut after ${sent} updates`);
    await Promise.all(
      Array.from({ length: 500 }, () => owner.must('trigger_alarm', { alarm_id: alarm.id, price: sent++ })),
    );
  }
  t.notOk(cut, 'it has not read so far that it is cut');

  slow!.socket.resume();
  t.equal((await slow!.closed).code, 1006, 'no code reaches it: it is to reconnect');
  t.same(faultsIn(slow!.messages), [], 'up to where it was cut it has every update');
  t.match((await owner.http('GET', '/metrics')).text, /^alarm_server_sockets_too_slow_total 1$/m, 'and it is counted');
  t.ok(slow!.messages.length < sent, 'not all of them');
  await quick!.fence();
  t.same(faultsIn(quick!.messages), []);
  t.equal(
    quick!.messages.filter(({ type, payload }) => type === 'alarm_update' && payload.action === 'triggered').length,
    sent,
    'a client that reads has everything',
  );

  const again = await sitDown(t, server, mary!);
  t.equal(
    again.initial.payload.pages[0].seq,
    quick!.messages.findLast(({ type }) => type === 'alarm_update')!.payload.seq,
    'and so has the cut one after it reconnected',
  );
});

t.test('DLV-5 a client that is cut and reads on gets all that was sent before, and 4500', async (t) => {
  const server = await startServer(t, { environment: { LIMITS: 'off' } });
  const [john, mary] = await Promise.all(['john', 'mary'].map((name) => server.person(name)));
  const owner = await sitDown(t, server, john!);
  const page: string = (await owner.must('create_page', { name: 'Page' })).data.id;
  await owner.must('share_page', grant(page, 'user', mary!.id, 'view'));
  const slow = await sitDown(t, server, mary!);
  const { data: alarm } = await owner.must('create_alarm', { ...alarmOn(page), ...LONGEST });
  slow.socket.pause();
  const isCut = async (): Promise<boolean> =>
    /^alarm_server_sockets_too_slow_total 1$/m.test((await owner.http('GET', '/metrics')).text);
  let sent = 0;
  const trigger = () =>
    Promise.all(Array.from({ length: 500 }, () => owner.must('trigger_alarm', { alarm_id: alarm.id, price: sent++ })));
  while (!(await isCut())) {
    if (sent > 300_000) return t.fail(`it was not cut after ${sent} updates`);
    await trigger();
  }
  const sentBefore = sent;
  await trigger();
  slow.socket.resume();
  t.match(await slow.closed, { code: 4500, reason: /resume/ });
  t.same(faultsIn(slow.messages), []);
  t.ok(
    slow.messages.filter(({ type, payload }) => type === 'alarm_update' && payload.action === 'triggered').length <=
      sentBefore,
    'and nothing behind it',
  );
});

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
