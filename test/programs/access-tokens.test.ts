/** Access tokens of programs: what each may do, on HTTP, sockets and event streams, and when it ends. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AlarmClient, createAccessToken, deleteAccessToken, listAccessTokens } from '@alarm-server/client';
import t from 'tap';
import { WebSocket } from 'ws';
import { startAdminServer } from '../admin/admin-server.js';
import { alarmOn, grant, sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { openRaw } from '../e2e/raw-socket.js';
import { person, startServer } from '../e2e/test-server.js';
import { twoNodes } from '../eventstoredb/two-nodes.js';
import { openStream } from '../http/event-stream-client.js';
import { temporaryFolder } from '../projections/temporary-folder.js';

const dataDir = temporaryFolder(t);
const server = await startServer(t, { dataDir, environment: { LIMITS: 'off', LIMIT_EVENT_STREAMS_PER_USER: '2' } });
const [olga, vera] = [await server.person('olga'), await server.person('vera')];
const owner = await sitDown(t, server, olga);
const first: string = (await owner.must('create_page', { name: 'First' })).data.id;
const second: string = (await owner.must('create_page', { name: 'Second' })).data.id;
const alarm: string = (await owner.must('create_alarm', alarmOn(first))).data.id;
const other: string = (await owner.must('create_alarm', alarmOn(second))).data.id;

const make = async (wish: object, by = olga): Promise<{ id: string; token: string }> => {
  const { status, json } = await request(server.url, 'POST', '/access-tokens', {
    token: by.token,
    body: { name: 'feed', ...wish },
  });
  t.equal(status, 201, JSON.stringify(json));
  return json;
};
const as = (token: string) => (method: string, path: string, body?: unknown) =>
  request(server.url, method, path, { token, body });
const closed = (socket: { once(event: 'close', then: (code: number) => void): unknown }): Promise<number> =>
  new Promise((resolve) => socket.once('close', resolve));

t.test('TOKEN-1 a token is shown once, listed without itself, and kept as a hash alone', async (t) => {
  const made = await request(server.url, 'POST', '/access-tokens', {
    token: olga.token,
    body: { name: 'price feed', can: ['read'], pages: [first], expires_in_days: 2 },
  });
  t.equal(made.headers.get('cache-control'), 'no-store');
  t.match(made.json, {
    name: 'price feed',
    can: ['read'],
    pages: [first],
    types: null,
    token: /^alm_[0-9a-f-]{36}_[\w-]{43}$/,
  });
  const days = (Date.parse(made.json.expires_at) - Date.now()) / 86_400_000;
  t.ok(days > 1.9 && days < 2.1);
  t.equal((await as(made.json.token)('GET', '/me')).json.id, olga.id);
  const { token, ...shown } = made.json;
  const listed = (await owner.http('GET', '/access-tokens')).json;
  const hour = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000).toISOString();
  t.same(listed, [{ ...shown, last_used_at: hour }]);
  t.same((await request(server.url, 'GET', '/access-tokens', vera)).json, [], "another user's are theirs");
  t.equal((await request(server.url, 'DELETE', `/access-tokens/${shown.id}`, vera)).status, 404);
  const secret = token.slice(-43);
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) => readFileSync(join(parentPath, name)));
  t.notOk(files.some((bytes) => bytes.includes(secret)));
  const hash = createHash('sha256').update(secret).digest('base64url');
  t.ok(files.some((bytes) => bytes.includes(hash)));
  t.equal((await owner.http('DELETE', `/access-tokens/${shown.id}`)).status, 204);
  t.equal((await owner.http('DELETE', `/access-tokens/${shown.id}`)).status, 404);
});

t.test('TOKEN-2 what is asked for is checked, and making one takes a login', async (t) => {
  const refused = async (wish: object) => {
    const { status, json } = await owner.http('POST', '/access-tokens', {
      body: { name: 'feed', can: ['read'], ...wish },
    });
    return [status, json.errors?.[0]?.field ?? json.code];
  };
  t.same(await refused({ can: [] }), [422, 'can']);
  t.same(await refused({ can: ['write'] }), [422, 'can.0']);
  t.same(await refused({ can: ['read', 'read'] }), [422, 'can']);
  t.same(await refused({ types: ['Nonsense'] }), [422, 'types.0']);
  t.same(await refused({ expires_in_days: 366 }), [422, 'expires_in_days']);
  t.same(await refused({ name: '' }), [422, 'name']);
  t.same(
    await refused({ pages: ['6b1f0f4e-3f0a-5d0c-9a57-0f5f6f1f9b11'] }),
    [422, 'pages'],
    'a page that is not theirs',
  );
  t.match(await owner.http('POST', '/access-tokens', { body: { name: 'a', can: ['read'] }, idempotencyKey: 'k' }), {
    status: 400,
    json: { code: 'invalid_request' },
  });
  const { token, id } = await make({ can: ['read', 'trigger'] });
  const program = as(token);
  for (const [method, path] of [
    ['POST', '/access-tokens'],
    ['GET', '/access-tokens'],
    ['DELETE', `/access-tokens/${id}`],
    ['POST', '/token'],
    ['POST', '/logout'],
    ['POST', '/password'],
    ['POST', '/pages'],
    ['PATCH', `/pages/${first}`],
    ['POST', `/alarms/${alarm}/ack`],
    ['GET', '/admin/users'],
  ] as const)
    t.match(
      await program(method, path, method === 'GET' ? undefined : {}),
      { status: 403, json: { code: 'token_scope' } },
      path,
    );
  t.equal((await program('GET', '/me')).status, 200, 'it is good afterwards');
});

t.test('TOKEN-3 a token reads or triggers as it was made to, and its events bear its id', async (t) => {
  const reader = await make({ can: ['read'] });
  const trigger = await make({ can: ['trigger'] });
  const both = await make({ can: ['read', 'trigger'] });
  const fire = (token: string, id = alarm) => as(token)('POST', `/alarms/${id}/trigger`, { price: 1 });
  t.match(await fire(reader.token), { status: 403, json: { code: 'token_scope' } });
  t.match(await as(trigger.token)('GET', '/pages'), { status: 403, json: { code: 'token_scope' } });
  t.match(await as(trigger.token)('GET', '/events'), { status: 403, json: { code: 'token_scope' } });
  const { status, json } = await fire(trigger.token);
  t.equal(status, 200);
  t.same(Object.keys(json), ['id', 'seq'], 'and learns nothing else');
  t.equal(json.id, alarm);
  t.match((await fire(both.token)).json, { id: alarm, ticker: 'EUR/USD' });
  const update = await owner.next('alarm_update', ({ payload }) => payload.seq === json.seq);
  t.equal(update.payload.by, olga.id, 'the rights are those of its owner');
  t.equal((await as(reader.token)('GET', '/pages')).json.length, 2);
  t.equal((await as(reader.token)('GET', `/pages/${first}/events`)).status, 200);
  t.equal((await as(reader.token)('GET', '/events')).status, 200);
  t.equal((await as(reader.token)('GET', '/groups')).status, 200);
});

t.test('TOKEN-4 pages and types cut what it sees, whatever its owner may see', async (t) => {
  const cut = await make({ can: ['read', 'trigger'], pages: [first], types: ['AlarmTriggered'] });
  const program = as(cut.token);
  t.same(
    (await program('GET', '/pages')).json.map(({ id }: any) => id),
    [first],
  );
  for (const path of [
    `/pages/${second}`,
    `/pages/${second}/events`,
    `/pages/${second}/shares`,
    `/pages/${second}/viewers`,
    `/alarms/${other}`,
    `/alarms/${other}/events`,
  ])
    t.equal((await program('GET', path)).status, 404, path);
  for (const path of ['/groups', '/groups/x', '/users?username=olga', `/users/${olga.id}`])
    t.match(await program('GET', path), { status: 403, json: { code: 'token_scope' } }, path);
  t.equal((await program('POST', `/alarms/${other}/trigger`, { price: 1 })).status, 404);
  t.equal((await program('POST', `/alarms/${alarm}/trigger`, { price: 1 })).status, 200);
  await owner.must('trigger_alarm', { alarm_id: other, price: 2 });
  const told = (await program('GET', '/events')).json;
  t.ok(told.events.length > 0);
  t.same(
    new Set(told.events.map(({ page_id, type }: any) => `${page_id} ${type}`)),
    new Set([`${first} AlarmTriggered`]),
  );
  t.same(
    (await program('GET', `/events?types=PageCreated,AlarmTriggered&pages=${second}`)).json.events,
    [],
    'nor by asking',
  );
  for (const path of [`/pages/${first}/events`, `/alarms/${alarm}/events`])
    t.same(
      new Set((await program('GET', path)).json.events.map(({ type }: any) => type)),
      new Set(['AlarmTriggered']),
      path,
    );
  // A right that its owner loses is lost to it too.
  await owner.must('share_page', grant(first, 'user', vera.id, 'view'));
  const ofVera = await make({ can: ['read'], pages: [first] }, vera);
  t.equal((await as(ofVera.token)('GET', `/pages/${first}`)).status, 200);
  await owner.must('share_page', grant(first, 'user', vera.id, 'nothing'));
  t.equal((await as(ofVera.token)('GET', `/pages/${first}`)).status, 404);
  t.same((await as(ofVera.token)('GET', '/events')).json.events, []);
});

t.test('TOKEN-5 on a socket a program sees its pages only, may trigger, and does nothing else', async (t) => {
  const { token } = await make({ can: ['read', 'trigger'], pages: [first] });
  const raw = await openRaw(t, server.url, token);
  const state = await raw.next('initial_state');
  t.same(
    state.payload.pages.map(({ id }: any) => id),
    [first],
  );
  t.ok(state.payload.alarms.every(({ page_id }: any) => page_id === first));
  await owner.must('trigger_alarm', { alarm_id: other, price: 3 });
  await owner.must('rename_page', { page_id: second, name: 'Second again' });
  const third = (await owner.must('create_page', { name: 'Third' })).data.id;
  await owner.must('trigger_alarm', { alarm_id: alarm, price: 4 });
  t.equal((await raw.next('alarm_update')).payload.page_id, first);
  raw.send({ type: 'trigger_alarm', id: 'a', payload: { alarm_id: alarm, price: 5 } });
  t.match(await raw.next('success', ({ id }) => id === 'a'), { payload: { action: 'triggered' } });
  raw.send({ type: 'trigger_alarm', id: 'b', payload: { alarm_id: other, price: 5 } });
  t.match(await raw.next('error', ({ id }) => id === 'b'), { payload: { code: 'not_found' } });
  raw.send({ type: 'rename_page', id: 'c', payload: { page_id: first, name: 'Mine' } });
  t.match(await raw.next('error', ({ id }) => id === 'c'), { payload: { code: 'token_scope' } });
  raw.send({ type: 'sync', id: 'd', payload: { page_id: second, seq: 0 } });
  t.match(await raw.next('error', ({ id }) => id === 'd'), { payload: { code: 'not_found' } });
  raw.send({ type: 'refresh', id: 'e', payload: { token: olga.token } });
  t.match(await raw.next('error', ({ id }) => id === 'e'), { payload: { code: 'token_refused' } });
  owner.send({ type: 'refresh', id: 'f', payload: { token } });
  t.match(await owner.next('error', ({ id }) => id === 'f'), { payload: { code: 'token_refused' } });
  t.notOk(
    raw.messages.some((message) => JSON.stringify(message).includes(second) || JSON.stringify(message).includes(third)),
  );
  // A ticket is as good as the token.
  const { json } = await as(token)('POST', '/ws-ticket', {});
  const byTicket = await openRaw(t, server.url, `&ticket=${json.ticket}`);
  t.same(
    (await byTicket.next('initial_state')).payload.pages.map(({ id }: any) => id),
    [first],
  );
  const typed = await make({ can: ['read'], types: ['AlarmTriggered'] });
  const trigger = await make({ can: ['trigger'] });
  for (const one of [typed, trigger]) {
    await t.rejects(openRaw(t, server.url, one.token), /refused with 403/);
    t.match(await as(one.token)('POST', '/ws-ticket', {}), { status: 403, json: { code: 'token_scope' } });
  }
});

t.test(
  'TOKEN-6 a deletion ends its sockets, streams, tickets and requests at once; a password change ends none of it',
  async (t) => {
    const { id, token } = await make({ can: ['read'] });
    const client = await AlarmClient.connect({ url: server.url, token, reconnect: false, WebSocket: WebSocket as any });
    t.teardown(() => client.close());
    const raw = await openRaw(t, server.url, token);
    await raw.next('initial_state');
    const { ticket } = (await as(token)('POST', '/ws-ticket', {})).json;
    const stream = await openStream(t, server.url, token);
    await stream.until((line) => line.mark?.caught_up === true);
    const changed = await owner.http('POST', '/password', {
      body: { old: 'correct horse battery staple', new: 'another correct horse' },
    });
    t.equal(changed.status, 200);
    t.equal((await as(token)('GET', '/me')).status, 200);
    Object.assign(olga, { token: changed.json.access_token });
    const code = closed(raw.socket);
    const tokens = await listAccessTokens(server.url, olga.token);
    t.ok(tokens.some((one) => one.id === id));
    await deleteAccessToken(server.url, olga.token, id);
    t.equal(await code, 4002);
    t.equal(await stream.ended, true);
    t.equal((await as(token)('GET', '/me')).status, 401);
    await t.rejects(openRaw(t, server.url, `&ticket=${ticket}`), /refused with 401/);
    const made = await createAccessToken(server.url, olga.token, { name: 'short', can: ['read'], expiresInDays: 1 });
    t.equal((await as(made.token)('GET', '/me')).status, 200);
    for (const wrong of [
      `${made.token.slice(0, -1)}!`,
      made.token.replace(/.{43}$/, 'A'.repeat(43)),
      'alm_',
      `alm_${made.id}_`,
    ])
      t.equal((await as(wrong)('GET', '/me')).status, 401, 'what is nearly a token is none');
  },
);

t.test('FEED-13 a user has so many streams open at a time, and an ended one makes room', async (t) => {
  const streams = [await openStream(t, server.url, olga.token), await openStream(t, server.url, olga.token)];
  for (const stream of streams) await stream.until((line) => line.mark?.caught_up === true);
  const third = () =>
    request(server.url, 'GET', '/events?follow=1', { token: olga.token, headers: { accept: 'application/x-ndjson' } });
  t.match(await third(), { status: 429, json: { code: 'too_many_streams' } });
  t.equal((await request(server.url, 'GET', '/events', olga)).status, 200, 'a document is no stream');
  t.match((await request(server.url, 'GET', '/metrics')).text, /alarm_server_event_streams 2\n/);
  streams[0]?.close();
  for (;;) {
    const again = await openStream(t, server.url, olga.token);
    if (again.status === 200) break;
  }
});

t.test(
  'TOKEN-7 it ends with its time and while its owner is deactivated, and is there after a restart and a rebuild',
  async (t) => {
    const folder = temporaryFolder(t);
    let node = await startAdminServer(t, { dataDir: folder });
    const [una, oscar] = [await node.person('una'), await node.operator('oscar')];
    const made = (
      await request(node.url, 'POST', '/access-tokens', { token: una.token, body: { name: 'a', can: ['read'] } })
    ).json;
    const status = async (): Promise<number> => (await request(node.url, 'GET', '/me', { token: made.token })).status;
    t.equal(await status(), 200);
    const act = (verb: string) => request(node.url, 'POST', `/admin/users/${una.id}/${verb}`, oscar);
    const raw = await openRaw(t, node.url, made.token);
    const code = closed(raw.socket);
    t.equal((await act('deactivate')).status, 204);
    t.equal(await code, 4002);
    t.equal(await status(), 401);
    t.equal((await act('reactivate')).status, 204);
    t.equal(await status(), 200);
    node = await node.restart();
    t.equal(await status(), 200);
    await (await openRaw(t, node.url, made.token)).next('initial_state');
    const { live } = node.app.projection;
    const token = live.accessTokens.get(made.id);
    if (!token) return t.fail('it is known');
    live.accessTokens.add({ ...token, until: new Date().toISOString() });
    t.equal(await status(), 401, 'its time is over');
    t.same((await request(node.url, 'GET', '/access-tokens', una)).json, []);
  },
);

t.test(
  'TOKEN-8 a token made on one node is good on the other, and its deletion there ends it here within a second',
  async (t) => {
    const { nodes } = await twoNodes(t);
    const [a, b] = nodes;
    const una = await person(t, a.server.url, 'una');
    const made = await request(a.server.url, 'POST', '/access-tokens', {
      token: una.token,
      body: { name: 'a', can: ['read'] },
    });
    const position = made.headers.get('log-position');
    const { id, token } = made.json;
    t.equal((await request(b.server.url, 'GET', `/pages?min_position=${position}`, una)).status, 200);
    t.equal((await request(b.server.url, 'GET', '/me', { token })).status, 200);
    const raw = await openRaw(t, b.server.url, token);
    await raw.next('initial_state');
    t.match((await request(a.server.url, 'GET', '/access-tokens', una)).json, [{ id, name: 'a' }]);
    const code = closed(raw.socket);
    const startedAt = performance.now();
    t.equal((await request(a.server.url, 'DELETE', `/access-tokens/${id}`, una)).status, 204);
    t.equal(await code, 4002);
    t.ok(performance.now() - startedAt < 5_000);
    t.equal((await request(b.server.url, 'GET', '/me', { token })).status, 401);
  },
);
