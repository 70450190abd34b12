/** What auditors read over HTTP: pages of a moment, deleted ones too; every event whole; and that each read is recorded. */
import { hash } from 'node:crypto';
import t, { type Test } from 'tap';
import { startAdminServer } from '../admin/admin-server.js';
import { alarmOn, grant, sitDown } from '../e2e/desk.js';
import { type HttpAnswer, request } from '../e2e/http-requests.js';
import { PASSWORD } from '../e2e/test-server.js';

interface Record {
  readonly position: string;
  readonly index: number;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly v: number;
  readonly at: string;
  readonly by: string;
  readonly data: any;
  readonly stored: { readonly metadata: string; readonly data: string };
}

const recordsIn = ({ text }: HttpAnswer): Record[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record);

const server = await startAdminServer(t);
const [john, mary, aida] = [
  await server.person('john'),
  await server.person('mary'),
  await server.operator('aida', 'auditor'),
];
const [owner, other] = [await sitDown(t, server, john), await sitDown(t, server, mary)];
const audit = (path: string, headers: { [name: string]: string } = {}): Promise<HttpAnswer> =>
  request(server.url, 'GET', path, { token: aida.token, headers });

const page: string = (await owner.must('create_page', { name: '=Desk' })).data.id;
const kept: string = (await other.must('create_page', { name: 'Kept' })).data.id;
const alarm = await owner.must('create_alarm', alarmOn(page, '+EUR'));
const triggered = await owner.must('trigger_alarm', { alarm_id: alarm.data.id, price: -37.63 });
const live = (await owner.http('GET', `/pages/${page}`)).json;
await owner.must('share_page', grant(page, 'user', mary.id, 'edit'));
const deleted = await owner.must('delete_page', { page_id: page });

/** Polls what is appended without waiting for it. */
async function until<T>(read: () => Promise<T>, is: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read();
    if (is(value)) return value;
  }
}

t.test('AUD-3 every page of a moment, deleted ones too, with alarms and the whole history', async (t) => {
  const all = (await audit('/audit/pages')).json;
  t.match(all, {
    pages: [
      { id: page, name: '=Desk', owner_id: john.id, owner: 'john', deleted_at: /Z$/ },
      { id: kept, name: 'Kept', owner: 'mary', seq: 0, deleted_at: undefined },
    ],
    next: null,
    as_of: { position: /^\d+$/, settled: true },
  });
  const first = (await audit('/audit/pages?limit=1')).json;
  t.same(
    first.pages.map(({ id }: { id: string }) => id),
    [page],
  );
  const second = (await audit(`/audit/pages?limit=1&after=${first.next}&at=@${first.as_of.position}`)).json;
  t.match(second, { pages: [{ id: kept }], next: null });
  const then = (await audit(`/audit/pages?at=@${triggered.position}`)).json;
  t.match(then.pages[0], { id: page, seq: live.page.seq, deleted_at: undefined }, 'before it was deleted');

  const was = (await audit(`/audit/pages/${page}?at=@${triggered.position}`)).json;
  t.same(was.alarms, live.alarms);
  t.match(was.page, { name: '=Desk', is_owner: false, can_edit: false, can_share: false });
  t.match((await audit(`/audit/pages/${page}`)).json, { page: { deleted_at: /Z$/ }, alarms: [{ id: alarm.data.id }] });
  const history = (await audit(`/audit/pages/${page}/events`)).json;
  t.same(
    history.events.map(({ type }: { type: string }) => type),
    ['PageCreated', 'AlarmCreated', 'AlarmTriggered', 'PageShared', 'PageDeleted'],
  );
  t.match(history.events[3].data, { subject_id: mary.id, can_edit: true }, 'grants are shown');
  t.match((await audit(`/audit/pages/${page}/events?after_seq=2&limit=1`)).json, { events: [{ seq: 3 }], next: 3 });

  for (const [path, status] of [
    ['/audit/pages/nobody', 404],
    ['/audit/pages/nobody/events', 404],
    [`/audit/pages/${page}?at=@1`, 404],
    [`/audit/pages/${page}?at=@9999999`, 422],
    ['/audit/pages?after=elsewhere', 422],
    ['/audit/pages?after=6b1f.s7', 410],
    ['/audit/pages?limit=1001', 422],
  ] as const)
    t.equal((await audit(path)).status, status, path);
  for (const path of ['/audit/pages', `/audit/pages/${page}`, `/audit/pages/${page}/events`, '/audit/events']) {
    t.equal((await owner.http('GET', path)).status, 404, `${path} for somebody else`);
    t.equal((await owner.http('GET', `${path}?bad=1`)).status, 404, 'whatever is asked');
    t.match(await audit(`${path}?bad=1`), { status: 422, json: { errors: [{ field: 'bad' }] } });
    t.equal((await request(server.url, 'GET', path)).status, 401);
  }
});

