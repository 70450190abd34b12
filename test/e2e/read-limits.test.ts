/** The read budget of one user, over sockets and HTTP together: refusals, their form, and that others and commands go on. */
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { Holder } from '../gateway/holder.js';
import { alarmOn, type Desk, sitDown } from './desk.js';
import { openRaw } from './raw-socket.js';
import { startServer } from './test-server.js';

/** Few enough to be used up soon; how many it takes depends on how fast the machine is, since one that takes long counts as several. */
const few = { LIMIT_READS_PER_SECOND: '1' };

/** The first answer of any length uses them up for minutes. */
const spent = { LIMIT_READ_BYTES_PER_SECOND: '1' };

/** Reads until that is refused; returns how many were answered. */
async function useUp(
  desk: Desk,
  read: (desk: Desk) => Promise<string> = async ({ http }) => String((await http('GET', '/me')).status),
): Promise<number> {
  for (let count = 0; ; count += 1) if (/429|rate_limited/.test(await read(desk))) return count;
}

const sync =
  (page_id: string) =>
  async (desk: Desk): Promise<string> => {
    const id = randomUUID();
    desk.send({ type: 'sync', id, payload: { page_id, seq: 0 } });
    const answer = await Promise.race([
      desk.next('page_state', (message) => message.id === id),
      desk.next('error', (message) => message.id === id),
    ]);
    return answer.type === 'error' ? answer.payload.code : answer.type;
  };

t.test('LIM-7 five seconds of reads can be had at once, over sockets and HTTP together', async (t) => {
  const server = await startServer(t, { environment: few });
  const desk = await sitDown(t, server, await server.person('john'));
  const { data: page } = await desk.must('create_page', { name: 'Page' });
  const bySync = await useUp(desk, sync(page.id));
  t.ok(bySync <= 7, `the socket's state and ${bySync} syncs`);
  t.equal((await desk.http('GET', '/me')).status, 429);
});

t.test('LIM-7 where reads are used up, commands and other users go on', async (t) => {
  const server = await startServer(t, { environment: spent });
  const john = await server.person('john');
  const desk = await sitDown(t, server, john);
  const { data: page } = await desk.must('create_page', { name: 'Page' });
  const { data: alarm } = await desk.must('create_alarm', alarmOn(page.id));
  const paths = [
    '/pages',
    `/pages/${page.id}`,
    `/pages/${page.id}/events`,
    `/alarms/${alarm.id}/events`,
    '/groups',
    '/users?username=mary',
    '/me',
  ];
  for (const path of paths) {
    const { status, json, headers } = await desk.http('GET', path);
    t.match([status, json.code], [429, 'rate_limited'], path);
    t.ok(Number(headers.get('retry-after')) >= 1);
  }
  for (const path of ['/token', '/ws-ticket']) t.equal((await desk.http('POST', path)).status, 429, path);
  t.match(await desk.ask('sync', { page_id: page.id, seq: 0 }), {
    type: 'error',
    payload: { code: 'rate_limited', details: { retry_after_ms: Number } },
  });
  t.match(await desk.ask('refresh', { token: john.token }), { type: 'error', payload: { code: 'rate_limited' } });
  await t.rejects(openRaw(t, server.url, john.token), /refused with 429/);
  t.equal((await desk.ask('trigger_alarm', { alarm_id: alarm.id, price: 1 })).type, 'success', 'a command is no read');
  t.equal((await desk.http('POST', `/alarms/${alarm.id}/trigger`, { body: { price: 2 } })).status, 200);
  t.equal(
    (await sitDown(t, server, await server.person('mary'))).initial.type,
    'initial_state',
    'another user is not meant',
  );
  t.equal((await desk.http('POST', '/logout')).status, 204, 'one can always log out');
});

t.test('LIM-7 wrong messages and bodies count, and long ones are not parsed when the budget is used up', async (t) => {
  const counting = await startServer(t, { environment: few });
  const wrong = await sitDown(t, counting, await counting.person('john'));
  t.ok((await useUp(wrong, async ({ http }) => String((await http('POST', '/pages', { body: '[' })).status))) <= 7);
  t.ok((await useUp(wrong, async (desk) => (await desk.ask('create_page', { name: '' })).payload.code)) <= 7);

  const server = await startServer(t, { environment: spent });
  const desk = await sitDown(t, server, await server.person('john'));
  for (const body of ['[', { name: '' }, `{"name":"${'x'.repeat(20_000)}"}`])
    t.equal((await desk.http('POST', '/pages', { body })).status, 429);
  t.match(await desk.ask('create_page', { name: '' }), { payload: { code: 'rate_limited' } });
  t.match(
    await desk.ask('create_page', { name: 'x'.repeat(20_000) }),
    { payload: { code: 'rate_limited' } },
    'with its id, which stands at the front',
  );
  t.equal((await desk.http('POST', '/pages', { body: { name: 'Page' } })).status, 201);
});

