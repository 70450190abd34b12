/** Webhooks: what is signed, where nothing is sent, what is tried again, and what everybody may see of it. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import t, { type Test } from 'tap';
import { AttemptLog } from '../../src/feeds/attempts.js';
import { newSecret, pauseAfter, ROTATION_MS, rotated, signatureHeaders } from '../../src/feeds/webhook.js';
import { NO_STREAM } from '../../src/log/event-log.js';
import { openSqliteLog } from '../../src/log/sqlite/log.js';
import { allowedTargets, isInner } from '../../src/net/inner-addresses.js';
import { post, type Resolve } from '../../src/net/webhook-post.js';
import { Webhooks } from '../../src/processes/webhooks/webhooks.js';
import { newEvent } from '../commands/wayward-log.js';
import { alarmOn, sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { startServer } from '../e2e/test-server.js';
import { startReceiver } from './receiver.js';
import { SubscriptionNode } from './subscription-node.js';

const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

const everything = allowedTargets(['127.0.0.0/8', '::1/128']);

t.test('HOOK-1 requests are signed as Standard Webhooks, with both secrets while one is replaced', async (t) => {
  const body = Buffer.from('[{"price":"é"}]');
  const now = Date.now();
  const first = { url: '', max_age_s: null, secrets: [newSecret()], paused: null };
  const second = rotated(first, newSecret(), now);
  const third = rotated(second, newSecret(), now);
  const verified = (secret: string, webhook: typeof first | typeof second, at = now): boolean => {
    try {
      new StandardWebhook(secret).verify(body.toString(), { ...signatureHeaders(webhook, 'msg_1', body, at) });
      return true;
    } catch {
      return false;
    }
  };
  const [a, b, c] = [first.secrets[0]!.text, second.secrets[0]!.text, third.secrets[0]!.text];
  t.match(a, /^whsec_[A-Za-z0-9+/]{43}=$/);
  t.same([verified(a, first), verified(b, first)], [true, false]);
  t.same([verified(a, second), verified(b, second)], [true, true]);
  t.same([verified(a, third), verified(b, third), verified(c, third)], [false, true, true], 'two are valid at most');
  t.equal(signatureHeaders(second, 'msg_1', body, now + ROTATION_MS)['webhook-signature']?.split(' ').length, 1);
});

t.test('HOOK-2 the pauses between tries', async (t) => {
  const pauses = Array.from({ length: 9 }, (_, at) => pauseAfter(at + 1, 0.5, undefined, 0) / 1_000);
  t.same(pauses, [5, 30, 120, 300, 900, 1_800, 3_600, 3_600, 3_600]);
  t.same([pauseAfter(1, 0, undefined, 0), pauseAfter(1, 1, undefined, 0)], [4_500, 5_500]);
  t.equal(pauseAfter(1, 0.5, '60', 0), 60_000, 'Retry-After in seconds');
  t.equal(pauseAfter(1, 0.5, '1', 0), 5_000, 'never sooner');
  t.equal(pauseAfter(1, 0.5, new Date(90_000).toUTCString(), 30_000), 60_000, 'or as a date');
  t.equal(pauseAfter(1, 0.5, 'soon', 0), 5_000);
  t.equal(pauseAfter(1, 0.5, '999999999', 0), 24 * 3_600_000);
});

t.test('HOOK-3 inner addresses, however they are written', async (t) => {
  for (const address of [
    '127.0.0.1',
    '127.255.255.254',
    '0.0.0.0',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    'fd12::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:0:1::',
    '2001:db8::1',
    'localhost',
    '',
    '2130706433',
  ])
    t.ok(isInner(address), address);
  for (const address of ['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1'])
    t.notOk(isInner(address), address);
  const some = allowedTargets(['10.1.0.0/16', 'fd00::/8', 'Hooks.Internal', '192.168.1.7']);
  t.ok(some.allows('x', '10.1.2.3'));
  t.ok(some.allows('x', 'fd00::5'));
  t.ok(some.allows('x', '192.168.1.7'));
  t.ok(some.allows('hooks.internal.', '127.0.0.1'));
  t.notOk(some.allows('x', '10.2.0.1'));
  t.notOk(some.allows('other.internal', '127.0.0.1'));
  for (const wrong of ['10.0.0.0/33', '10.0.0.0/8/8', 'a b', 'http://x', '10.0.0.0/'])
    t.throws(() => allowedTargets([wrong]), /neither an address/, wrong);
});

t.test('HOOK-4 nothing is sent to an inner address, whatever the DNS says and when', async (t) => {
  const receiver = await startReceiver(t);
  const { port } = receiver;
  const send = (url: string, resolve?: Resolve, allowed = allowedTargets([])) =>
    post(new URL(url), {}, Buffer.from('[]'), { allowed, ...(resolve ? { resolve } : {}), timeoutMs: 5_000 });
  for (const host of ['127.0.0.1', '[::1]', 'localhost', '0x7f.1', '2130706433', '0177.0.0.1', '[::ffff:127.0.0.1]'])
    t.same(await send(`http://${host}:${port}/`), { kind: 'inner' }, host);
  t.same(await send(`http://hooks.example:${port}/`, async () => ['127.0.0.1']), { kind: 'inner' });
  t.same(
    await send(`http://hooks.example:${port}/`, async () => ['93.184.216.34', '127.0.0.1']),
    { kind: 'inner' },
    'one of several is enough',
  );
  // The name was good when it was checked, and leads inside when it is connected to: only one answer of the DNS counts.
  let asked = 0;
  const rebinding: Resolve = async () => ((asked += 1) === 1 ? ['127.0.0.2'] : ['127.0.0.1']);
  const onlyTwo = allowedTargets(['127.0.0.2']);
  const rebound = await send(`http://hooks.example:${port}/`, rebinding, onlyTwo);
  t.match(rebound, { kind: 'failed' });
  t.equal(asked, 1);
  t.same(receiver.received, []);
  t.match(await send(receiver.url, undefined, everything), { kind: 'answered', status: 204 });
  t.match(await send('http://hooks.invalid/', async () => Promise.reject(new Error('ENOTFOUND'))), {
    kind: 'failed',
    why: /resolved/,
  });
});

t.test('HOOK-5 a receiver that hangs, breaks, redirects, or sends without end is a failed try', async (t) => {
  const receiver = await startReceiver(t);
  const elsewhere = await startReceiver(t);
  const send = (url = receiver.url, timeoutMs = 300) =>
    post(new URL(url), {}, Buffer.from('[]'), { allowed: everything, timeoutMs });
  receiver.answers.push(
    'hang',
    'break',
    { status: 307, headers: { location: elsewhere.url } },
    { status: 503, headers: { 'retry-after': '7' } },
  );
  t.match(await send(), { kind: 'failed', why: 'no answer within 0.3 s' });
  t.match(await send(), { kind: 'failed', why: /connection broke/ });
  t.match(await send(), { kind: 'answered', status: 307 });
  t.same(elsewhere.received, [], 'redirects are not followed');
  t.same(await send(), { kind: 'answered', status: 503, retryAfter: '7' });
  const endless = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    const more = setInterval(() => socket.write('x'.repeat(65_536)), 5);
    socket.on('close', () => clearInterval(more));
  });
  await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve));
  t.teardown(() => endless.close());
  t.match(await send(`http://127.0.0.1:${(endless.address() as { port: number }).port}/`, 5_000), {
    kind: 'answered',
    status: 200,
  });
  t.match(await send('http://127.0.0.1:1/'), { kind: 'failed', why: /no connection/ });
});

/** A node with a page, its webhooks sent by `start`, pauses of milliseconds. */
async function nodeOf(t: Test, receiver: { readonly url: string }, wish: object = {}) {
  const folder = t.testdir();
  const [owner, page] = [randomUUID(), randomUUID()];
  const log = openSqliteLog({ file: join(folder, 'log.db'), onFatal: (error) => t.fail(error.message) });
  const node = await SubscriptionNode.start(log, join(folder, 'read-model.db'), owner, Date.now, everything);
  t.teardown(() => node.kill());
  let revision = NO_STREAM;
  const append = async (event: Parameters<typeof newEvent>[1], at = new Date().toISOString()): Promise<string> => {
    const one = newEvent(owner, event, { at });
    const appended = await log.append(`page-${page}`, revision, [one]);
    if (appended.kind === 'appended') revision = appended.revision;
    return one.id;
  };
  await append({ type: 'PageCreated', data: { name: 'Page', owner_id: owner } });
  await append({ type: 'AlarmCreated', data: { alarm_id: page, ticker: 'A', option: '', condition: '' } });
  const outcomes: string[] = [];
  const attempts = new AttemptLog(log);
  const start = (): Webhooks => {
    const webhooks = new Webhooks({
      subscriptions: node.subscriptions,
      attempts,
      projection: node.projection,
      feed: node.feed,
      cloudEvent: ({ entry, pageId }) => JSON.stringify({ id: entry.id, type: entry.type, subject: pageId }),
      allowed: everything,
      onAttempt: (outcome) => outcomes.push(outcome),
      onError: (error) => t.fail(String(error)),
      pause: () => 20,
      tryMs: 1_000,
      lookMs: 50,
    });
    webhooks.start();
    t.teardown(() => webhooks.drain());
    return webhooks;
  };
  const put = await node.call('put_subscription', {
    types: ['AlarmTriggered'],
    webhook: { url: receiver.url },
    ...wish,
  });
  return {
    node,
    put,
    outcomes,
    attempts,
    start,
    append,
    trigger: (price: number, at?: string) => append({ type: 'AlarmTriggered', data: { alarm_id: page, price } }, at),
  };
}

