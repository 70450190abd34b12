/** Subscriptions over HTTP: made, changed, claimed, read, acknowledged; after a restore; for access tokens. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  acknowledge,
  claimPartition,
  deleteSubscription,
  getSubscription,
  listSubscriptions,
  putSubscription,
  readSubscription,
  releasePartition,
} from '@alarm-server/client';
import t from 'tap';
import {
  acknowledged,
  claimed,
  type DurableSubscription,
  holds,
  partitionOf,
  released,
  renewed,
} from '../../src/feeds/durable-subscription.js';
import { NO_STREAM } from '../../src/log/event-log.js';
import { openSqliteLog, type SqliteLog } from '../../src/log/sqlite/log.js';
import { newEvent } from '../commands/wayward-log.js';
import { alarmOn, sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { startServer } from '../e2e/test-server.js';
import { SubscriptionNode } from './subscription-node.js';

const server = await startServer(t, { environment: { LIMITS: 'off' } });
const [olga, vera] = [await server.person('olga'), await server.person('vera')];
const owner = await sitDown(t, server, olga);
const pages: string[] = [];
const alarms: string[] = [];
for (const name of ['First', 'Second', 'Third']) {
  pages.push((await owner.must('create_page', { name })).data.id);
  alarms.push((await owner.must('create_alarm', alarmOn(pages.at(-1)!))).data.id);
}
const fire = (at: number, price = 1) => owner.must('trigger_alarm', { alarm_id: alarms[at], price });
const http = (method: string, path: string, body?: unknown, token = olga.token) =>
  request(server.url, method, path, { token, body });

t.test('SUB-7 a PUT makes it once, changes its filter and keeps its place; its partitions stay as many', async (t) => {
  t.match(await http('PUT', '/subscriptions/ledger', { types: ['AlarmTriggered'], start: 'now', partitions: 2 }), {
    status: 201,
    json: {
      name: 'ledger',
      types: ['AlarmTriggered'],
      pages: null,
      partitions: 2,
      positions: [{ partition: 0, epoch: 0, holder: null }, { partition: 1 }],
    },
  });
  t.match(await http('PUT', '/subscriptions/ledger', { partitions: 3 }), {
    status: 409,
    json: { code: 'partitions_fixed' },
  });
  const before = (await http('GET', '/subscriptions/ledger')).json;
  const changed = await http('PUT', '/subscriptions/ledger', { pages: [pages[0]], start: 'start' });
  t.equal(changed.status, 200);
  t.same(changed.json.positions, before.positions);
  t.same([changed.json.types, changed.json.pages], [null, [pages[0]]]);
  t.same(
    (await http('GET', '/subscriptions')).json.map(({ name }: any) => name),
    ['ledger'],
  );
  t.same((await http('GET', '/subscriptions', undefined, vera.token)).json, [], 'of others nothing is there');
  t.equal((await http('GET', '/subscriptions/ledger', undefined, vera.token)).status, 404);
  for (const [name, body, field] of [
    ['_x', {}, 'name'],
    ['a%20b', {}, 'name'],
    ['a', { types: ['Nonsense'] }, 'types.0'],
    ['a', { partitions: 65 }, 'partitions'],
    ['a', { start: 'yesterday' }, 'start'],
  ] as const)
    t.match(await http('PUT', `/subscriptions/${name}`, body), { status: 422, json: { errors: [{ field }] } }, field);
  t.match(await http('PUT', '/subscriptions/a', { start: 'another-log.s1' }), { status: 410 });
  t.match(await request(server.url, 'PUT', '/subscriptions/a', { token: olga.token, body: {}, idempotencyKey: 'k' }), {
    status: 400,
  });
  t.equal((await http('DELETE', '/subscriptions/ledger')).status, 204);
  t.equal((await http('DELETE', '/subscriptions/ledger')).status, 404);
  const together = await Promise.all([1, 2, 3].map(() => http('PUT', '/subscriptions/ledger', {})));
  t.same(together.map(({ status }) => status).sort(), [200, 200, 201], 'made once');
  t.equal((await http('DELETE', '/subscriptions/ledger')).status, 204);
});

t.test('SUB-8 a partition is claimed, renewed, released, and taken over when its lease is over', async (t) => {
  const { url } = server;
  await putSubscription(url, olga.token, 'claims', { partitions: 2 });
  const first = await claimPartition(url, olga.token, 'claims', 'a');
  t.match(first, { epoch: 1, lease_s: 30 });
  t.same(await claimPartition(url, olga.token, 'claims', 'a'), first, 'again by the same consumer');
  const second = await claimPartition(url, olga.token, 'claims', 'b');
  t.not(second.partition, first.partition);
  await t.rejects(claimPartition(url, olga.token, 'claims', 'c'), { status: 409, code: 'none_free' });
  await releasePartition(url, olga.token, 'claims', second);
  const third = await claimPartition(url, olga.token, 'claims', 'c');
  t.same([third.partition, third.epoch > second.epoch], [second.partition, true], 'at once');
  await t.rejects(acknowledge(url, olga.token, 'claims', { ...second, cursor: second.cursor }), { code: 'not_holder' });
  await t.rejects(readSubscription(url, olga.token, 'claims', second), { code: 'not_holder' });
  await t.rejects(releasePartition(url, olga.token, 'claims', second), { code: 'not_holder' });
  await t.rejects(
    readSubscription(url, olga.token, 'claims', {}),
    { code: 'not_holder' },
    'of several one has to be claimed',
  );
  // The lease, without a clock.
  const place = { position: '0', event: null, epoch: 0, holder: null, until: 0 };
  const subscription: DurableSubscription = {
    id: 'id',
    user: 'olga',
    name: 'x',
    types: null,
    pages: null,
    created_at: '',
    log: 'log.s',
    from: null,
    partitions: [place],
  };
  const held = claimed(subscription, 'a', 1_000)!.subscription;
  t.equal(claimed(held, 'b', 31_000), undefined, 'held for 30 s');
  t.equal(renewed(held, 0, 1_500), held, 'a sign of life that is recent enough is not written again');
  const alive = renewed(held, 0, 10_000);
  t.equal(claimed(alive, 'b', 40_000), undefined);
  const over = claimed(alive, 'b', 42_000)!.subscription;
  t.notOk(holds(over, 0, 1));
  t.ok(holds(over, 0, 2));
  t.equal(claimed(alive, 'a', 90_000)!.subscription.partitions[0]!.epoch, 1, 'nobody took it meanwhile');
  t.notOk(holds(released(over, 0, 50_000), 0, 2));
  t.equal(acknowledged(over, 0, { position: '0', event: null }, 0), over, 'what is behind changes nothing');
  for (const partitions of [1, 2, 64]) t.ok(pages.every((page) => partitionOf(page, partitions) < partitions));
  t.equal(partitionOf('6b1f0f4e-3f0a-5d0c-9a57-0f5f6f1f9b11', 64), 4, 'the same for ever');
});

t.test('SUB-9 with one partition whoever asks gets, from the acknowledged cursor on', async (t) => {
  const { url } = server;
  await putSubscription(url, olga.token, 'one', { types: ['AlarmTriggered'], start: 'now' });
  const none = await readSubscription(url, olga.token, 'one', {});
  t.match(none, { events: [], caught_up: true });
  const waiting = readSubscription(url, olga.token, 'one', { waitS: 10 });
  for (const at of [0, 1, 2]) await fire(at);
  t.ok((await waiting).events.length > 0, 'a read that waits is answered by the event');
  const all = await readSubscription(url, olga.token, 'one', {});
  t.same(
    all.events.map(({ page_id }) => page_id),
    pages,
  );
  const ahead = await readSubscription(url, olga.token, 'one', { after: all.events[0]!.cursor, limit: 1 });
  t.same(ahead.events, [all.events[1]], 'ahead of the acknowledgement');
  t.equal(await acknowledge(url, olga.token, 'one', { cursor: all.events[1]!.cursor }), all.events[1]!.cursor);
  t.same((await readSubscription(url, olga.token, 'one', {})).events, [all.events[2]]);
  t.same(
    (await readSubscription(url, olga.token, 'one', { after: all.events[0]!.cursor })).events,
    [all.events[2]],
    'never behind it',
  );
  t.equal(
    await acknowledge(url, olga.token, 'one', { cursor: all.events[0]!.cursor }),
    all.events[1]!.cursor,
    'a cursor behind changes nothing',
  );
  t.match(await http('POST', '/subscriptions/one/ack', { cursor: 'nonsense' }), {
    status: 422,
    json: { errors: [{ field: 'cursor' }] },
  });
  t.match(await http('POST', '/subscriptions/one/ack', { cursor: 'another-log.s1' }), {
    status: 410,
    json: { code: 'log_changed' },
  });
  const lines = await request(url, 'GET', '/subscriptions/one/events', {
    token: olga.token,
    headers: { accept: 'application/x-ndjson' },
  });
  t.equal(JSON.parse(lines.text.split('\n')[0]!).cursor, all.events[2]!.cursor);
  const { lag } = await getSubscription(url, olga.token, 'one');
  t.match(lag, { events: 1, more: false }, 'SUB-12 what is not acknowledged yet');
  t.ok(lag.seconds !== null && lag.seconds < 60);
  await acknowledge(url, olga.token, 'one', { cursor: all.next });
  t.same((await getSubscription(url, olga.token, 'one')).lag, { events: 0, more: false, seconds: null });
  t.same(
    (await listSubscriptions(url, olga.token)).map(({ name }) => name),
    ['claims', 'one'],
  );
  await deleteSubscription(url, olga.token, 'one');
  t.equal((await http('GET', '/subscriptions/one/events')).status, 404);
});

t.test('SUB-9 a start at a moment in the future begins there, and one in the past where it was', async (t) => {
  const { url } = server;
  const soon = new Date(Date.now() + 400).toISOString();
  await putSubscription(url, olga.token, 'soon', { types: ['AlarmTriggered'], start: soon });
  await fire(0, 7);
  t.same((await readSubscription(url, olga.token, 'soon', {})).events, [], 'before the moment');
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, Date.parse(soon) - Date.now())));
  await fire(0, 8);
  t.same(
    (await readSubscription(url, olga.token, 'soon', {})).events.map(({ data }) => data['price']),
    [8],
  );
  await putSubscription(url, olga.token, 'past', { types: ['AlarmTriggered'], start: soon });
  t.same(
    (await readSubscription(url, olga.token, 'past', {})).events.map(({ data }) => data['price']),
    [8],
  );
});

t.test('SUB-10 a program uses the subscriptions that its access token covers', async (t) => {
  const make = async (wish: object): Promise<string> =>
    (await http('POST', '/access-tokens', { name: 'program', can: ['read'], ...wish })).json.token;
  const [whole, cut, trigger] = [
    await make({}),
    await make({ pages: [pages[0]], types: ['AlarmTriggered'] }),
    await make({ can: ['trigger'] }),
  ];
  t.equal((await http('PUT', '/subscriptions/all', {}, whole)).status, 201);
  for (const [method, path, body] of [
    ['PUT', '/subscriptions/all', {}],
    ['GET', '/subscriptions/all', undefined],
    ['GET', '/subscriptions/all/events', undefined],
    ['POST', '/subscriptions/all/claim', { consumer: 'a' }],
    ['POST', '/subscriptions/all/ack', { cursor: 'start' }],
    ['DELETE', '/subscriptions/all', undefined],
    ['PUT', '/subscriptions/part', { pages: [pages[0]] }],
  ] as const) {
    t.match(await http(method, path, body, cut), { status: 403, json: { code: 'token_scope' } }, `${method} ${path}`);
    t.match(await http(method, path, body, trigger), { status: 403, json: { code: 'token_scope' } });
  }
  const covered = { pages: [pages[0]], types: ['AlarmTriggered'] };
  t.equal((await http('PUT', '/subscriptions/part', covered, cut)).status, 201);
  t.equal((await http('GET', '/subscriptions/part/events', undefined, cut)).status, 200);
  t.same(
    (await http('GET', '/subscriptions', undefined, cut)).json.map(({ name }: any) => name),
    ['part'],
  );
});

t.test(
  'SUB-11 in a log that was restored a subscription goes on from its event, or else from the restored end',
  async (t) => {
    const folder = t.testdir();
    const [reader, page, other] = [randomUUID(), randomUUID(), randomUUID()];
    const open = (): SqliteLog =>
      openSqliteLog({ file: join(folder, 'log.db'), onFatal: (error) => t.fail(error.message) });
    const start = (log: SqliteLog, model: string) => SubscriptionNode.start(log, join(folder, model), reader, Date.now);
    let node = await start(open(), 'before.db');
    for (const id of [page, other])
      await node.log.append(`page-${id}`, NO_STREAM, [
        newEvent(reader, { type: 'PageCreated', data: { name: 'Page', owner_id: reader } }),
      ]);
    await node.call('put_subscription', {});
    // What was appended is folded some time later.
    const read = async (events: number): Promise<any> => {
      for (;;) {
        const { json } = await node.call('read_subscription', undefined);
        if (json.events.length >= events) return json;
      }
    };
    const json = await read(2);
    await node.call('acknowledge_events', { cursor: json.events[0].cursor });
    await node.kill();
    const restored = open();
    restored.restore();
    node = await start(restored, 'after.db');
    const again = await read(1);
    t.same(
      again.events.map(({ page_id }: any) => page_id),
      [other],
      'from its event',
    );
    t.match(
      await node.call('acknowledge_events', { cursor: json.events[1].cursor }),
      { status: 410 },
      'a cursor of the former id',
    );
    // As if the acknowledged event were none of this log.
    const { id, partitions, ...rest } = (await node.subscriptions.find(reader, 'ledger'))!;
    await node.subscriptions.update(id, () => ({
      value: { id, ...rest, log: 'former.s', partitions: partitions.map((one) => ({ ...one, event: randomUUID() })) },
      result: true,
    }));
    t.same((await node.call('read_subscription', undefined)).json.events, [], 'from the end');
    await node.log.append(`page-${page}`, 0, [newEvent(reader, { type: 'PageRenamed', data: { name: 'Again' } })]);
    t.same(
      (await read(1)).events.map(({ type }: any) => type),
      ['PageRenamed'],
    );
    await node.kill();
  },
);
