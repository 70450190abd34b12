/** Comments and notes over the wire: who sees them, what the files hold of them, and what is left of them when they are erased. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startAdminServer } from '../admin/admin-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { alarmOn, type Desk, grant, sitDown } from './desk.js';
import { request } from './http-requests.js';

const NOTE = 'Call the desk in Frankfurt — before\nselling.';
const ON_IT = 'On it, said Mary.';
const CALM = 'Spread is back to normal, says Mary.';
const OLGAS = 'Nobody erases what Olga wrote.';

/** All that a user can read of a page and an alarm, as one text. */
async function readBy(desk: Desk, page: string, alarm: string): Promise<string> {
  const position = (await desk.http('GET', `/pages/${page}/events?limit=1000`)).text;
  const paths = [
    `/pages/${page}`,
    `/alarms/${alarm}`,
    `/alarms/${alarm}/events?limit=1000`,
    `/alarms/${alarm}/events?limit=1000&order=desc`,
    `/pages/${page}/events?limit=1000&order=desc`,
    '/events',
    `/alarms/${alarm}?at=${new Date(Date.now()).toISOString()}`,
  ];
  const texts = await Promise.all(paths.map(async (path) => (await desk.http('GET', path)).text));
  desk.send({ type: 'sync', id: 'all', payload: { page_id: page, seq: 0 } });
  const state = await desk.next('page_state');
  return [position, ...texts, JSON.stringify(state)].join('\n');
}

/** The bytes of all files of the server, by name. */
const filesIn = (folder: string): Map<string, Buffer> =>
  new Map(
    readdirSync(folder)
      .filter((name) => /\.db(-wal)?$/.test(name))
      .map((name) => [name, readFileSync(join(folder, name))]),
  );

t.test(
  'TEXT-1 TEXT-2 TEXT-3 TEXT-4 what was written is shown, is in no file, and is null once it is erased',
  async (t) => {
    const dataDir = temporaryFolder(t);
    let server = await startAdminServer(t, { dataDir });
    const [olga, mary] = [await server.person('olga'), await server.person('mary')];
    let [owner, editor] = [await sitDown(t, server, olga), await sitDown(t, server, mary)];
    const page: string = (await owner.must('create_page', { name: 'Desk' })).data.id;
    await owner.must('share_page', grant(page, 'user', mary.id, 'edit'));
    const created = await editor.must('create_alarm', { ...alarmOn(page), note: NOTE });
    t.equal(created.data.note, NOTE);
    const alarm: string = created.data.id;
    const { seq } = await owner.must('trigger_alarm', { alarm_id: alarm, price: 1 });
    t.match(await editor.must('ack_alarm', { alarm_id: alarm, upto: seq, comment: ON_IT }), {
      data: { note: NOTE, status: { ack: { comment: ON_IT, upto: seq } } },
    });
    t.match(await owner.ask('ack_alarm', { alarm_id: alarm, upto: seq }), {
      payload: { code: 'already_acknowledged', details: { by: mary.id, comment: ON_IT } },
    });
    t.match(await editor.http('POST', `/alarms/${alarm}/comments`, { body: { text: CALM } }), {
      status: 200,
      json: { id: alarm, note: NOTE },
    });
    await owner.must('comment_alarm', { alarm_id: alarm, text: OLGAS });
    await owner.fence();
    const updates = owner.messages.filter(({ type }) => type === 'alarm_update').map(({ payload }) => payload);
    t.match(updates, [
      { action: 'created', data: { note: NOTE } },
      { action: 'triggered' },
      { action: 'updated', change: 'acknowledged', comment: ON_IT, data: { status: { ack: { comment: ON_IT } } } },
      { action: 'updated', change: 'commented', comment: CALM, by: mary.id },
      { action: 'updated', change: 'commented', comment: OLGAS, by: olga.id },
    ]);
    const before = await readBy(owner, page, alarm);
    for (const text of [NOTE, ON_IT, CALM, OLGAS]) t.ok(before.includes(JSON.stringify(text)), text);
    t.notOk(before.includes('sealed'));
    for (const [name, bytes] of filesIn(dataDir))
      for (const text of [NOTE, ON_IT, CALM, OLGAS])
        t.notOk(bytes.includes(text) || bytes.includes(JSON.stringify(text).slice(1, -1)), `${text} in ${name}`);
    const auditor = await server.operator('ann', 'auditor');
    const audited = async (as = ''): Promise<string> =>
      (
        await request(server.url, 'GET', '/audit/events', {
          token: auditor.token,
          headers: as === '' ? {} : { accept: as },
        })
      ).text;
    for (const text of [ON_IT, CALM]) t.ok((await audited()).includes(JSON.stringify(text)), 'an auditor sees it');
    t.ok((await audited('text/csv')).includes(CALM));
    t.match(await audited(), /"stored":.*sealed/, 'beside what is stored');
    const key = await keyOf(server, mary.id);
    t.equal(key.length, 44);

    t.equal((await owner.http('DELETE', `/admin/users/${mary.id}/texts`)).status, 404, 'not for everybody');
    t.equal((await server.admin('DELETE', `/admin/users/${mary.id}/texts`)).status, 204);
    t.equal((await server.admin('DELETE', `/admin/users/${mary.id}/texts`)).status, 204, 'again: nothing to do');
    t.equal((await server.admin('DELETE', '/admin/users/nobody/texts')).status, 404);
    const isErased = (text: string, when: string): void => {
      for (const gone of [NOTE, ON_IT, CALM]) t.notOk(text.includes(JSON.stringify(gone)), `${gone}: ${when}`);
      t.ok(text.includes(JSON.stringify(OLGAS)), when);
      t.notOk(text.includes('sealed'), when);
      t.match(text, /"note":null/, when);
      t.match(text, /"comment":null/, when);
    };
    isErased(await readBy(owner, page, alarm), 'at once');
    for (const text of [ON_IT, CALM]) t.notOk((await audited()).includes(text), 'not even to an auditor');
    t.match(await audited(), /"type":"UserTextsErased"/);
    const late = await sitDown(t, server, olga);
    t.match(late.initial.payload.alarms, [{ id: alarm, note: null, status: { ack: { by: mary.id, comment: null } } }]);
    t.match(await owner.ask('ack_alarm', { alarm_id: alarm, upto: seq }), {
      payload: { code: 'already_acknowledged', details: { by: mary.id, comment: null } },
    });
    server = await server.restart();
    [owner, editor] = [await sitDown(t, server, olga), await sitDown(t, server, mary)];
    isErased(await readBy(owner, page, alarm), 'after a restart');
    for (const [name, bytes] of filesIn(dataDir)) t.notOk(bytes.includes(key), `the key in ${name}`);
    t.match(await editor.must('update_alarm', { alarm_id: alarm, note: 'Another note.' }), {
      data: { note: 'Another note.', status: { ack: { comment: null } } },
    });
    await editor.must('update_alarm', { alarm_id: alarm, severity: 'high' });
    server = await server.restart();
    owner = await sitDown(t, server, olga);
    t.match((await owner.http('GET', `/alarms/${alarm}`)).json, { note: 'Another note.', severity: 'high' });
    editor = await sitDown(t, server, mary);
    t.notOk('note' in (await editor.must('update_alarm', { alarm_id: alarm, note: null })).data, 'null: the default');
  },
);