t.test('AUD-4 each read that is answered is recorded, and nothing else', async (t) => {
  await audit('/audit/key');
  await audit('/audit/checkpoint');
  await audit('/audit/pages/nobody');
  const { position } = (await audit('/audit/pages')).json.as_of;
  await audit(`/audit/pages/${kept}?at=@${position}`);
  await owner.http('GET', '/audit/pages');
  const read = await until(
    async () => recordsIn(await audit(`/audit/events?from=@${Number(position) + 1}&types=AuditRead`)),
    (records) => records.length >= 3,
  );
  t.match(read[0], { stream: `user-${aida.id}`, by: aida.id, data: { what: 'list_audit_pages', range: {} } });
  t.same(read[1]?.data, { what: 'get_audit_page', range: { page_id: kept, at: `@${position}` } });
  t.match(read[2]?.data, { what: 'list_audit_events', range: { types: 'AuditRead' } }, 'the reading of these, too');
  t.ok(read.every(({ by }) => by === aida.id));
});

/** The leaf of a record, as docs/protocol.md says. */
const entry = ({ index, stream, revision, id, type, stored }: Record): string =>
  `alarm-server/event/v1\n${index}\n${stream}\n${revision}\n${id}\n${type}\n${hash('sha256', stored.metadata, 'base64')}\n${hash('sha256', stored.data, 'base64')}\n`;

/** The entries that the evidence serves, as bytes: C2SP tlog-tiles. */
async function entriesOf(t: Test, size: number): Promise<string[]> {
  const answer = await fetch(`${server.url}/audit/tile/entries/000.p/${size}`, {
    headers: { authorization: `Bearer ${aida.token}` },
  });
  t.equal(answer.status, 200);
  const bytes = Buffer.from(await answer.arrayBuffer());
  const entries: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt16BE(at);
    entries.push(bytes.toString('utf8', at + 2, at + 2 + length));
    at += 2 + length;
  }
  return entries;
}

t.test('AUD-5 every event whole, so that its leaf can be computed; any part of them, each once', async (t) => {
  const wish = { name: 'Screen', can: ['read'], pages: [kept], password: PASSWORD };
  t.equal((await other.http('POST', '/access-tokens', { body: wish })).status, 201);
  await audit(`/audit/events?page=${kept}&limit=1`);
  await until(
    async () => recordsIn(await audit('/audit/events?types=AuditRead')),
    (reads) => reads.some(({ data }) => data.range.page === kept),
  );
  const answer = await audit('/audit/events');
  t.match(answer.headers.get('content-type'), /^application\/x-ndjson/);
  const all = recordsIn(answer);
  t.equal(answer.headers.get('as-of-position'), all.at(-1)?.position);
  t.equal(answer.headers.get('as-of-index'), String(all.at(-1)?.index));
  t.same(
    all.map(({ index }) => index),
    [...all.keys()],
    'from the first event on',
  );
  t.match(all[0], { type: 'LogCreated', stream: 'log', revision: 0, by: 'system', v: 1 });
  const trigger = all.find(({ type }) => type === 'AlarmTriggered')!;
  t.match(trigger, { position: triggered.position, data: { price: -37.63 }, by: john.id, stream: `page-${page}` });
  t.same(JSON.parse(trigger.stored.data), trigger.data);
  t.notOk(
    all.some(({ stream }) => /^(credential|reset|invitation-code|access-token|state)-/.test(stream)),
    'no event of a private stream',
  );
  await audit(`/audit/checkpoint?position=${all.at(-1)!.position}`);
  t.same(all.map(entry), await entriesOf(t, all.length), 'the entries of the evidence');

  const by = async (query: string): Promise<Record[]> => recordsIn(await audit(`/audit/events?${query}`));
  const to = `to=@${all.at(-1)!.position}`;
  t.same(await by(to), all, 'up to a position it stays the same');
  const [half, rest] = [await by(`${to}&limit=5`), await by(`${to}&after=${all[4]!.position}`)];
  t.same([...half, ...rest], all, 'in two parts');
  t.same(await by(`${to}&from=%235`), all.slice(5), 'from an index on');
  t.same(await by(`${to}&from=@${all[3]!.position}`), all.slice(3), 'from a position on, that event included');
  t.same(
    await by(`from=${trigger.at}&to=${trigger.at}`),
    all.filter(({ at }) => at === trigger.at),
  );
  t.equal((await audit('/audit/events?to=2000-01-01T00:00:00Z')).status, 404, 'before the log');
  t.same((await by(`from=2999-01-01T00:00:00Z`)).length, 0, 'nothing yet');
  t.same(await by(`to=2999-01-01T00:00:00Z&limit=3`), all.slice(0, 3), 'up to now');
  t.same(
    (await by(`${to}&page=${page}`))
      .map(({ type }) => type)
      .filter((type) => !/^(AuditRead|CommandDenied)$/.test(type)),
    ['PageCreated', 'AlarmCreated', 'AlarmTriggered', 'PageShared', 'PageDeleted'],
  );
  t.ok(
    (await by(`${to}&page=${page}&types=AuditRead`)).every(({ data }) => data.range.page_id === page),
    'who read it',
  );
  t.same(
    new Set((await by(`${to}&page=${kept}`)).map(({ type }) => type)),
    new Set(['PageCreated', 'AuditRead', 'AccessTokenCreated']),
    'reads of many pages about it, and tokens that name it',
  );
  t.ok((await by(`${to}&page=${kept}&types=AuditRead`)).some(({ data }) => data.range.page === kept));
  const ofMary = await by(`${to}&user=${mary.id}`);
  t.same(
    new Set(ofMary.map(({ type }) => type)),
    new Set(['UserRegistered', 'SessionStarted', 'PageCreated', 'PageShared', 'AccessTokenCreated']),
    'what she did, and what was given to her',
  );
  t.same(
    await by(`${to}&types=PageShared,PageDeleted`),
    all.filter(({ type }) => /^Page(Shared|Deleted)$/.test(type)),
  );
  for (const [query, detail] of [
    ['types=PageShared,Nonsense', /types: "Nonsense" is no type of events: .*AlarmTriggered/],
    ['from=yesterday', /from: must be a moment with a zone/],
    ['from=2026-02-30T00:00:00Z', /from: does not exist: its day must be 01 to 28/],
    ['to=2026-01-01T24:00:00Z', /to: does not exist: its hour must be 00 to 23/],
    ['from=9999-12-31T23:59:59-01:00', /from: must be before the year 10000/],
    ['to=@9999999', /to: is in the future/],
    ['after=x', /after: must be the next of an answer/],
    ['limit=0', /limit/],
  ] as const)
    t.match(await audit(`/audit/events?${query}`), { status: 422, json: { detail } }, query);
});

