/** What users were refused is on record, and they cannot fill the disk with it. */
import t from 'tap';
import type { EventLog, NewEvent } from '../../src/log/event-log.js';
import { Denials } from '../../src/processes/denials.js';
import type { Projection } from '../../src/projections/projection.js';
import { startAdminServer } from '../admin/admin-server.js';
import { alarmOn, grant, sitDown } from '../e2e/desk.js';
import { type HttpAnswer, request } from '../e2e/http-requests.js';

t.test('AUD-7 refused commands and reads of users are on record, after their answer', async (t) => {
  const server = await startAdminServer(t);
  const [john, mary, aida] = [
    await server.person('john'),
    await server.person('mary'),
    await server.operator('aida', 'auditor'),
  ];
  const [owner, viewer] = [await sitDown(t, server, john), await sitDown(t, server, mary)];
  const audit = (path: string): Promise<HttpAnswer> => request(server.url, 'GET', path, { token: aida.token });
  const page: string = (await owner.must('create_page', { name: 'Desk' })).data.id;
  const alarm: string = (await owner.must('create_alarm', alarmOn(page))).data.id;
  const hidden: string = (await owner.must('create_page', { name: 'Hidden' })).data.id;
  await owner.must('share_page', grant(page, 'user', mary.id, 'view'));

  t.match(await viewer.ask('rename_page', { page_id: page, name: 'Mine' }, 'r-1'), { type: 'error' });
  t.match(await viewer.ask('delete_alarm', { alarm_id: alarm }), { type: 'error' });
  t.equal((await viewer.http('POST', `/pages/${hidden}/ack`, { body: { upto: 1 }, idempotencyKey: 'k' })).status, 404);
  t.equal((await viewer.http('GET', `/pages/${hidden}`)).status, 404);
  t.equal((await viewer.http('GET', `/pages/${page}/shares`)).status, 403);
  t.equal((await viewer.http('GET', '/pages/what-i-typed')).status, 404);
  t.equal((await viewer.http('GET', '/audit/events')).status, 404);
  t.equal((await viewer.http('GET', '/admin/users')).status, 404);
  // Refused for other reasons: no right is missing.
  t.match(await viewer.ask('trigger_alarm', { alarm_id: alarm, price: 'high' }), { type: 'error' });
  t.equal((await viewer.http('GET', `/pages/${page}?at=@1`)).status, 404, 'the page did not exist yet');

  const expected = [
    ['rename_page', page, page, 'permission_denied', 'PERM-4'],
    ['delete_alarm', alarm, page, 'permission_denied', 'PERM-3'],
    ['ack_page', hidden, hidden, 'not_found', 'PERM-7'],
    ['get_page', hidden, hidden, 'not_found', 'PERM-7'],
    ['list_page_shares', page, page, 'permission_denied', 'PERM-4'],
    ['get_page', null, null, 'not_found', 'PERM-7'],
    ['list_audit_events', null, null, 'not_found', 'EVID-6'],
    ['list_users', null, null, 'not_found', 'ADM-1'],
  ];
  let answer: HttpAnswer;
  do answer = await audit('/audit/denied');
  while (answer.json.denied.length < expected.length);
  const { denied, as_of, next } = answer.json;
  t.same(
    denied.map(({ what, target, page_id, code, rule }: any) => [what, target, page_id, code, rule]),
    expected,
  );
  t.match(as_of, { settled: true });
  t.equal(next, null);
  for (const one of denied)
    t.match(one, { type: 'CommandDenied', user_id: mary.id, username: 'mary', judged: /^\d+$/ });

  const raw = (await audit('/audit/events?types=CommandDenied')).text.split('\n').slice(0, -1);
  for (const line of raw) {
    const { id, stored, stream, by } = JSON.parse(line);
    const metadata = JSON.parse(stored.metadata);
    t.match(stream, /^denied-\d{4}-\d\d-\d\d-[0-9a-f]{8}$/);
    t.match([by, metadata.id, metadata.hash], [mary.id, undefined, undefined], 'no id of a command, and no hash');
    t.equal(metadata.key, id, 'nor its key');
  }

  const first = (await audit('/audit/denied?limit=3')).json;
  t.same(first.denied, denied.slice(0, 3));
  t.same((await audit(`/audit/denied?limit=100&after=${first.next}`)).json.denied, denied.slice(3));
  t.same((await audit(`/audit/denied?page=${page}`)).json.denied.length, 3);
  t.same((await audit(`/audit/denied?user=${mary.id}&page=${hidden}`)).json.denied.length, 2);
  t.same((await audit(`/audit/denied?user=${john.id}`)).json.denied, []);
  t.same(
    (await audit(`/audit/denied?from=@${denied[1].position}&to=@${denied[2].position}`)).json.denied,
    denied.slice(1, 3),
  );
  t.equal((await viewer.http('GET', '/audit/denied')).status, 404);
  t.equal((await audit('/audit/denied?limit=0')).status, 422);
});

