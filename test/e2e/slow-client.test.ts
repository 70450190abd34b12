/** A client that does not read is cut when it is too far behind; what it did get has no gap, and nobody else is held up. */
import t from 'tap';
import { alarmOn, grant, sitDown } from './desk.js';
import { faultsIn } from './heard.js';
import { startServer } from './test-server.js';

/** An update of some 5 KB: so that a client is too far behind long before it is too late for a pong. */
const LONGEST = {
  option: '€'.repeat(100),
  condition: '€'.repeat(500),
  tags: Array.from({ length: 20 }, (_, at) => `${'€'.repeat(48)}${at + 10}`),
};

/** Triggers under way at a time: a store that shares two cores with all of this answers them in time. */
const BURST = 100;

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
      Array.from({ length: BURST }, () => owner.must('trigger_alarm', { alarm_id: alarm.id, price: sent++ })),
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
    Promise.all(
      Array.from({ length: BURST }, () => owner.must('trigger_alarm', { alarm_id: alarm.id, price: sent++ })),
    );
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
