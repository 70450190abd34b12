/** History: everything of a page, oldest first, page by page, for its viewers; grants only for its owner. */
import t from 'tap';
import { alarmOn, grant, sitDown } from '../e2e/desk.js';
import { startServer } from '../e2e/test-server.js';

interface Entry {
  readonly seq: number;
  readonly type: string;
  readonly at: string;
  readonly by: string;
  readonly data: any;
}

const server = await startServer(t, { environment: { LIMITS: 'off' } });
const [john, mary] = await Promise.all(['john', 'mary'].map((name) => server.person(name)));
const owner = await sitDown(t, server, john!);
const viewer = await sitDown(t, server, mary!);

const page: string = (await owner.must('create_page', { name: 'Page' })).data.id;
const alarm = (await owner.must('create_alarm', alarmOn(page))).data;
const deleted = (await owner.must('create_alarm', alarmOn(page, 'EUR/GBP'))).data;
await owner.must('share_page', grant(page, 'user', mary!.id, 'view'));
await viewer.must('trigger_alarm', { alarm_id: deleted.id, price: 1.5 });
await owner.must('update_alarm', { alarm_id: alarm.id, active: false });
await owner.must('delete_alarm', { alarm_id: deleted.id });
await owner.must('rename_page', { page_id: page, name: 'Renamed' });

t.test("HTTP-4 a page's history has every event, oldest first, deleted alarms included", async (t) => {
  const { json } = await owner.http('GET', `/pages/${page}/events`);
  const events: Entry[] = json.events;
  t.equal(json.next, null);
  t.same(
    events.map(({ seq, type }) => [seq, type]),
    [
      'PageCreated',
      'AlarmCreated',
      'AlarmCreated',
      'PageShared',
      'AlarmTriggered',
      'AlarmUpdated',
      'AlarmDeleted',
      'PageRenamed',
    ].map((type, seq) => [seq, type]),
  );
  for (const { at, by, seq } of events)
    t.match({ at, by }, { at: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, by: seq === 4 ? mary!.id : john!.id });
  const { at } = events[4]!;
  const status = { state: 'open', first_seq: 4, first_at: at, last_seq: 4, last_at: at, count: 1, price: 1.5 };
  t.same(
    events.map(({ data }) => data),
    [
      { id: page, name: 'Page', owner_id: john!.id },
      alarm,
      deleted,
      grant(page, 'user', mary!.id, 'view'),
      { ...deleted, last_triggered: events[4]!.at, status, price: 1.5 },
      { ...alarm, active: false },
      { ...deleted, last_triggered: events[4]!.at, status },
      { id: page, name: 'Renamed', owner_id: john!.id },
    ],
  );
});

t.test(
  'HTTP-4 a viewer sees all of the history, also from before their grant; of a share only that it happened',
  async (t) => {
    const [owners, viewers] = await Promise.all(
      [owner, viewer].map(async (desk) => (await desk.http('GET', `/pages/${page}/events`)).json.events as Entry[]),
    );
    t.same(
      viewers,
      owners!.map((entry) => (entry.type === 'PageShared' ? { ...entry, data: {} } : entry)),
    );
  },
);

t.test("HTTP-4 an alarm's history has its events only, also of a deleted one", async (t) => {
  for (const desk of [owner, viewer]) {
    const types = async (id: string): Promise<string[]> =>
      (await desk.http('GET', `/alarms/${id}/events`)).json.events.map(({ type }: Entry) => type);
    t.same(await types(alarm.id), ['AlarmCreated', 'AlarmUpdated']);
    t.same(await types(deleted.id), ['AlarmCreated', 'AlarmTriggered', 'AlarmDeleted']);
  }
});

t.test('HTTP-4 pages of history join without hole or overlap, whatever their size', async (t) => {
  const long: string = (await owner.must('create_page', { name: 'Long' })).data.id;
  const { data: busy } = await owner.must('create_alarm', alarmOn(long));
  await Promise.all(
    Array.from({ length: 1_200 }, (_, price) => owner.must('trigger_alarm', { alarm_id: busy.id, price })),
  );
  const walk = async (path: string, limit: string): Promise<{ seqs: number[]; sizes: number[] }> => {
    const seqs: number[] = [];
    const sizes: number[] = [];
    for (let next: number | null = -1; next !== null; ) {
      const { json }: { json: { events: Entry[]; next: number | null } } = await owner.http(
        'GET',
        `${path}?after_seq=${next}${limit}`,
      );
      seqs.push(...json.events.map(({ seq }) => seq));
      sizes.push(json.events.length);
      if (json.next !== null) t.equal(json.next, seqs.at(-1));
      next = json.next;
    }
    return { seqs, sizes };
  };
  const all = Array.from({ length: 1_202 }, (_, seq) => seq);
  t.same(
    await walk(`/pages/${long}/events`, ''),
    { seqs: all, sizes: [...Array<number>(12).fill(100), 2] },
    '100 without a limit',
  );
  t.same(await walk(`/pages/${long}/events`, '&limit=1000'), { seqs: all, sizes: [1_000, 202] });
  t.same(
    await walk(`/pages/${long}/events`, '&limit=601'),
    { seqs: all, sizes: [601, 601] },
    'a last page that is full says so itself',
  );
  t.same((await walk(`/alarms/${busy.id}/events`, '&limit=400')).seqs, all.slice(1));
  t.same(
    (await owner.http('GET', `/pages/${long}/events?after_seq=5000`)).json,
    { events: [], next: null },
    'behind the end there is nothing',
  );
});

t.test('HTTP-4 limits beyond 1 to 1,000, and what is no number, are refused', async (t) => {
  for (const query of [
    'limit=0',
    'limit=1001',
    'limit=-1',
    'limit=1.5',
    'limit=x',
    'limit=',
    'after_seq=x',
    'after_seq=-2',
    'after_seq=1.5',
    'after_seq=1e999',
    `after_seq=${'9'.repeat(30)}`,
  ]) {
    for (const path of [`/pages/${page}/events`, `/alarms/${alarm.id}/events`]) {
      const { status, json } = await owner.http('GET', `${path}?${query}`);
      t.match([status, json.errors?.[0]?.field], [422, query.split('=')[0]], query);
    }
  }
  t.equal((await owner.http('GET', `/pages/${page}/events?limit=1`)).json.events.length, 1);
});
