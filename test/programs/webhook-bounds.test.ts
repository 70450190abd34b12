/** What webhooks may use at a time, of one user and in all, and that those who wait get their turn. */
import { randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { AttemptLog } from '../../src/feeds/attempts.js';
import { NO_STREAM } from '../../src/log/event-log.js';
import { openSqliteLog } from '../../src/log/sqlite/log.js';
import { allowedTargets } from '../../src/net/inner-addresses.js';
import { FairSlots, type Slot } from '../../src/processes/webhooks/fair-slots.js';
import { Webhooks, type WebhooksOptions } from '../../src/processes/webhooks/webhooks.js';
import { newEvent } from '../commands/wayward-log.js';
import { request } from '../e2e/http-requests.js';
import { startServer } from '../e2e/test-server.js';
import { SubscriptionNode } from './subscription-node.js';

const inner = allowedTargets(['127.0.0.0/8']);

t.test(
  'HOOK-10 slots: never more than allowed, none is left free that somebody may have, the user with fewest first',
  (t) => {
    const step = fc.record({ user: fc.integer({ min: 0, max: 4 }), takes: fc.boolean(), which: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 6 }), (steps, perUser) => {
        const limits = { total: 8, perUser };
        const slots = new FairSlots(limits);
        const all: { user: number; slot: Slot }[] = [];
        const heldBy = (user: number): number => all.filter((one) => one.user === user && one.slot.isHeld).length;
        for (const { user, takes, which } of steps) {
          const waitedBefore = new Set(all.filter(({ slot }) => !slot.isHeld));
          if (takes || all.length === 0) all.push({ user, slot: slots.take(`user ${user}`) });
          else {
            const [one] = all.splice(which % all.length, 1);
            one!.slot.release();
            one!.slot.release();
          }
          const held = all.filter(({ slot }) => slot.isHeld);
          const waiting = all.filter(({ slot }) => !slot.isHeld);
          if (held.length !== slots.held || waiting.length !== slots.waiting) return false;
          if (held.length > limits.total || held.some((one) => heldBy(one.user) > perUser)) return false;
          if (held.length < limits.total && waiting.some((one) => heldBy(one.user) < perUser)) return false;
          // Whoever was given one by a release held no more than any other who waits.
          const given = held.filter((one) => waitedBefore.has(one));
          if (given.some((one) => waiting.some((other) => heldBy(other.user) < heldBy(one.user) - 1))) return false;
        }
        for (const { slot } of all) slot.release();
        return slots.held === 0 && slots.waiting === 0;
      }),
    );
    t.end();
  },
);

/** A node on which each of these users owns a page with an alarm, and has so many subscriptions with a webhook at `url`/user. */
async function nodeWith(t: Test, url: string, users: Readonly<Record<string, number>>) {
  const folder = t.testdir();
  const log = openSqliteLog({ file: join(folder, 'log.db'), onFatal: (error) => t.fail(error.message) });
  const node = await SubscriptionNode.start(log, join(folder, 'read-model.db'), randomUUID(), Date.now, inner);
  t.teardown(() => node.kill());
  for (const [name, count] of Object.entries(users)) {
    const [owner, page] = [randomUUID(), randomUUID()];
    let revision = NO_STREAM;
    for (const event of [
      { type: 'PageCreated', data: { name: 'Page', owner_id: owner } },
      { type: 'AlarmCreated', data: { alarm_id: page, ticker: 'A', option: '', condition: '' } },
      { type: 'AlarmTriggered', data: { alarm_id: page, price: 1 } },
    ] as const) {
      const appended = await log.append(`page-${page}`, revision, [newEvent(owner, event)]);
      if (appended.kind === 'appended') revision = appended.revision;
    }
    for (let at = 0; at < count; at += 1) {
      const wish = { name: `hook-${at}`, types: ['AlarmTriggered'], pages: null, partitions: 1 };
      const webhook = { url: `${url}/${name}/${at}`, max_age_s: null };
      const made = await node.subscriptions.put(owner, { ...wish, webhook }, { position: '0', from: null });
      t.equal(made.kind, 'created');
    }
  }
  const start = (options: Partial<WebhooksOptions>): Webhooks => {
    const webhooks = new Webhooks({
      subscriptions: node.subscriptions,
      attempts: new AttemptLog(log),
      projection: node.projection,
      feed: node.feed,
      cloudEvent: ({ entry }) => JSON.stringify({ id: entry.id }),
      allowed: inner,
      onAttempt: () => undefined,
      onError: (error) => t.fail(String(error)),
      lookMs: 20,
      ...options,
    });
    webhooks.start();
    t.teardown(() => webhooks.drain());
    return webhooks;
  };
  return start;
}

