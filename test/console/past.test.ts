/** The console's own reckoning: a page as it was, what a revocation takes from whom, and the files of an export. */
import type { Grant, HistoryEvent, Viewer } from '@alarm-server/client';
import t from 'tap';
import { startServer } from '../e2e/test-server.js';
import { consoleModule } from './console-module.js';

const { toCsv, toNdjson } = await consoleModule('state/history-export.js');
const { alarmsAt, density, differences, seqAt } = await consoleModule('state/past.js');
const { lossesOf } = await consoleModule('state/rights.js');

const event = (seq: number, type: string, data: object = {}): HistoryEvent => ({
  seq,
  type,
  at: new Date(seq * 1_000).toISOString(),
  by: 'u',
  data: data as HistoryEvent['data'],
});

t.test('CON-4 the page as it was after each event equals what the server showed then', async (t) => {
  const server = await startServer(t);
  const client = await (await server.person('anna')).connect();
  const { pageHistory } = await import('@alarm-server/client');
  const page = await client.createPage({ name: 'one' });
  const shown: string[] = [JSON.stringify([])];
  const note = (): void => void shown.push(JSON.stringify(client.store.alarmsOf(page.id)));
  const alarm = await client.createAlarm({ page_id: page.id, ticker: 'A', option: '', condition: 'c' });
  note();
  await client.triggerAlarm({ alarm_id: alarm.id, price: 1.5 });
  note();
  await client.createAlarm({ page_id: page.id, ticker: 'B', option: '', condition: 'c' });
  note();
  await client.updateAlarm({ alarm_id: alarm.id, active: false });
  note();
  await client.deleteAlarm({ alarm_id: alarm.id });
  note();
  const token = (await server.person('ben')).token;
  await t.rejects(pageHistory(server.url, token, page.id));
  const { events } = await pageHistory(server.url, await tokenOf(server.url), page.id);
  for (const [seq, then] of shown.entries())
    t.same([...alarmsAt(events, seq).values()], JSON.parse(then), `after event ${seq}`);
  const now = client.store.alarmsOf(page.id);
  t.same(differences(alarmsAt(events, events.length), now), []);
  t.match(
    differences(alarmsAt(events, 1), now).map(({ what }: any) => what),
    ['removed', 'added'],
  );
  t.same(differences(alarmsAt(events, 3), [{ ...alarm, ticker: 'C', last_triggered: null }])[1]?.what, [
    { field: 'ticker', before: 'A', now: 'C' },
    { field: 'last triggered', before: alarmsAt(events, 3).get(alarm.id)?.last_triggered, now: 'never' },
  ]);
});

const tokenOf = async (url: string): Promise<string> => {
  const { login } = await import('@alarm-server/client');
  return login(url, { username: 'anna', password: 'correct horse battery staple' });
};

t.test('CON-4 a moment is the event before the first that is after it, also where a clock went back', async (t) => {
  const events = [
    event(0, 'PageCreated'),
    event(1, 'x'),
    { ...event(2, 'x'), at: new Date(500).toISOString() },
    event(9, 'x'),
  ];
  t.equal(seqAt(events, -1), -1);
  t.equal(seqAt(events, 0), 0);
  t.equal(seqAt(events, 999), 0, 'not the later event with the earlier time');
  t.equal(seqAt(events, 1_000), 2);
  t.equal(seqAt(events, 1e9), 9);
  t.same(density([event(0, 'x'), event(1, 'x'), event(10, 'x')], 5), [2, 0, 0, 0, 1]);
  t.same(density([], 2), [0, 0]);
});

t.test('CON-4 a revocation takes only what comes by no other path', async (t) => {
  const share = (subject_type: Grant['subject_type'], subject_id: string, can_edit: boolean): Grant => ({
    page_id: 'p',
    subject_type,
    subject_id,
    can_view: true,
    can_edit,
  });
  const [desk, ben] = [share('group', 'g', true), share('user', 'ben', false)];
  const viewers: Viewer[] = [
    { user_id: 'anna', username: 'anna', right: 'own', paths: [{ via: 'owner' }, { via: 'group:g' }] },
    { user_id: 'ben', username: 'ben', right: 'edit', paths: [{ via: 'direct' }, { via: 'group:g' }] },
    { user_id: 'cy', username: 'cy', right: 'edit', paths: [{ via: 'group:g' }] },
  ];
  t.match(lossesOf(desk, 'none', viewers, [desk, ben]), [
    { user_id: 'ben', before: 'edit', after: 'view' },
    { user_id: 'cy', before: 'edit', after: 'none' },
  ]);
  t.same(lossesOf(ben, 'none', viewers, [desk, ben]), [], 'the group still lets them');
});

t.test('CON-4 an export is exact, and no formula is run by whoever opens it', async (t) => {
  const events = [
    event(0, 'PageCreated', { id: 'p', name: 'x' }),
    event(1, 'AlarmTriggered', {
      id: 'a',
      ticker: '=cmd()',
      option: 'a,"b"',
      condition: '-1',
      active: true,
      price: -1.5,
    }),
  ];
  t.equal(toNdjson(events), events.map((one) => `${JSON.stringify(one)}\n`).join(''));
  t.equal(
    toCsv(events),
    [
      'seq,type,at,by,alarm_id,ticker,option,condition,active,price,void',
      '0,PageCreated,1970-01-01T00:00:00.000Z,u,,,,,,,',
      `1,AlarmTriggered,1970-01-01T00:00:01.000Z,u,a,'=cmd(),"a,""b""",'-1,true,-1.5,`,
      '',
    ].join('\r\n'),
  );
});
