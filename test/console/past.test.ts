/** The console's own reckoning: a page as it was, what a revocation takes from whom, and the files of an export. */
import type { Grant, HistoryEvent, Viewer } from '@alarm-server/client';
import t from 'tap';
import { startServer } from '../e2e/test-server.js';
import { consoleModule } from './console-module.js';

const { toCsv, toNdjson } = await consoleModule('state/history-export.js');
const { density, differences } = await consoleModule('state/past.js');
const { PagePast } = await consoleModule('state/page-past.js');
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
  const page = await client.createPage({ name: 'one' });
  const shown: string[] = [JSON.stringify([])];
  const note = (): void => void shown.push(JSON.stringify(client.store.alarmsOf(page.id)));
  const make = async (ticker: string) => {
    const alarm = await client.createAlarm({ page_id: page.id, ticker, option: '', condition: 'c' });
    note();
    return alarm;
  };
  const trigger = async (alarm_id: string, price: number): Promise<void> => {
    await client.triggerAlarm({ alarm_id, price });
    note();
  };
  const [first, second] = [await make('A'), await make('B')];
  await trigger(first.id, 1.5);
  await trigger(second.id, 2.5);
  await trigger(first.id, 1.6);
  await client.ackPage({ page_id: page.id, upto: 4 });
  note();
  await client.updateAlarm({ alarm_id: second.id, active: false, severity: 'high', tags: ['x'] });
  note();
  await client.deleteAlarm({ alarm_id: first.id });
  note();
  // Several of the same millisecond.
  const many = Array.from({ length: 9 }, (_, at) =>
    client.createAlarm({ page_id: page.id, ticker: `T${at}`, option: '', condition: 'c' }).then(note),
  );
  await Promise.all(many);
  const { pageAt, pageHistory } = await import('@alarm-server/client');
  t.rejects(pageHistory(server.url, (await server.person('ben')).token, page.id));
  const token = await tokenOf(server.url);
  const source = {
    events: async (afterSeq: number, limit: number) =>
      (await pageHistory(server.url, token, page.id, { afterSeq, limit })).events,
    pageAt: (at: string) => pageAt(server.url, token, page.id, at).catch(() => undefined),
  };
  for (const size of [4, 256]) {
    const past = new PagePast(source, size);
    for (const [seq, then] of [...shown.entries()].reverse()) {
      const { alarms, event } = await past.after(seq);
      t.equal(event.seq, seq);
      // What several answers of one batch came to is told by the last of them.
      if (seq < 9 || seq === shown.length - 1) t.same([...alarms.values()], JSON.parse(then), `after event ${seq}`);
      else t.equal(alarms.size, 1 + seq - 8);
    }
  }
  const past = new PagePast(source);
  const now = client.store.alarmsOf(page.id);
  t.equal(await past.seqAt(new Date().toISOString()), page.seq + shown.length - 1);
  t.equal(await past.seqAt('2020-01-01T00:00:00Z'), undefined);
  t.same(differences((await past.after(shown.length - 1)).alarms, now), []);
  t.match(
    differences((await past.after(1)).alarms, now.slice(0, 1)).map(({ what }: any) => what),
    ['removed', 'added'],
  );
  const then = (await past.after(4)).alarms;
  t.same(
    differences(then, [
      { ...then.get(second.id), ticker: 'C', severity: 'low', status: undefined, last_triggered: null },
    ])
      .find(({ alarm }: any) => alarm.id === second.id)
      .what.map(({ field, now }: any) => `${field}: ${now}`),
    ['ticker: C', 'state: Watching', 'severity: low', 'last trigger: ', 'price: ', 'count: '],
  );
});

const tokenOf = async (url: string): Promise<string> => {
  const { login } = await import('@alarm-server/client');
  return login(url, { username: 'anna', password: 'correct horse battery staple' });
};

t.test('CON-4 the density strip counts the events of equal parts of the time', async (t) => {
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
  ].map((one) => (one.seq === 1 ? { ...one, comment: '+1' } : one));
  t.equal(toNdjson(events), events.map((one) => `${JSON.stringify(one)}\n`).join(''));
  t.equal(
    toCsv(events),
    [
      'seq,type,at,by,alarm_id,ticker,option,condition,active,price,void,change,quiet,comment',
      '0,PageCreated,1970-01-01T00:00:00.000Z,u,,,,,,,,,,',
      `1,AlarmTriggered,1970-01-01T00:00:01.000Z,u,a,'=cmd(),"a,""b""",'-1,true,-1.5,,,,'+1`,
      '',
    ].join('\r\n'),
  );
});