/** A receiver that answers a user's requests when it is told to. */
async function slowReceiver(t: Test) {
  const open = new Map<string, Set<ServerResponse>>();
  const most = new Map<string, number>();
  const paths = new Set<string>();
  const isHeld = new Set<string>();
  const waiting = new Set<() => void>();
  const server = createServer((asked, response) => {
    const path = asked.url ?? '';
    const user = path.split('/')[1] ?? '';
    paths.add(path);
    const responses = open.get(user) ?? new Set();
    open.set(user, responses.add(response));
    most.set(user, Math.max(most.get(user) ?? 0, responses.size));
    asked.resume();
    const answer = (): void => {
      responses.delete(response);
      response.writeHead(204).end();
    };
    if (!isHeld.has(user)) answer();
    for (const look of [...waiting]) look();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    most,
    hold: (user: string) => isHeld.add(user),
    answer: (user: string) => {
      isHeld.delete(user);
      for (const response of open.get(user) ?? []) response.writeHead(204).end();
      open.get(user)?.clear();
    },
    until: (isSo: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!isSo()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

t.test(
  'HOOK-10 a user whose receivers hang does not keep another one waiting, and has few requests open',
  async (t) => {
    const receiver = await slowReceiver(t);
    const { paths, most, until } = receiver;
    receiver.hold('alice');
    const start = await nodeWith(t, receiver.url, { alice: 8, bob: 2 });
    const webhooks = start({ tries: { total: 3, perUser: 2 } });
    await until(() => paths.size === 4);
    t.same([...paths].filter((path) => path.startsWith('/bob')).sort(), ['/bob/0', '/bob/1']);
    t.ok(webhooks.trying <= 3);
    t.equal(most.get('alice'), 2);
    receiver.answer('alice');
    await until(() => paths.size === 10);
    t.equal(most.get('alice'), 2, 'nor more later');
  },
);

t.test(
  'HOOK-10 with more partitions than a node serves at a time each gets its turn, and nothing is lost',
  async (t) => {
    const receiver = await slowReceiver(t);
    const start = await nodeWith(t, receiver.url, { alice: 6, bob: 1 });
    const webhooks = start({ served: { total: 2, perUser: 2 }, turnMs: 20 });
    let most = 0;
    await receiver.until(() => {
      most = Math.max(most, webhooks.serving);
      return receiver.paths.size === 7;
    });
    t.equal(most, 2);
  },
);

t.test('HOOK-10 a user has so many partitions with webhooks and no more', async (t) => {
  const server = await startServer(t, { environment: { LIMITS: 'off', WEBHOOK_ALLOW: '127.0.0.1/32' } });
  const { token } = await server.person('olga');
  const put = (name: string, partitions: number | undefined, isHook = true) =>
    request(server.url, 'PUT', `/subscriptions/${name}`, {
      token,
      body: { start: 'now', partitions, ...(isHook ? { webhook: { url: 'http://127.0.0.1:1/' } } : {}) },
    });
  t.equal((await put('a', 64)).status, 201);
  t.equal((await put('b', 60)).status, 201);
  t.equal((await put('plain', 64, false)).status, 201, 'others have no such limit');
  t.match(await put('c', 5), { status: 409, json: { code: 'limit_reached' } });
  t.match(await put('plain', undefined), { status: 409 }, 'nor does one become a webhook');
  t.equal((await put('c', 4)).status, 201);
  t.equal((await put('a', undefined)).status, 200, 'one that is there may be changed');
  t.equal((await put('a', undefined, false)).status, 200);
  t.equal((await put('plain', undefined)).status, 200);
});
