/** GET /events over the wire: order, cursors, marks, scopes, filters, representations, and what ends it. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { alarmOn, grant, sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { startServer } from '../e2e/test-server.js';
import { openStream, recordsOf } from './event-stream-client.js';

const server = await startServer(t, { environment: { LIMITS: 'off' } });
const [john, mary] = await Promise.all(['john', 'mary'].map((name) => server.person(name)));
const owner = await sitDown(t, server, john!);
const viewer = await sitDown(t, server, mary!);
const events = (desk: typeof owner, query = '', headers = {}) => desk.http('GET', `/events?${query}`, { headers });

const first: string = (await owner.must('create_page', { name: 'First' })).data.id;
const second: string = (await owner.must('create_page', { name: 'Second' })).data.id;
const alarm: string = (await owner.must('create_alarm', alarmOn(first))).data.id;
const other: string = (await owner.must('create_alarm', alarmOn(second))).data.id;
for (let price = 1; price <= 5; price += 1) {
  await owner.must('trigger_alarm', { alarm_id: alarm, price });
  await owner.must('trigger_alarm', { alarm_id: other, price });
}

t.test('FEED-1 all events of all visible pages in log order, as histories show them', async (t) => {
  const { status, json } = await events(owner);
  t.equal(status, 200);
  t.match(json, { caught_up: true, scope: [] });
  t.same(
    json.events.map(({ page_id, seq }: any) => [page_id, seq]),
    [
      [first, 0],
      [second, 0],
      [first, 1],
      [second, 1],
      ...[2, 3, 4, 5, 6].flatMap((seq) => [
        [first, seq],
        [second, seq],
      ]),
    ],
  );
  for (const page of [first, second]) {
    const history = (await owner.http('GET', `/pages/${page}/events`)).json.events;
    t.same(
      json.events
        .filter(({ page_id }: any) => page_id === page)
        .map(({ cursor: _, id: _id, page_id: _page, ...rest }: any) => rest),
      history,
    );
  }
  t.equal(new Set(json.events.map(({ id }: any) => id)).size, json.events.length, 'each has an id of its own');
  t.same((await events(viewer)).json.events, [], 'who sees no page gets nothing');
});

t.test('FEED-2 any limit gives the same events, and each cursor goes on after its event', async (t) => {
  const whole = (await events(owner)).json.events;
  const parts: any[] = [];
  let after = 'start';
  for (;;) {
    const { json } = await events(owner, `after=${after}&limit=3`);
    parts.push(...json.events);
    after = json.next;
    if (json.caught_up) break;
  }
  t.same(parts, whole);
  for (const [at, { cursor }] of whole.entries())
    t.same((await events(owner, `after=${cursor}`)).json.events, whole.slice(at + 1));
  t.same((await events(owner, 'after=now')).json.events, []);
});

t.test('FEED-3 a filter that matches nothing moves on, and types leave out the others', async (t) => {
  const { json } = await events(owner, 'types=PageDeleted');
  t.match(json, { events: [], caught_up: true });
  t.same((await events(owner, `after=${json.next}`)).json.events, []);
  const triggered = (await events(owner, `types=AlarmTriggered,AlarmCreated&pages=${second}`)).json.events;
  t.same(
    triggered.map(({ type, page_id }: any) => [type, page_id]),
    [['AlarmCreated', second], ...Array.from({ length: 5 }, () => ['AlarmTriggered', second])],
  );
  t.match((await events(owner, 'types=Nonsense')).json, { code: 'validation_failed' });
  t.match((await events(owner, 'pages=,')).json, { code: 'validation_failed' });
  t.same((await events(owner, 'pages=x')).json.events, [], 'an id that no page has');
});

t.test('FEED-4 cursors: another log or engine gets 410, nonsense 422', async (t) => {
  const { next } = (await events(owner)).json;
  const [log, position] = next.split('.');
  t.equal(log, server.app.log.id);
  for (const foreign of [`0d6f0a64-9c0e-4b8b-8f53-4c3a8f1e2b10.${position}`, `${log}.x${position.slice(1)}`]) {
    const { status, json } = await events(owner, `after=${foreign}`);
    t.match([status, json.code], [410, 'log_changed'], foreign);
  }
  // With several nodes, another one may be ahead of this one.
  const ahead = await events(owner, `after=${log}.${position}000`);
  t.equal(ahead.json.code, server.app.log.isShared ? 'not_caught_up' : 'log_changed');
  for (const wrong of ['', 'later', `${log}.`, `${log}.s-1`, `${log}.s01`, '7'])
    t.match(await events(owner, `after=${encodeURIComponent(wrong)}`), { status: 422 }, wrong);
});

t.test('FEED-12 from a moment on, also one in the future', async (t) => {
  const whole = (await events(owner)).json.events;
  for (const at of [0, 3, whole.length - 1]) {
    const { json } = await events(owner, `from=${whole[at].at}`);
    t.same(
      json.events,
      whole.filter((event: any) => event.at >= whole[at].at),
    );
  }
  const zone = whole[3].at.replace('Z', '+00:00');
  t.equal((await events(owner, `from=${encodeURIComponent(zone)}&limit=1`)).json.events[0].at, whole[3].at);
  t.same((await events(owner, 'from=2001-01-01T00:00:00Z')).json.events, whole);
  const stream = await openStream(t, server.url, john!.token, 'follow=1&from=2999-01-01T00:00:00Z');
  await stream.until((line) => line.mark?.caught_up === true);
  const soon = new Date(Date.now() + 700).toISOString();
  const waiting = await openStream(t, server.url, john!.token, `follow=1&from=${soon}`);
  await waiting.until((line) => line.mark?.caught_up === true);
  let price = 100;
  do await owner.must('trigger_alarm', { alarm_id: alarm, price: (price += 1) });
  while (new Date().toISOString() <= soon);
  const { seq } = await owner.must('trigger_alarm', { alarm_id: alarm, price: 999 });
  await waiting.until((line) => line.seq === seq);
  t.ok(recordsOf(waiting.lines).every((line: any) => line.at >= soon));
  t.same(recordsOf(stream.lines), []);
  t.match(await events(owner, 'from=2025-02-29T00:00:00Z'), {
    status: 422,
    json: { errors: [{ field: 'from', message: 'does not exist: its day must be 01 to 28' }] },
  });
  for (const wrong of ['from=yesterday', `from=${soon}&after=start`])
    t.equal((await events(owner, wrong)).status, 422, wrong);
});

t.test('FEED-5 a stream brings what is there, says that it has caught up, and goes on', async (t) => {
  const stream = await openStream(t, server.url, john!.token);
  t.match([stream.status, stream.contentType], [200, 'application/x-ndjson']);
  const mark = await stream.until((line) => line.mark?.caught_up === true);
  const before = recordsOf(stream.lines);
  t.same(before, (await events(owner)).json.events);
  await owner.must('trigger_alarm', { alarm_id: alarm, price: 6 });
  const { cursor } = await stream.until(({ data }) => data?.price === 6);
  t.same(
    recordsOf(stream.lines).slice(before.length),
    (await events(owner, `after=${mark.mark!.cursor}`)).json.events,
    'the mark is a cursor to resume from',
  );
  t.ok(cursor);
});

t.test('FEED-6 server-sent events: ids are cursors, Last-Event-ID goes on, retry is said', async (t) => {
  const sse = { Accept: 'text/event-stream' };
  const stream = await openStream(t, server.url, john!.token, '', sse);
  await stream.until((line) => line.mark !== undefined);
  t.equal(stream.contentType, 'text/event-stream');
  t.match(stream.text(), /^retry: \d+\n\n/);
  const ids = Array.from(stream.text().matchAll(/^id: (.*)$/gm), ([, id]) => id!);
  t.same(
    ids.slice(0, -1),
    recordsOf(stream.lines).map(({ cursor }) => cursor),
  );
  t.match(stream.text(), new RegExp(`event: mark\nid: ${ids.at(-1)}\ndata: .*\n\n$`));
  const again = await openStream(t, server.url, john!.token, '', { ...sse, 'Last-Event-ID': ids.at(-3)! });
  await again.until((line) => line.mark !== undefined);
  t.same(recordsOf(again.lines), recordsOf(stream.lines).slice(-1));
});

t.test('FEED-7 a batch of CloudEvents, with what is next in its headers', async (t) => {
  const accept = { Accept: 'application/cloudevents-batch+json' };
  const { headers, json } = await events(owner, 'limit=3', accept);
  t.equal(headers.get('content-type'), 'application/cloudevents-batch+json');
  const plain = (await events(owner, 'limit=3')).json;
  t.match([headers.get('events-next'), headers.get('events-caught-up')], [plain.next, 'false']);
  t.same(
    json.map(({ id, subject, time, type, cursor, seq, data, specversion }: any) => ({
      id,
      subject,
      time,
      type,
      cursor,
      seq,
      data,
      specversion,
    })),
    plain.events.map(({ id, page_id, at, type, cursor, seq, data }: any) => ({
      id,
      subject: page_id,
      time: at,
      type: `alarm-server.${type}.v1`,
      cursor,
      seq,
      data,
      specversion: '1.0',
    })),
  );
});

t.test('FEED-8 a long poll waits for an event, and no longer than it was asked to', async (t) => {
  const { next } = (await events(owner)).json;
  const polled = events(owner, `after=${next}&wait=20`);
  await owner.must('trigger_alarm', { alarm_id: alarm, price: 7 });
  t.match((await polled).json, { events: [{ data: { price: 7 } }], caught_up: true });
  const { json } = await events(viewer, 'after=now&wait=1');
  t.match(json, { events: [], caught_up: true });
});

t.test('FEED-9 rights are those of the moment of delivery; what changes is told', async (t) => {
  const stream = await openStream(t, server.url, mary!.token, 'follow=1&after=now');
  const { mark } = await stream.until((line) => line.mark?.caught_up === true);
  await owner.must('trigger_alarm', { alarm_id: alarm, price: 8 });
  const shared = await owner.must('share_page', grant(first, 'user', mary!.id, 'view'));
  await owner.must('trigger_alarm', { alarm_id: alarm, price: 9 });
  await owner.must('trigger_alarm', { alarm_id: other, price: 9 });
  t.same((await stream.until((line) => line.scope !== undefined)).scope, { gained: first, seq: shared.seq });
  await stream.until(({ data }) => data?.price === 9);
  t.same(
    recordsOf(stream.lines).map(({ seq }) => seq),
    [shared.seq + 1],
    'nothing from before, nothing of another page',
  );
  const since = (await events(viewer, `after=${mark!.cursor}`)).json;
  t.same(since.scope, [{ gained: first, seq: shared.seq - 2 }]);
  t.same(
    since.events.map(({ seq, data }: any) => [seq, data.price]),
    [
      [shared.seq - 1, 8],
      [shared.seq, undefined],
      [shared.seq + 1, 9],
    ],
    'read again from the cursor: all of the page that is visible now',
  );
  t.same(since.events[1].data, {}, 'of a share only that it happened');
  await owner.must('share_page', grant(first, 'user', mary!.id, 'nothing'));
  await owner.must('trigger_alarm', { alarm_id: alarm, price: 10 });
  t.same((await stream.until((line) => line.scope?.lost !== undefined)).scope, { lost: first });
  const gone = (await events(viewer, `after=${since.next}`)).json;
  t.same([gone.events, gone.scope], [[], [{ lost: first }]]);
  t.notOk(recordsOf(stream.lines).some(({ data }) => data.price === 10));
});

t.test('FEED-9 a page that somebody creates is told whole', async (t) => {
  const stream = await openStream(t, server.url, mary!.token, 'follow=1&after=now');
  const { mark } = await stream.until((line) => line.mark?.caught_up === true);
  const created: string = (await viewer.must('create_page', { name: 'Own' })).data.id;
  await stream.until(({ type, page_id }) => type === 'PageCreated' && page_id === created);
  t.same(stream.lines.find((line) => line.scope)?.scope, { gained: created, seq: -1 });
  const { json } = await events(viewer, `after=${mark!.cursor}`);
  t.same([json.scope, json.events.length], [[{ gained: created, seq: -1 }], 1]);
});

t.test('FEED-10 a stream ends with the session it was asked with', async (t) => {
  const peter = await server.person('peter');
  const stream = await openStream(t, server.url, peter.token);
  await stream.until((line) => line.mark?.caught_up === true);
  await (await sitDown(t, server, peter)).http('POST', '/logout');
  t.equal(await stream.ended, true);
  t.equal((await events(await sitDown(t, server, john!))).status, 200);
});

t.test('FEED-11 the schema of each type of record fits its records', async (t) => {
  const { json } = await events(owner);
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  for (const type of new Set<string>(json.events.map((event: any) => event.type))) {
    const schema = await owner.http('GET', `/schemas/${type}.json`);
    t.match(schema, { status: 200, json: { $id: `urn:alarm-server:${type}:v1` } });
    const fits = ajv.compile(schema.json);
    for (const event of json.events.filter((one: any) => one.type === type))
      t.ok(fits(event), type, { errors: fits.errors });
  }
  t.equal((await owner.http('GET', '/schemas/Nonsense.json')).status, 404);
});

t.test('FEED-2 the same events and cursors after a restart, from the tables', async (t) => {
  const { json } = await events(owner);
  const again = await server.restart();
  const ask = async (query: string) =>
    (await request(again.url, 'GET', `/events?${query}`, { token: john!.token })).json.events;
  t.same(await ask(''), json.events);
  t.same(await ask(`after=${json.events[4].cursor}&limit=4`), json.events.slice(5, 9));
});