t.test(
  'HOOK-6 every event arrives in order, each batch again until it is taken, and by its id known again',
  async (t) => {
    const receiver = await startReceiver(t);
    const { put, outcomes, start, trigger, node, attempts } = await nodeOf(t, receiver);
    t.match(put, { status: 201, json: { webhook: { url: receiver.url, paused: null, secret: /^whsec_/ } } });
    const first = await trigger(1);
    receiver.answers.push(500, 'hang', 'break', 302, 204);
    const webhooks = start();
    await receiver.arrived(5);
    t.same(
      receiver.received.map(({ ids }) => ids),
      Array.from({ length: 5 }, () => [first]),
    );
    t.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size, 1, 'the same id at each try');
    const verifier = new StandardWebhook(put.json.webhook.secret);
    for (const { body, headers } of receiver.received) t.doesNotThrow(() => verifier.verify(body, { ...headers }));
    const more = [await trigger(2), await trigger(3)];
    while (!more.every((id) => receiver.received.some(({ ids }) => ids.includes(id))))
      await receiver.arrived(receiver.received.length + 1);
    t.same(
      receiver.received.slice(5).flatMap(({ ids }) => ids),
      more,
      'in order, each once',
    );
    t.same(outcomes.slice(0, 5), ['failed', 'failed', 'failed', 'failed', 'delivered']);
    const { id } = (await node.subscriptions.find(node.userId, 'ledger'))!;
    t.match((await attempts.of(id)).attempts.slice(0, 5), [
      { outcome: 'failed', status: 500, error: 'answered 500', events: 1, partition: 0 },
      { outcome: 'failed', status: null, error: 'no answer within 1 s' },
      { outcome: 'failed', error: /connection broke/ },
      { outcome: 'failed', status: 302, error: /redirects are not followed/ },
      { outcome: 'delivered', status: 204, error: null },
    ]);
    while ((await node.call('get_subscription', undefined)).json.lag.events > 0) await tick();
    await webhooks.drain();
    t.equal((await node.call('get_subscription', undefined)).json.positions[0].holder, null, 'free for another node');
    // Another node, or the next start, goes on behind what was taken.
    const last = await trigger(4);
    const before = receiver.received.length;
    start();
    await receiver.arrived(before + 1);
    t.same(
      receiver.received.slice(before).flatMap(({ ids }) => ids),
      [last],
    );
  },
);

