/** The occurrences of an alarm over HTTP: how each began, was acknowledged and ended, while it is there, deleted, and after a rebuild. */
import { rmSync } from 'node:fs';
import { alarmOccurrences } from '@alarm-server/client';
import t from 'tap';
import { readModelFile } from '../../src/config.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { alarmOn, grant, sitDown } from './desk.js';
import { startServer } from './test-server.js';

t.test('LIFE-13 every occurrence is listed, newest first, as it was last, and the same after a rebuild', async (t) => {
  const dataDir = temporaryFolder(t);
  let server = await startServer(t, { dataDir });
  const [olga, mary, steve] = await Promise.all(['olga', 'mary', 'steve'].map((name) => server.person(name)));
  const [owner, viewer] = await Promise.all([olga!, mary!].map((person) => sitDown(t, server, person)));
  const page: string = (await owner!.must('create_page', { name: 'Desk' })).data.id;
  await owner!.must('share_page', grant(page, 'user', mary!.id, 'view'));
  const alarm: string = (await owner!.must('create_alarm', alarmOn(page))).data.id;
  const path = `/alarms/${alarm}/occurrences`;
  t.same((await viewer!.http('GET', path)).json, { occurrences: [], next: null });
  const trigger = async (price: number): Promise<number> =>
    (await viewer!.must('trigger_alarm', { alarm_id: alarm, price })).seq;
  // Seqs 3 and 4; 5 acknowledges them.
  const [first, second] = [await trigger(1.5), await trigger(0.1 + 0.2)];
  await viewer!.must('ack_alarm', { alarm_id: alarm, upto: second, comment: 'on it' });
  // 6 begins another one, and 7 clears it.
  const third = await trigger(-3);
  const cleared = await owner!.must('clear_alarm', { alarm_id: alarm, comment: 'over' });
  const fourth = await trigger(4);
  await viewer!.must('ack_page', { page_id: page, upto: fourth });
  const changed = await owner!.must('update_alarm', { alarm_id: alarm, ticker: 'EUR/GBP' });
  const fifth = await trigger(5);
  await viewer!.must('ack_alarm', { alarm_id: alarm, upto: fifth });
  const reopened = await viewer!.must('unack_alarm', { alarm_id: alarm });
  t.match(reopened.data.status, { state: 'open' });

  const { occurrences, next } = (await viewer!.http('GET', path)).json;
  t.equal(next, null);
  t.match(occurrences, [
    { first_seq: fifth, last_seq: fifth, count: 1, first_price: 5, last_price: 5, ack: null, cleared: null },
    {
      first_seq: fourth,
      count: 1,
      ack: { upto: fourth, by: mary!.id },
      cleared: { seq: changed.seq, by: olga!.id, at: /Z$/ },
    },
    { first_seq: third, first_price: -3, ack: null, cleared: { seq: cleared.seq, by: olga!.id, comment: 'over' } },
    {
      first_seq: first,
      first_at: /Z$/,
      last_seq: second,
      last_at: /Z$/,
      count: 2,
      first_price: 1.5,
      last_price: 0.1 + 0.2,
      ack: { upto: second, by: mary!.id, at: /Z$/, comment: 'on it' },
      cleared: null,
    },
  ]);
  const part = (await viewer!.http('GET', `${path}?limit=2`)).json;
  t.same(part, { occurrences: occurrences.slice(0, 2), next: fourth });
  t.same((await viewer!.http('GET', `${path}?limit=2&before_seq=${part.next}`)).json, {
    occurrences: occurrences.slice(2),
    next: null,
  });
  t.same(await alarmOccurrences(server.url, mary!.token, alarm, { beforeSeq: third, limit: 10 }), {
    occurrences: occurrences.slice(3),
    next: null,
  });
  t.equal((await viewer!.http('GET', `${path}?limit=0`)).status, 422);
  t.equal((await viewer!.http('GET', `${path}?before_seq=x`)).status, 422);
  const stranger = await sitDown(t, server, steve!);
  t.equal((await stranger.http('GET', path)).status, 404);

  await trigger(6);
  await owner!.must('delete_alarm', { alarm_id: alarm });
  const deleted = (await viewer!.http('GET', path)).json;
  t.match(deleted.occurrences[0], { first_seq: fifth, count: 2, first_price: 5, last_price: 6 });
  t.same(deleted.occurrences.slice(1), occurrences.slice(1));
  await server.app.stop();
  rmSync(readModelFile(dataDir));
  server = await server.restart();
  const again = await sitDown(t, server, mary!);
  let rebuilt = await again.http('GET', path);
  // The tables are still being written.
  while (rebuilt.status === 503) rebuilt = await again.http('GET', path);
  t.same(rebuilt.json, deleted);
});