/** A log that takes what it is given, or nothing; and a projection at a time of the test's. */
function recorder() {
  const appended: { stream: string; expected: number; events: readonly NewEvent[] }[] = [];
  const state = { at: '2026-01-15T10:30:00.000Z', isFull: false };
  const log = {
    append: async (stream: string, expected: number, events: readonly NewEvent[]) => {
      if (state.isFull) return { kind: 'full' };
      appended.push({ stream, expected, events });
      return { kind: 'appended', revision: expected + events.length, position: '9' };
    },
  } as unknown as EventLog;
  const projection = {
    position: '7',
    clock: { at: () => state.at },
    live: { pages: new Map([['page', {}]]), pageOfAlarm: () => undefined, groups: new Map(), users: new Map() },
    history: { pageOfAlarm: () => undefined, positionOf: () => undefined },
  } as unknown as Projection;
  const denials = new Denials({ log, projection });
  const deny = (userId: string): void =>
    denials.note({
      userId,
      what: 'rename_page',
      about: { page_id: 'page' },
      code: 'permission_denied',
      rule: 'PERM-4',
    });
  return { appended, state, denials, deny };
}

t.test('AUD-7 beyond 20 of a user and minute refusals are counted, and told once a minute', async (t) => {
  const { appended, state, denials, deny } = recorder();
  for (let at = 0; at < 25; at += 1) deny('mary');
  for (let at = 0; at < 21; at += 1) deny('pete');
  deny('john');
  t.same(appended, [], 'not before the answer');
  state.at = '2026-01-15T10:31:00.500Z';
  deny('mary');
  await denials.drain();
  const events = appended.flatMap((one) => one.events);
  const of = (by: string) => events.filter(({ metadata }) => metadata.by === by).length;
  t.same([of('mary'), of('pete'), of('john'), of('system')], [21, 20, 1, 1]);
  t.same(events.find(({ metadata }) => metadata.by === 'system')?.event, {
    type: 'DenialsSummarised',
    data: {
      from: '2026-01-15T10:30:00.000Z',
      until: '2026-01-15T10:31:00.000Z',
      users: [
        { user_id: 'mary', count: 5 },
        { user_id: 'pete', count: 1 },
      ],
      others: 0,
    },
  });
  t.match(events[0], { event: { data: { target: 'page', page_id: 'page', judged: '7' } } });
  t.match(appended[0], { stream: /^denied-2026-01-15-[0-9a-f]{8}$/, expected: -1 });
  t.equal(denials.dropped, 0);
  state.at = '2026-01-16T00:00:00.000Z';
  deny('mary');
  await denials.drain();
  t.match(appended.at(-1), { stream: /^denied-2026-01-16-/, expected: -1 }, 'a stream for each day');
});

t.test('AUD-7 what a full log does not take is dropped and counted', async (t) => {
  const { appended, state, denials, deny } = recorder();
  state.isFull = true;
  for (let at = 0; at < 2_000; at += 1) deny(`user ${at}`);
  await denials.drain();
  t.same([appended.length, denials.dropped], [0, 2_000]);
  state.isFull = false;
  deny('mary');
  await denials.drain();
  t.equal(appended.length, 1);
});
