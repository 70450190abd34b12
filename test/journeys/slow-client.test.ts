/** A client that does not read is cut when it is too far behind; what it did get has no gap, and nobody else is held up. */
import t from 'tap';
import { alarmOn, grant, sitDown } from './desk.js';
import { faultsIn } from './heard.js';
import { startServer } from './test-server.js';

t.test('DLV-5 a client that is too far behind is cut; it never has a silent gap', async (t) => {
  const server = await startServer(t);
  const [john, mary, pete] = await Promise.all(['john', 'mary', 'pete'].map((name) => server.person(name)));
  const owner = await sitDown(t, server, john!);
  const page: string = (await owner.must('create_page', { name: 'Page' })).data.id;
  for (const { id } of [mary!, pete!]) await owner.must('share_page', grant(page, 'user', id, 'view'));
  const [slow, quick] = await Promise.all([mary!, pete!].map((person) => sitDown(t, server, person)));
  // As long as fields may be: an update of some 2 KB.
  const long = { option: '€'.repeat(100), condition: '€'.repeat(500) };
  const { data: alarm } = await owner.must('create_alarm', { ...alarmOn(page), ...long });

  slow!.socket.pause();
  let cut = false;
  void slow!.closed.then(() => (cut = true));
  const sockets = async (): Promise<number> => Number(/^alarm_server_sockets (\d+)$/m.exec((await owner.http('GET', '/metrics')).text)![1]);
  let sent = 0;
  while ((await sockets()) === 3) {
    if (sent > 40_000) return t.fail(`it was not cut after ${sent} updates`);
    await Promise.all(Array.from({ length: 500 }, () => owner.must('trigger_alarm', { alarm_id: alarm.id, price: sent++ })));
  }
  t.notOk(cut, 'it has not read so far that it is cut');

  slow!.socket.resume();
  t.equal((await slow!.closed).code, 1006, 'no code reaches it: it is to reconnect');
  t.same(faultsIn(slow!.messages), [], 'up to where it was cut it has every update');
  t.ok(slow!.messages.length < sent, 'not all of them');
  await quick!.fence();
  t.same(faultsIn(quick!.messages), []);
  t.equal(quick!.messages.filter(({ type, payload }) => type === 'alarm_update' && payload.action === 'triggered').length, sent, 'who reads has all');

  const again = await sitDown(t, server, mary!);
  t.equal(again.initial.payload.pages[0].seq, quick!.messages.findLast(({ type }) => type === 'alarm_update')!.payload.seq, 'and so has he, when he is back');
});
