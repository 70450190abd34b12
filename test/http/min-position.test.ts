/** Reads see what was answered before them; with min_position, what was answered anywhere. */
import t from 'tap';
import { alarmOn, sitDown } from '../e2e/desk.js';
import { startServer } from '../e2e/test-server.js';

const server = await startServer(t);
const owner = await sitDown(t, server, await server.person('john'));
const { data: page, position } = await owner.must('create_page', { name: 'Page' });
const { data: alarm } = await owner.must('create_alarm', alarmOn(page.id));
const { json: group } = await owner.http('POST', '/groups', { body: { name: 'Desk' } });

const reads = [
  '/pages',
  `/pages/${page.id}`,
  `/pages/${page.id}/events`,
  `/pages/${page.id}/shares`,
  `/alarms/${alarm.id}`,
  `/alarms/${alarm.id}/events`,
  '/groups',
  `/groups/${group.id}`,
  '/users?username=john',
];
const at = (path: string, value: string): string => `${path}${path.includes('?') ? '&' : '?'}min_position=${value}`;

t.test('PROJ-6 every read sees what was answered just before it, history too', async (t) => {
  for (let price = 1; price <= 30; price += 1) {
    const { headers, json: triggered } = await owner.http('POST', `/alarms/${alarm.id}/trigger`, { body: { price } });
    const [history, now] = await Promise.all([
      owner.http('GET', `/alarms/${alarm.id}/events?after_seq=${triggered.seq - 1}`),
      owner.http('GET', at(`/pages/${page.id}`, headers.get('log-position')!)),
    ]);
    t.same(
      history.json.events.map(({ seq, data }: any) => [seq, data.price]),
      [[triggered.seq, price]],
    );
    t.equal(now.json.page.seq, triggered.seq);
  }
});

t.test('PROJ-6 every read takes a position that was answered, over the socket or over HTTP', async (t) => {
  for (const path of reads) t.equal((await owner.http('GET', at(path, position))).status, 200, path);
  t.equal((await owner.http('GET', at('/pages', '0'))).status, 200);
});

t.test('PROJ-6 a position that comes while it is waited for is answered at once', async (t) => {
  const { position: before } = await owner.must('create_page', { name: 'Before' });
  const waiting = owner.http('GET', at('/pages', String(BigInt(before) + 1n)));
  await owner.must('create_page', { name: 'Awaited' });
  const { status, json } = await waiting;
  t.equal(status, 200);
  t.ok(json.some(({ name }: { name: string }) => name === 'Awaited'));
});

t.test(
  'PROJ-6 a position ahead of the log: 503 with Retry-After, after 2 s; others are served meanwhile',
  async (t) => {
    const startedAt = performance.now();
    const waiting = reads.map((path) => owner.http('GET', at(path, '9'.repeat(18))));
    t.equal((await owner.http('GET', '/pages')).status, 200);
    t.ok(performance.now() - startedAt < 1_500, 'a read without it does not wait');
    for (const { status, headers, json } of await Promise.all(waiting))
      t.match([status, json.code, headers.get('retry-after')], [503, 'not_caught_up', '1']);
    const ms = performance.now() - startedAt;
    t.ok(ms >= 1_990 && ms < 6_000, `it took ${Math.round(ms)} ms`);
  },
);

t.test('PROJ-6 what is no position is refused', async (t) => {
  for (const value of ['x', '', '-1', '1.5', '1e3', '0x1', '00', '%20', '9'.repeat(40), '%00', '٣']) {
    const { status, json } = await owner.http('GET', at('/pages', value));
    t.match([status, json.errors?.[0]?.field], [422, 'min_position'], value);
  }
});