async function keyOf(server: Awaited<ReturnType<typeof startAdminServer>>, userId: string): Promise<string> {
  const last = await server.app.log.readPrivate(`textkey-${userId}`);
  return last?.type === 'TextKeySet' ? (last.data.key ?? '') : '';
}

t.test('TEXT-1 comments of a whole page, of taking back, clearing and snoozing', async (t) => {
  const server = await startAdminServer(t);
  const owner = await sitDown(t, server, await server.person('olga'));
  const page: string = (await owner.must('create_page', { name: 'Desk' })).data.id;
  const alarm: string = (await owner.must('create_alarm', alarmOn(page))).data.id;
  const { seq } = await owner.must('trigger_alarm', { alarm_id: alarm, price: 1 });
  await owner.must('ack_page', { page_id: page, upto: seq, comment: 'seen' });
  await owner.fence();
  t.match(owner.messages.findLast(({ type }) => type === 'page_update')?.payload, {
    action: 'acknowledged',
    comment: 'seen',
    alarms: [{ id: alarm, status: { ack: { comment: 'seen' } } }],
  });
  await owner.must('unack_alarm', { alarm_id: alarm, comment: 'not yet' });
  await owner.must('snooze_alarm', { alarm_id: alarm, for_s: 60, comment: 'lunch' });
  await owner.must('clear_alarm', { alarm_id: alarm, comment: 'over' });
  const { events } = (await owner.http('GET', `/alarms/${alarm}/events`)).json;
  t.match(events.slice(2), [
    { type: 'PageAcknowledged', data: { comment: 'seen', alarms: [{ status: { ack: { comment: 'seen' } } }] } },
    { type: 'AlarmUnacknowledged', change: 'unacknowledged', comment: 'not yet' },
    { type: 'AlarmSnoozed', change: 'snoozed', comment: 'lunch' },
    { type: 'AlarmCleared', change: 'cleared', comment: 'over' },
  ]);
  for (const [type, payload, field] of [
    ['comment_alarm', { text: '' }, 'text'],
    ['comment_alarm', { text: 'x'.repeat(2_001) }, 'text'],
    ['comment_alarm', {}, 'text'],
    ['clear_alarm', { comment: 'x'.repeat(501) }, 'comment'],
    ['update_alarm', { note: 'x'.repeat(2_001) }, 'note'],
    ['comment_alarm', { text: 'bell \u0007' }, 'text'],
  ] as const)
    t.match(await owner.ask(type, { alarm_id: alarm, ...payload }), {
      payload: { code: 'invalid_message', details: { fields: [{ field }] } },
    });
});

