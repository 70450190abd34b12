/** The stand-in for EventStoreDB misbehaves as it is told to, and the real client meets it as it meets a real server's faults. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  type AppendResult,
  type EventData,
  EventStoreDBClient,
  excludeSystemEvents,
  jsonEvent,
  NO_STREAM,
  START,
  streamNameFilter,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import t from 'tap';
import { hear } from './heard.js';
import { StandIn } from './stand-in.js';

const store = await StandIn.start({ firstPosition: 2n ** 60n, seed: 3 });
/** One for the whole file: another client's failure would reject this one's appends. */
const client = EventStoreDBClient.connectionString(store.url);
// What the client leaves unhandled when the stream of its appends breaks, or a server that is no leader ends it.
process.on('unhandledRejection', (reason) =>
  t.ok([5, 14].includes((reason as { code?: number }).code ?? 0), String(reason)),
);
t.afterEach(() => store.misbehave.behave());
t.teardown(async () => {
  // Not awaited: after the last test it never resolves.
  void client.dispose();
  await store.stop();
});

let streams = 0;
const newStream = (): string => `page-${(streams += 1)}`;
const event = (): EventData => jsonEvent({ id: randomUUID(), type: 'Counted', data: {} });
const append = (stream: string, events: EventData | EventData[] = event()): Promise<AppendResult> =>
  client.appendToStream(stream, events, { expectedRevision: NO_STREAM });
const held = (stream: string): number => store.log.shown(stream)?.length ?? 0;

type Failed = Error & { readonly type?: string; readonly code?: number };
async function failure(appending: Promise<unknown>): Promise<Failed> {
  return appending.then(
    () => Promise.reject(new Error('It should have failed')),
    (error: Failed) => error,
  );
}

/** Appends until the server takes it again: the client reconnects by itself, but not within the first call. */
async function recovered(): Promise<AppendResult> {
  for (;;) {
    const result = await append(newStream()).catch((error: Failed) => error);
    if (!(result instanceof Error)) return result;
  }
}

/** Resolves when the stream holds so many events. */
async function untilHeld(stream: string, count: number): Promise<void> {
  if (held(stream) >= count) return;
  await new Promise<void>((resolve) => {
    const end = store.log.onAppended(() => {
      if (held(stream) < count) return;
      end();
      resolve();
    });
  });
}

t.test('positions over 2^53 arrive exactly', async (t) => {
  const { position } = await append(newStream());
  t.equal(position!.commit, store.log.events.at(-1)!.position);
  t.ok(position!.commit > 2n ** 60n);
});

t.test('an append is never answered, written or not; its repetition is', async (t) => {
  for (const written of [true, false]) {
    const [stream, one] = [newStream(), event()];
    store.misbehave.nextAppend({ do: 'never answer', written });
    let answered = false;
    void append(stream, one).then(() => (answered = true));
    // Answers keep the order of the appends: what is answered after it would have come after its own.
    await append(newStream());
    t.equal(answered, false);
    t.equal(held(stream), written ? 1 : 0);
    t.equal((await append(stream, one)).nextExpectedRevision, 0n);
    t.equal(held(stream), 1);
  }
});

t.test('a foreign writer comes first: the append conflicts, and finds what that writer has written', async (t) => {
  const stream = newStream();
  store.misbehave.nextAppend({ do: 'conflict' });
  const error = await failure(append(stream));
  t.ok(error instanceof WrongExpectedVersionError);
  t.equal((error as WrongExpectedVersionError).actualVersion, 0n);
  t.same(
    store.log.shown(stream)?.map(({ type }) => type),
    ['ForeignEvent'],
  );
});

t.test('an order for some streams leaves others alone', async (t) => {
  const stream = newStream();
  store.misbehave.nextAppend({ do: 'conflict' }, (name) => name === stream);
  t.equal((await append(newStream())).nextExpectedRevision, 0n);
  t.ok((await failure(append(stream))) instanceof WrongExpectedVersionError);
});

t.test('a server that is not ready says so to an append and to a subscription', async (t) => {
  store.misbehave.notReady = true;
  const error = await failure(append(newStream()));
  t.match(error.message, /Server Is Not Ready/);
  t.equal(error.type, 'unknown');
  const heard = hear(client.subscribeToAll());
  await heard.until(({ errors }) => errors.length > 0);
  t.match(heard.errors[0], { code: 14, message: /Server Is Not Ready/ });
  store.misbehave.behave();
  t.ok((await recovered()).success);
});

t.test('no leader: every append under way fails, and the client goes to the one that is named', async (t) => {
  store.misbehave.nextAppend({ do: 'not leader', host: '127.0.0.1', port: store.port });
  const error = await failure(append(newStream()));
  t.equal(error.type, 'not-leader');
  t.ok((await recovered()).success);
});

t.test('it dies after the append and before the answer, or before both', async (t) => {
  for (const written of [true, false]) {
    const [stream, one] = [newStream(), event()];
    store.misbehave.nextAppend({ do: 'die', written });
    t.equal((await failure(append(stream, one))).code, 14);
    t.equal(held(stream), written ? 1 : 0);
    await recovered();
    t.equal((await append(stream, one)).nextExpectedRevision, 0n);
    t.equal(held(stream), 1);
  }
});

