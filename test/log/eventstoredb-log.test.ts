/** The contract of the event log on EventStoreDB, or on the stand-in where none is named; then what the stand-in does wrong. */
import { randomUUID } from 'node:crypto';
import t, { type Test } from 'tap';
import { type Appended, type NewEvent, NO_STREAM, type RecordedEvent, type Resolved } from '../../src/log/event-log.js';
import type { EventStoreDbLog } from '../../src/log/eventstoredb/log.js';
import { TIMING } from '../../src/log/eventstoredb/timing.js';
import { StandIn } from '../eventstoredb/stand-in.js';
import { anyStore, freshPrefix, openOn, silent } from './any-store.js';
import { testEventLog } from './event-log-contract.js';

const created = (): NewEvent => ({
  id: randomUUID(),
  event: { type: 'PageCreated', data: { name: 'Alarmes', owner_id: 'somebody' } },
  metadata: {
    at: '2026-01-15T10:30:00.000Z',
    by: 'somebody',
    via: 'self',
    command: 'create_page',
    key: randomUUID(),
    v: 1,
  },
});
const page = (): string => `page-${randomUUID()}`;
const quick = { ...TIMING, attemptMs: 100, failingMs: 200, silentMs: 300, deliveryMs: 200 };

/** What became of it in the end, however long it was unknown. */
async function resolvedOf(appending: Promise<Appended>): Promise<Resolved> {
  const appended = await appending;
  return appended.kind === 'unknown' ? appended.resolved : appended;
}

/** Follows a log: its events, and when there are so many. */
function follow(log: EventStoreDbLog): {
  events: RecordedEvent[];
  has: (count: number) => Promise<void>;
  caughtUp: Promise<void>;
} {
  const events: RecordedEvent[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const { caughtUp } = log.subscribe(undefined, {
    deliver: (batch) => {
      events.push(...batch);
      for (const { count, resolve } of waiting) if (events.length >= count) resolve();
    },
  });
  return {
    events,
    caughtUp,
    has: (count) =>
      events.length >= count ? Promise.resolve() : new Promise((resolve) => waiting.push({ count, resolve })),
  };
}

t.test('the contract of the event log', async (t) => {
  const { url } = await anyStore(t);
  await t.test('', (t) =>
    testEventLog(t, async (t) => {
      const prefix = freshPrefix();
      return { log: await openOn(t, url, prefix), reopen: () => openOn(t, url, prefix) };
    }),
  );
});

async function misbehaving(
  t: Test,
): Promise<{ standIn: StandIn; log: EventStoreDbLog; subscription: ReturnType<typeof follow>; seen: string[] }> {
  const standIn = await StandIn.start({ firstPosition: 2n ** 60n });
  t.teardown(() => standIn.stop());
  const seen: string[] = [];
  const observer = {
    ...silent,
    onUnavailable: () => void seen.push('unavailable'),
    onAvailable: () => void seen.push('available'),
    onResubscribe: () => void seen.push('resubscribed'),
  };
  const log = await openOn(t, standIn.url, '', { timing: quick, observer });
  const subscription = follow(log);
  await subscription.caughtUp;
  return { standIn, log, subscription, seen };
}

for (const written of [true, false]) {
  t.test(
    `LOG-15 an append that is never answered, ${written ? 'written' : 'not written'}, takes effect once`,
    async (t) => {
      const { standIn, log, subscription } = await misbehaving(t);
      const stream = page();
      standIn.misbehave.nextAppend({ do: 'never answer', written });
      t.match(await resolvedOf(log.append(stream, NO_STREAM, [created()])), { kind: 'appended', revision: 0 });
      t.match(await resolvedOf(log.append(stream, 0, [created()])), { kind: 'appended', revision: 1 });
      await subscription.has(3);
      t.equal(subscription.events.length, 3);
    },
  );

  t.test(
    `LOG-15 a server that dies with an append ${written ? 'written' : 'not written'} and unanswered`,
    async (t) => {
      const { standIn, log, subscription } = await misbehaving(t);
      const stream = page();
      standIn.misbehave.nextAppend({ do: 'die', written });
      t.match(await resolvedOf(log.append(stream, NO_STREAM, [created()])), { kind: 'appended', revision: 0 });
      t.equal(log.isAvailable, true);
      await subscription.has(2);
      t.match(await log.append(stream, 0, [created()]), { kind: 'appended', revision: 1 });
      await subscription.has(3);
      t.same(
        subscription.events.map(({ revision }) => revision),
        [0, 0, 1],
        'once each, in order',
      );
    },
  );
}

t.test(
  'LOG-15 a server that ends the stream of appends politely, after which the client alone would never get an answer again',
  async (t) => {
    const { standIn, log, subscription } = await misbehaving(t);
    const stream = page();
    for (const [round, written] of [true, false].entries()) {
      standIn.misbehave.nextAppend({ do: 'end the stream', written });
      t.match(await resolvedOf(log.append(stream, round - 1, [created()])), { kind: 'appended', revision: round });
    }
    await subscription.has(3);
    t.equal(subscription.events.length, 3);
  },
);

t.test(
  'LOG-15 while the store is down an append is unknown, soon; when it is back, it is resolved by itself',
  async (t) => {
    const { standIn, log, subscription, seen } = await misbehaving(t);
    await standIn.stop();
    const appended = await log.append(page(), NO_STREAM, [created()]);
    t.equal(appended.kind, 'unknown');
    t.equal(log.isAvailable, false);
    await t.rejects(log.readPrivate(`credential-${randomUUID()}`), { name: 'LogUnavailable' });
    await standIn.start();
    if (appended.kind === 'unknown') t.match(await appended.resolved, { kind: 'appended', revision: 0 });
    await subscription.has(2);
    t.equal(log.isAvailable, true);
    t.ok(seen.includes('unavailable') && seen.includes('available'));
  },
);

t.test(
  'LOG-4 a subscription that is dropped, ended or falls silent goes on behind the last event, with none missed or doubled',
  async (t) => {
    const { standIn, log, subscription, seen } = await misbehaving(t);
    const stream = page();
    let revision = NO_STREAM;
    const append = async (): Promise<void> => {
      const appended = await log.append(stream, revision, [created(), created(), created()]);
      if (appended.kind === 'appended') revision = appended.revision;
    };
    await append();
    await subscription.has(4);
    for (const wrong of ['dropSubscriptions', 'endSubscriptions'] as const) {
      standIn[wrong]();
      await append();
      await subscription.has(revision + 2);
    }
    standIn.misbehave.holdFeed = true;
    await append();
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (seen.filter((one) => one === 'resubscribed').length < 3) return;
        clearInterval(timer);
        resolve();
      }, 10);
    });
    standIn.misbehave.holdFeed = false;
    await subscription.has(revision + 2);
    t.same(
      subscription.events.slice(1).map((event) => event.revision),
      Array.from({ length: revision + 1 }, (_, at) => at),
    );
  },
);