t.test('TEXT-5 the same command again has one effect; other text with its id is refused', async (t) => {
  const server = await startAdminServer(t);
  const olga = await server.person('olga');
  const owner = await sitDown(t, server, olga);
  const page: string = (await owner.must('create_page', { name: 'Desk' })).data.id;
  const alarm: string = (await owner.must('create_alarm', alarmOn(page))).data.id;
  const say = (text: string) => owner.ask('comment_alarm', { alarm_id: alarm, text }, 'c-1');
  const payload = { alarm_id: alarm, text: 'once' };
  owner.sendTogether([
    { type: 'comment_alarm', id: 'c-1', payload },
    { type: 'comment_alarm', id: 'c-1', payload },
  ]);
  const isAnswer = ({ id }: { id?: string }): boolean => id === 'c-1';
  const [first, second] = [await owner.next('success', isAnswer), await owner.next('success', isAnswer)];
  t.same(second, first);
  t.match(await say('twice'), { payload: { code: 'id_reused' } });
  t.match(
    await owner.http('POST', `/alarms/${alarm}/comments`, {
      body: { text: 'once' },
      headers: { 'Idempotency-Key': 'c-1' },
    }),
    { status: 200 },
    'the same over HTTP',
  );
  const { events } = (await owner.http('GET', `/alarms/${alarm}/events`)).json;
  t.equal(events.length, 2);
  await server.admin('DELETE', `/admin/users/${olga.id}/texts`);
  t.match(await say('once'), { payload: { code: 'id_reused' } }, 'the fingerprint went with the key');
});

t.test('TEXT-6 commands are decided in their order while the first key is made', async (t) => {
  const server = await startAdminServer(t);
  const owner = await sitDown(t, server, await server.person('olga'));
  const page: string = (await owner.must('create_page', { name: 'Desk' })).data.id;
  const alarm: string = (await owner.must('create_alarm', alarmOn(page))).data.id;
  owner.sendTogether([
    { type: 'trigger_alarm', id: '1', payload: { alarm_id: alarm, price: 1 } },
    { type: 'comment_alarm', id: '2', payload: { alarm_id: alarm, text: 'first' } },
    { type: 'trigger_alarm', id: '3', payload: { alarm_id: alarm, price: 2 } },
    { type: 'clear_alarm', id: '4', payload: { alarm_id: alarm, comment: 'over' } },
  ]);
  await owner.next('success', ({ id }) => id === '4');
  const history = await owner.http('GET', `/alarms/${alarm}/events`);
  t.equal(history.status, 200, history.text);
  const { events } = history.json;
  t.same(
    events.map(({ type }: { type: string }) => type),
    ['AlarmCreated', 'AlarmTriggered', 'AlarmCommented', 'AlarmTriggered', 'AlarmCleared'],
  );
});

t.test('TEXT-7 text that looks like sealed text is shown as it was written', async (t) => {
  const server = await startAdminServer(t);
  const [olga, mary] = [await server.person('olga'), await server.person('mary')];
  const [owner, other] = [await sitDown(t, server, olga), await sitDown(t, server, mary)];
  const page: string = (await owner.must('create_page', { name: 'Mine' })).data.id;
  const alarm: string = (await owner.must('create_alarm', { ...alarmOn(page), note: 'a secret of olga' })).data.id;
  const db = server.app.projection.live.pageOfAlarm(alarm)?.alarms.get(alarm)?.settings?.note;
  const forged = JSON.stringify(db);
  t.match(forged, /^\{"sealed":"/);
  const own: string = (await other.must('create_page', { name: forged })).data.id;
  const made = await other.must('create_alarm', {
    ...alarmOn(own, forged.slice(0, 100)),
    condition: forged,
    note: forged,
    tags: ['{"sealed":"x"}'],
  });
  t.match(made.data, { condition: forged, note: forged, tags: ['{"sealed":"x"}'] });
  t.match((await other.http('GET', `/alarms/${made.data.id}`)).json, { condition: forged, note: forged });
  t.notOk((await other.http('GET', '/events')).text.includes('a secret of olga'));
});