t.test('a subscription is dropped as too slow, or ends gracefully', async (t) => {
  const dropped = hear(client.subscribeToAll());
  await dropped.until(({ signs }) => signs.includes('caughtUp'));
  t.equal(store.dropSubscriptions(), 1);
  await dropped.until(({ signs }) => signs.includes('error'));
  t.match(dropped.errors[0], { type: 'timeout', code: 10, message: /Consumer too slow.*resubscription required/ });
  const ended = hear(client.subscribeToAll());
  await ended.until(({ signs }) => signs.includes('caughtUp'));
  t.equal(store.endSubscriptions(), 1);
  await ended.until(({ signs }) => signs.includes('end'));
  t.same(ended.errors, []);
});

t.test('the subscription is held while appends go on, and then brings everything in order', async (t) => {
  const prefix = newStream();
  const subscription = client.subscribeToAll({ filter: streamNameFilter({ prefixes: [`${prefix}x`] }) });
  const heard = hear(subscription);
  await heard.until(({ signs }) => signs.includes('caughtUp'));
  store.misbehave.holdFeed = true;
  for (const n of [1, 2, 3]) await append(`${prefix}x${n}`);
  t.same(heard.events, []);
  store.misbehave.holdFeed = false;
  await heard.until(({ events }) => events.length >= 3);
  t.same(
    heard.events,
    [1, 2, 3].map((n) => `Counted@0 ${prefix}x${n}`),
  );
  await subscription.unsubscribe();
});

t.test('a frozen server takes calls and works on them when it thaws', async (t) => {
  const stream = newStream();
  store.misbehave.freeze = true;
  let answered = false;
  const appending = append(stream).then((result) => ((answered = true), result));
  const read = client
    .readAll({ maxCount: 1 })
    [Symbol.asyncIterator]()
    .next()
    .then(() => (answered = true));
  await store.undecided(1);
  t.equal(answered, false);
  t.equal(held(stream), 0);
  store.misbehave.freeze = false;
  t.equal((await appending).nextExpectedRevision, 0n);
  await read;
});

t.test('appends and the subscription can be slow; both keep their order', async (t) => {
  const prefix = newStream();
  store.misbehave.appendDelay = 60;
  store.misbehave.feedDelay = 40;
  const subscription = client.subscribeToAll({
    fromPosition: 'end',
    filter: streamNameFilter({ prefixes: [`${prefix}x`] }),
  });
  const heard = hear(subscription);
  await heard.until(({ signs }) => signs.includes('caughtUp'));
  const began = performance.now();
  const order: number[] = [];
  await Promise.all([1, 2, 3].map((n) => append(`${prefix}x${n}`).then(() => order.push(n))));
  // A timer may fire one millisecond early.
  t.ok(performance.now() - began >= 59);
  t.same(order, [1, 2, 3]);
  await heard.until(({ events }) => events.length >= 3);
  t.ok(performance.now() - began >= 59 + 3 * 39);
  await subscription.unsubscribe();
});

t.test('killed, it leaves no append under way answered, some of them written, and serves its log again', async (t) => {
  const appended = newStream();
  await append(appended);
  const subscription = client.subscribeToAll({ filter: excludeSystemEvents() });
  const heard = hear(subscription);
  await heard.until(({ signs }) => signs.includes('caughtUp'));
  store.misbehave.appendDelay = 60_000;
  const under = Array.from({ length: 32 }, () => ({ stream: newStream(), one: event() }));
  const failures = under.map(({ stream, one }) => failure(append(stream, one)));
  await store.undecided(32);
  await store.kill();
  store.misbehave.behave();
  for (const { code } of await Promise.all(failures)) t.equal(code, 14);
  await heard.until(({ signs }) => signs.includes('error'));
  const written = under.filter(({ stream }) => held(stream) === 1).length;
  t.ok(written > 0 && written < 32, `${written} of 32 were written`);
  await store.start();
  await recovered();
  for (const { stream, one } of under) t.equal((await append(stream, one)).nextExpectedRevision, 0n);
  t.ok(under.every(({ stream }) => held(stream) === 1));
  const again = hear(client.subscribeToStream(appended, { fromRevision: START }));
  await again.until(({ events }) => events.length > 0);
  t.same(again.events, [`Counted@0 ${appended}`]);
});

t.test(
  'stopped, it writes nothing more; foreign and system events are in the log and left out by a filter',
  async (t) => {
    const stream = newStream();
    await store.stop();
    t.equal((await failure(append(stream))).code, 14);
    t.equal(held(stream), 0);
    await store.start();
    await recovered();
    store.appendStats();
    store.appendForeign(`${stream}x`, { type: 'Foreign' });
    const subscription = client.subscribeToAll({ filter: streamNameFilter({ prefixes: [stream] }) });
    const heard = hear(subscription);
    await heard.until(({ signs }) => signs.includes('caughtUp'));
    t.same(heard.events, [`Foreign@0 ${stream}x`]);
    const all: string[] = [];
    const reading = client.readAll();
    reading.on('data', ({ event: one }) => all.push(one!.type));
    await once(reading, 'end');
    t.ok(all.includes('$statsCollected') && all.includes('$metadata'));
    await subscription.unsubscribe();
  },
);

// The last one: afterwards this client appends no more.
t.test(
  'the stream of appends ends gracefully: this client is never answered again, over a call of its own it still is',
  async (t) => {
    const [stream, later] = [newStream(), newStream()];
    let settled = 0;
    const settles = (): void => void (settled += 1);
    store.misbehave.nextAppend({ do: 'end the stream', written: true });
    void append(stream).then(settles, settles);
    await untilHeld(stream, 1);
    void append(later).then(settles, settles);
    const alone = await client.appendToStream(newStream(), event(), {
      credentials: { username: 'somebody', password: 'unknown' },
    });
    t.equal(alone.success, true);
    t.equal(settled, 0);
    t.equal(held(later), 0);
  },
);