t.test('LIM-7 the bytes of answers count: a large state is paid for before the next read', async (t) => {
  const server = await startServer(t, { environment: { LIMIT_READ_BYTES_PER_SECOND: '1000' } });
  const john = await server.person('john');
  const desk = await sitDown(t, server, john);
  const { data: page } = await desk.must('create_page', { name: 'Page' });
  for (let at = 0; at < 40; at += 1)
    await desk.must('create_alarm', { ...alarmOn(page.id), condition: 'x'.repeat(500) });
  t.equal((await desk.http('GET', `/pages/${page.id}`)).text.length > 20_000, true);
  const { status, json, headers } = await desk.http('GET', '/pages');
  t.match([status, json.code], [429, 'rate_limited']);
  t.ok(Number(headers.get('retry-after')) > 10, headers.get('retry-after')!);
});

t.test(
  'LIM-7 LIM-5 a resume that is wrong counts, and the socket may try again when it is paid; LIMITS=off takes the budget away',
  async (t) => {
    const server = await startServer(t, { environment: { LIMIT_READS_PER_SECOND: '2' } });
    const john = await server.person('john');
    const holder = new Holder(server.url, john.token);
    t.teardown(() => holder.socket.terminate());
    await holder.open('&resume=1');
    let answer = await holder.ask('resume', null, 'wrong-0');
    for (let at = 1; answer.payload.code === 'invalid_message'; at += 1)
      answer = await holder.ask('resume', null, `wrong-${at}`);
    t.match(answer, { payload: { code: 'rate_limited' } });
    await new Promise((resolve) => setTimeout(resolve, answer.payload.details.retry_after_ms));
    const resumed = holder.next('initial_state');
    holder.socket.send(JSON.stringify({ type: 'resume', id: 'r', payload: { log: 'another', pages: {} } }));
    await resumed;

    const unlimited = await startServer(t, { environment: { LIMITS: 'off' } });
    const desk = await sitDown(t, unlimited, await unlimited.person('john'));
    for (let round = 0; round < 30; round += 1)
      for (const { status } of await Promise.all(Array.from({ length: 20 }, () => desk.http('GET', '/pages'))))
        t.equal(status, 200);
  },
);

t.test(
  'LIM-8 a user who sends far more than can be answered has the socket closed with 4003, and others are served',
  async (t) => {
    const server = await startServer(t, {
      environment: { LIMIT_COMMANDS_PER_SECOND: '10', LIMIT_READS_PER_SECOND: '10' },
    });
    const [john, mary] = await Promise.all([server.person('john'), server.person('mary')]);
    const [loud, other] = await Promise.all([sitDown(t, server, john), sitDown(t, server, mary)]);
    const trigger = JSON.stringify({ type: 'trigger_alarm', payload: { alarm_id: 'none', price: 1 } });
    for (let at = 0; at < 2_000; at += 1) loud.send(trigger);
    t.match(await loud.closed, { code: 4003 });
    t.ok(loud.messages.length < 1_500, `${loud.messages.length} of 2,000 were looked at`);
    t.equal((await other.ask('create_page', { name: 'Page' })).type, 'success');
  },
);

t.test('LIM-7 GET /groups lists the groups one owns and those one is in, and looks at no other', async (t) => {
  const server = await startServer(t);
  const [john, mary] = await Promise.all([server.person('john'), server.person('mary')]);
  const [owner, member] = await Promise.all([sitDown(t, server, john), sitDown(t, server, mary)]);
  const made = await Promise.all(
    ['a', 'b', 'c'].map(async (name) => (await owner.http('POST', '/groups', { body: { name } })).json.id as string),
  );
  t.equal((await owner.http('POST', `/groups/${made[1]!}/members/${mary.id}`)).status, 201);
  t.equal(
    (await owner.http('DELETE', `/groups/${made[2]!}/members/${john.id}`)).status,
    204,
    'an owner need not be a member',
  );
  server.app.projection.live.groups.values = () => t.fail('all groups were walked') as never;
  const idsOf = async (desk: typeof owner): Promise<string[]> =>
    (await desk.http('GET', '/groups')).json.map(({ id }: { id: string }) => id).sort();
  t.same(await idsOf(owner), [...made].sort());
  t.same(await idsOf(member), [made[1]]);
});