t.test('HOOK-7 410 pauses a webhook until the next PUT, and nothing is lost', async (t) => {
  const receiver = await startReceiver(t);
  const { outcomes, start, trigger, node } = await nodeOf(t, receiver);
  receiver.answers.push(410);
  const id = await trigger(1);
  start();
  await receiver.arrived(1);
  for (;;) {
    await tick();
    const { json } = await node.call('get_subscription', undefined);
    if (json.webhook.paused === null) continue;
    t.equal(json.webhook.paused, 'answered 410');
    break;
  }
  t.same(outcomes, ['gone']);
  const put = await node.call('put_subscription', { types: ['AlarmTriggered'], webhook: { url: receiver.url } });
  t.match(put, { status: 200, json: { webhook: { paused: null } } });
  t.equal(put.json.webhook.secret, undefined, 'a secret is shown once');
  await receiver.arrived(2);
  t.same(receiver.received[1]!.ids, [id]);
});

t.test('HOOK-8 events that are too old are skipped and counted, and void ones are never sent', async (t) => {
  const receiver = await startReceiver(t);
  const { start, trigger, append, node, attempts } = await nodeOf(t, receiver, {
    webhook: { url: receiver.url, max_age_s: 60 },
  });
  await trigger(1, new Date(Date.now() - 120_000).toISOString());
  await append({ type: 'AlarmTriggered', data: { alarm_id: randomUUID(), price: 1 } });
  const fresh = await trigger(2);
  start();
  await receiver.arrived(1);
  t.same(
    receiver.received.map(({ ids }) => ids),
    [[fresh]],
  );
  const { id } = (await node.subscriptions.find(node.userId, 'ledger'))!;
  t.equal((await attempts.of(id)).skipped, 1);
});