t.test("LOG-16 others' events in the store are skipped, and a log begun by two nodes at once is one", async (t) => {
  const { url } = await anyStore(t);
  const prefix = freshPrefix();
  const logs = await Promise.all([openOn(t, url, prefix), openOn(t, url, prefix)]);
  const other = await openOn(t, url, freshPrefix());
  t.equal(logs[0].id, logs[1].id);
  t.not(other.id, logs[0].id);
  await other.append(page(), NO_STREAM, [created()]);
  await logs[1].append(page(), NO_STREAM, [created()]);
  const subscription = follow(logs[0]);
  await subscription.has(2);
  t.same(
    subscription.events.map(({ event }) => event.type),
    ['LogCreated', 'PageCreated'],
  );
  t.equal(await logs[0].head(), subscription.events[1]!.position);
});

t.test("LOG-16 the log's end is found behind any number of others' events, again and again", async (t) => {
  const { url } = await anyStore(t);
  const [log, other] = await Promise.all([openOn(t, url, freshPrefix()), openOn(t, url, freshPrefix())]);
  const theirs = (count: number) => other.append(page(), NO_STREAM, Array.from({ length: count }, created));
  for (const before of [0, 10, 600, 600]) {
    const appended = await resolvedOf(log.append(page(), NO_STREAM, [created()]));
    for (const count of [before, 1, 20].filter((count) => count > 0)) await theirs(count);
    for (let time = 0; time < 2; time += 1)
      t.equal(await log.head(), (appended as { position: string }).position, `behind ${before} and more`);
    await theirs(600);
    t.equal(
      await log.head(),
      (appended as { position: string }).position,
      'and 600 behind where it was looked for before',
    );
  }
});