t.test('AUD-5 as CSV no text is a formula, and numbers are unchanged', async (t) => {
  const answer = await audit(`/audit/events?to=@${deleted.position}`, { accept: 'text/csv' });
  t.match(answer.headers.get('content-type'), /^text\/csv/);
  const lines = answer.text.split('\r\n');
  t.equal(lines.pop(), '', 'each line is ended');
  const [head, ...rows] = lines;
  t.equal(
    head,
    'position,index,stream,revision,id,type,v,at,by,alarm_id,price,ticker,option,condition,name,username,user_id,data,stored_metadata,stored_data',
  );
  t.equal(rows.length, recordsIn(await audit(`/audit/events?to=@${deleted.position}`)).length);
  const of = (type: string): string => rows.find((row) => row.includes(`,${type},`))!;
  t.match(of('AlarmTriggered'), `,${alarm.data.id},-37.63,,`);
  t.match(of('AlarmCreated'), `,'+EUR,spot,above,`);
  t.match(of('PageCreated'), `,'=Desk,`);
  t.match(of('PageCreated'), `,"{""name"":""=Desk"",`, 'JSON is as it is');
});

t.test('ADM-2 /admin is nothing to others, whatever is asked', async (t) => {
  t.equal((await owner.http('GET', '/admin/users?bad=1')).status, 404);
  t.match(await server.admin('GET', '/admin/users?bad=1'), { status: 422, json: { errors: [{ field: 'bad' }] } });
});

t.test('AUD-5 CSV and NDJSON by what is wanted more', async (t) => {
  for (const [accept, type] of [
    ['text/csv;q=0', 'application/x-ndjson'],
    ['text/csv;q=0.5, application/x-ndjson', 'application/x-ndjson'],
    ['application/x-ndjson;q=0.5, Text/CSV', 'text/csv; charset=utf-8; header=present'],
    ['*/*', 'application/x-ndjson'],
  ] as const)
    t.equal((await audit('/audit/events?limit=1', { accept })).headers.get('content-type'), type, accept);
});

t.test('AUD-5 a stream is slowed to the byte budget, and never ends properly before its end', async (t) => {
  const slow = await startAdminServer(t, { environment: { LIMIT_READ_BYTES_PER_SECOND: '40000' } });
  const [pete, anna] = [await slow.person('pete'), await slow.operator('anna', 'auditor')];
  const desk = await sitDown(t, slow, pete);
  const { data } = await desk.must('create_page', { name: 'Long' });
  const condition = 'x'.repeat(500);
  await Promise.all(
    Array.from({ length: 300 }, (_, at) =>
      desk.must('create_alarm', { page_id: data.id, ticker: `T${at}`, option: '', condition }),
    ),
  );
  const answer = await fetch(`${slow.url}/audit/events`, { headers: { authorization: `Bearer ${anna.token}` } });
  t.equal(answer.status, 200, answer.status === 200 ? 'it begins' : await answer.text());
  const reader = answer.body!.getReader();
  await reader.read();
  t.equal((await slow.admin('DELETE', `/admin/users/${anna.id}/roles/auditor`)).status, 204);
  await t.rejects(async () => {
    for (let is = false; !is; ) ({ done: is } = await reader.read());
  }, 'cut, since the role was taken away');
  t.equal((await request(slow.url, 'GET', '/audit/events', { token: anna.token })).status, 404);
});