t.test(
  'HOOK-9 over HTTP: inner addresses are refused, WEBHOOK_ALLOW allows them, secrets rotate, tries are visible',
  async (t) => {
    const receiver = await startReceiver(t);
    const server = await startServer(t, { environment: { LIMITS: 'off', WEBHOOK_ALLOW: '127.0.0.1/32' } });
    const olga = await server.person('olga');
    const owner = await sitDown(t, server, olga);
    const http = (method: string, path: string, body?: unknown, token = olga.token) =>
      request(server.url, method, path, { token, body });
    const put = (url: unknown) => http('PUT', '/subscriptions/hook', { types: ['AlarmTriggered'], webhook: { url } });
    for (const url of [
      'ftp://example.com/',
      'not a url',
      'http://127.0.0.2:1/',
      'http://10.0.0.1/',
      'https://[::1]/',
      'http://169.254.169.254/latest',
      'http://user:word@93.184.216.34/',
    ])
      t.match(await put(url), { status: 422, json: { errors: [{ field: 'webhook.url' }] } }, url);
    const made = await put(receiver.url);
    t.equal(made.status, 201);
    const page = (await owner.must('create_page', { name: 'First' })).data.id;
    const alarm = (await owner.must('create_alarm', alarmOn(page))).data.id;
    await owner.must('trigger_alarm', { alarm_id: alarm, price: 1.5 });
    await receiver.arrived(1);
    const { headers, body } = receiver.received[0]!;
    t.equal(headers['content-type'], 'application/cloudevents-batch+json');
    new StandardWebhook(made.json.webhook.secret).verify(body, { ...headers });
    t.match(JSON.parse(body), [
      { specversion: '1.0', type: 'alarm-server.AlarmTriggered.v1', subject: page, data: { price: 1.5 } },
    ]);
    const second = (await http('POST', '/subscriptions/hook/rotate-secret', {})).json.secret;
    await owner.must('trigger_alarm', { alarm_id: alarm, price: 1.6 });
    await receiver.arrived(2);
    for (const secret of [made.json.webhook.secret, second])
      new StandardWebhook(secret).verify(receiver.received[1]!.body, { ...receiver.received[1]!.headers });
    for (;;) {
      const { json } = await http('GET', '/subscriptions/hook/attempts');
      if (json.attempts.length < 2) continue;
      t.match(json, { attempts: [{ outcome: 'delivered', status: 204 }, { outcome: 'delivered' }], skipped: 0 });
      break;
    }
    const shown = JSON.stringify((await http('GET', '/subscriptions/hook')).json);
    t.notOk(shown.includes('whsec_'), 'the secret is not shown again');
    const { token } = (await http('POST', '/access-tokens', { name: 'program', can: ['read'] })).json;
    t.match(await http('PUT', '/subscriptions/other', { webhook: { url: receiver.url } }, token), {
      status: 403,
      json: { code: 'token_scope' },
    });
    t.match(await http('POST', '/subscriptions/hook/rotate-secret', {}, token), { status: 403 });
    t.match(await http('PUT', '/subscriptions/hook', {}, token), { status: 403 }, 'nor is one taken away by a program');
    t.match(
      (await request(server.url, 'GET', '/metrics')).text,
      /alarm_server_webhook_attempts_total\{outcome="delivered"\} 2/,
    );
    t.match((await request(server.url, 'GET', '/metrics')).text, /alarm_server_webhook_partitions 1\n/);
    t.match((await request(server.url, 'GET', '/metrics')).text, /alarm_server_webhook_partitions_waiting 0\n/);
    t.match(
      await http('PUT', '/subscriptions/hook', {}),
      { status: 200, json: { webhook: null } },
      'a PUT without a webhook ends it',
    );
  },
);
