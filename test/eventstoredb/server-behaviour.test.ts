/**
 * What this project depends on of a server, seen through the real client: against the stand-in, or against the server that
 * TEST_EVENT_STORE names. It uses streams of its own in each run and leaves everything else alone.
 */
import { randomUUID } from 'node:crypto';
import {
  ANY,
  BACKWARDS,
  END,
  type EventData,
  EventStoreDBClient,
  eventTypeFilter,
  jsonEvent,
  MaxAppendSizeExceededError,
  NO_STREAM,
  STREAM_EXISTS,
  StreamDeletedError,
  StreamNotFoundError,
  streamNameFilter,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import t, { type Test } from 'tap';
import { hear } from './heard.js';
import { StandIn } from './stand-in.js';

const run = `t${randomUUID().replaceAll('-', '')}`;
const standIn = process.env['TEST_EVENT_STORE'] ? undefined : await StandIn.start({ firstPosition: 2n ** 53n + 1n });
const client = EventStoreDBClient.connectionString(process.env['TEST_EVENT_STORE'] ?? standIn!.url);
t.teardown(async () => {
  await client.dispose();
  await standIn?.stop();
});

let streams = 0;
const newStream = (): string => `${run}-${(streams += 1)}`;
const event = (n: number, id: string = randomUUID()): EventData =>
  jsonEvent({ id, type: `Counted${run}`, data: { n }, metadata: { by: 'test' } });
const append = (
  stream: string,
  events: EventData | EventData[],
  expectedRevision: typeof ANY | typeof NO_STREAM | typeof STREAM_EXISTS | bigint,
) => client.appendToStream(stream, events, { expectedRevision });

async function numbers(reading: AsyncIterable<{ event?: { data: unknown } | undefined }>): Promise<number[]> {
  const found: number[] = [];
  for await (const { event } of reading) found.push((event!.data as { n: number }).n);
  return found;
}

async function conflict(t: Test, appending: Promise<unknown>, actual: bigint | 'no_stream'): Promise<void> {
  const error = await appending.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  t.ok(error instanceof WrongExpectedVersionError, String(error));
  t.equal((error as WrongExpectedVersionError).actualVersion, actual);
  t.equal((error as Error).message, '', 'and says nothing in its message');
}

async function missing(t: Test, stream: string): Promise<void> {
  const error = await numbers(client.readStream(stream)).catch((reason: unknown) => reason);
  t.ok(error instanceof StreamNotFoundError, `${stream} is not found: ${String(error)}`);
}

t.test('each expected revision is taken where it holds and refused where it does not', async (t) => {
  const stream = newStream();
  await conflict(t, append(stream, event(0), 0n), 'no_stream');
  await conflict(t, append(stream, event(0), STREAM_EXISTS), 'no_stream');
  t.equal((await append(stream, [event(0), event(1)], NO_STREAM)).nextExpectedRevision, 1n);
  await conflict(t, append(stream, event(2), NO_STREAM), 1n);
  await conflict(t, append(stream, event(2), 0n), 1n);
  await conflict(t, append(stream, event(2), 2n), 1n);
  t.equal((await append(stream, event(2), 1n)).nextExpectedRevision, 2n);
  t.equal((await append(stream, event(3), STREAM_EXISTS)).nextExpectedRevision, 3n);
  t.equal((await append(stream, event(4), ANY)).nextExpectedRevision, 4n);
  t.same(await numbers(client.readStream(stream)), [0, 1, 2, 3, 4]);
});

t.test('a repeated append gets its original answer and writes nothing', async (t) => {
  const stream = newStream();
  const [a, b, c] = [event(0), event(1), event(2)];
  const first = await append(stream, [a, b], NO_STREAM);
  await append(stream, c, 1n);
  const again = await append(stream, [a, b], NO_STREAM);
  t.same([again.nextExpectedRevision, again.position], [first.nextExpectedRevision, first.position]);
  t.equal((await append(stream, a, NO_STREAM)).nextExpectedRevision, 0n, 'a prefix: its own revision');
  t.equal((await append(stream, c, 1n)).nextExpectedRevision, 2n);
  t.equal((await append(stream, b, ANY)).nextExpectedRevision, 1n, 'with ANY too');
  await conflict(t, append(stream, [a, b, event(9)], NO_STREAM), 2n);
  await conflict(t, append(stream, [c, event(9)], 1n), 2n);
  t.same(await numbers(client.readStream(stream)), [0, 1, 2]);
  t.equal(
    (await append(stream, a, 2n)).nextExpectedRevision,
    3n,
    'a known id at the current revision is written again',
  );
});

t.test('an append over 1 MiB is refused whole; an empty one answers and writes nothing', async (t) => {
  const stream = newStream();
  const large = jsonEvent({ type: `Large${run}`, data: { text: 'x'.repeat(600 * 1024) } });
  const error = await append(stream, [large, { ...large, id: randomUUID() }], NO_STREAM).catch(
    (reason: unknown) => reason,
  );
  t.ok(error instanceof MaxAppendSizeExceededError, String(error));
  t.equal((error as MaxAppendSizeExceededError).maxAppendSize, 1024 * 1024);
  const empty = await append(stream, [], NO_STREAM);
  t.same([empty.success, empty.nextExpectedRevision], [true, 0n]);
  await missing(t, stream);
  t.equal((await append(stream, large, NO_STREAM)).nextExpectedRevision, 0n);
});

t.test('a stream is read in both directions, from a revision on, at most so many events', async (t) => {
  const stream = newStream();
  await append(
    stream,
    [0, 1, 2, 3, 4].map((n) => event(n)),
    NO_STREAM,
  );
  t.same(await numbers(client.readStream(stream, { fromRevision: 2n })), [2, 3, 4]);
  t.same(await numbers(client.readStream(stream, { fromRevision: 1n, maxCount: 2 })), [1, 2]);
  t.same(await numbers(client.readStream(stream, { direction: BACKWARDS, fromRevision: END, maxCount: 2 })), [4, 3]);
  t.same(await numbers(client.readStream(stream, { direction: BACKWARDS, fromRevision: 1n })), [1, 0]);
  for await (const { event: read } of client.readStream(stream, { maxCount: 1 })) {
    t.match(read, { streamId: stream, revision: 0n, type: `Counted${run}`, isJson: true, metadata: { by: 'test' } });
    t.ok(Math.abs(read!.created.getTime() - Date.now()) < 60_000, 'and its time is that of its writing');
  }
});

t.test('the log is read inclusively from a position; positions are exact, equal and grow', async (t) => {
  const stream = newStream();
  const first = await append(stream, event(0), NO_STREAM);
  const last = await append(stream, [event(1), event(2)], 0n);
  const read: { stream: string; revision: bigint; commit: bigint; prepare: bigint }[] = [];
  for await (const { event: one } of client.readAll({ fromPosition: first.position! })) {
    read.push({
      stream: one!.streamId,
      revision: one!.revision,
      commit: one!.position!.commit,
      prepare: one!.position!.prepare,
    });
  }
  const own = read.filter((one) => one.stream === stream);
  t.same(
    own.map(({ revision }) => revision),
    [0n, 1n, 2n],
  );
  t.equal(own[0]!.commit, first.position!.commit, 'the first one is there');
  t.equal(own[2]!.commit, last.position!.commit, "an answer's position is its last event's");
  t.ok(read.every(({ commit, prepare }) => commit === prepare));
  t.ok(read.every(({ commit }, index) => index === 0 || commit > read[index - 1]!.commit));
  let backwards = 0n;
  for await (const { event: one } of client.readAll({
    direction: BACKWARDS,
    fromPosition: last.position!,
    maxCount: 1,
  }))
    backwards = one!.position!.commit;
  t.equal(backwards, own[1]!.commit, 'backwards the position itself is left out');
});

t.test('a filtered subscription catches up, says so, goes on live, and skips what is foreign', async (t) => {
  const prefix = newStream();
  await append(`${prefix}a`, event(0), NO_STREAM);
  await append(newStream(), event(9), NO_STREAM);
  standIn?.appendStats();
  const subscription = client.subscribeToAll({ filter: streamNameFilter({ prefixes: [`${prefix}a`, `${prefix}b`] }) });
  const heard = hear(subscription);
  await heard.until(({ signs }) => signs.includes('caughtUp'));
  t.same(heard.events, [`Counted${run}@0 ${prefix}a`]);
  await client.setStreamMetadata(`${prefix}a`, { acl: { readRoles: ['$admins'] } });
  await append(`${prefix}b`, [event(1), event(2)], NO_STREAM);
  await append(`${prefix}a`, event(3), 0n);
  await heard.until(({ events }) => events.length >= 4);
  t.same(heard.events.slice(1), [
    `Counted${run}@0 ${prefix}b`,
    `Counted${run}@1 ${prefix}b`,
    `Counted${run}@1 ${prefix}a`,
  ]);
  t.equal((await client.getStreamMetadata(`${prefix}a`)).metadata?.acl?.readRoles?.[0], '$admins');
  await subscription.unsubscribe();
});

t.test('a subscription begins after its position, and takes regular expressions of names and of types', async (t) => {
  const stream = newStream();
  const first = await append(stream, event(0), NO_STREAM);
  await append(stream, event(1), 0n);
  for (const filter of [
    streamNameFilter({ regex: `^${stream}$` }),
    eventTypeFilter({ regex: `^Counted${run}$` }),
    eventTypeFilter({ prefixes: [`Counted${run}`] }),
  ]) {
    const subscription = client.subscribeToAll({ fromPosition: first.position!, filter });
    const heard = hear(subscription);
    await heard.until(({ signs }) => signs.includes('caughtUp'));
    t.same(heard.events, [`Counted${run}@1 ${stream}`]);
    await subscription.unsubscribe();
  }
});

t.test('a subscription to one stream begins after its revision', async (t) => {
  const stream = newStream();
  await append(stream, [event(0), event(1)], NO_STREAM);
  const subscription = client.subscribeToStream(stream, { fromRevision: 0n });
  const heard = hear(subscription);
  await append(stream, event(2), 1n);
  await heard.until(({ events }) => events.length >= 2);
  t.same(heard.events, [`Counted${run}@1 ${stream}`, `Counted${run}@2 ${stream}`]);
  await subscription.unsubscribe();
});

t.test('checkpoints come although nothing is taken', async (t) => {
  const before = await append(newStream(), event(0), NO_STREAM);
  const checkpoints: bigint[] = [];
  let reached: () => void;
  const enough = new Promise<void>((resolve) => (reached = resolve));
  const filter = streamNameFilter({
    prefixes: [newStream()],
    checkpointInterval: 1,
    checkpointReached: (_, { commit }) => void (checkpoints.push(commit), reached()),
  });
  const subscription = client.subscribeToAll({ fromPosition: before.position!, filter });
  const heard = hear(subscription);
  await append(
    newStream(),
    Array.from({ length: 200 }, (_, n) => event(n)),
    NO_STREAM,
  );
  await enough;
  t.ok(checkpoints[0]! > before.position!.commit);
  t.same(heard.events, []);
  await subscription.unsubscribe();
});

t.test('a soft-deleted stream goes on at its old revision; a tombstoned one never does', async (t) => {
  const stream = newStream();
  await append(stream, [event(0), event(1)], NO_STREAM);
  await client.deleteStream(stream);
  await missing(t, stream);
  t.equal((await append(stream, event(2), NO_STREAM)).nextExpectedRevision, 2n);
  t.same(await numbers(client.readStream(stream)), [2]);
  await client.tombstoneStream(stream);
  const error = await append(stream, event(3), ANY).catch((reason: unknown) => reason);
  t.ok(error instanceof StreamDeletedError, String(error));
});

t.test('an empty name or type is refused with words of its own', async (t) => {
  for (const appending of [append('', event(0), ANY), append(newStream(), jsonEvent({ type: '', data: {} }), ANY)]) {
    const error = (await appending.catch((reason: unknown) => reason)) as { type?: string; message: string };
    t.equal(error.type, 'unknown');
    t.match(error.message, /BadRequest/);
  }
});

t.test('with credentials on the call the append goes over a call of its own, with the same answers', async (t) => {
  const stream = newStream();
  const credentials = { username: 'admin', password: 'changeit' };
  const ids = [event(0), event(1)];
  t.equal(
    (await client.appendToStream(stream, ids, { expectedRevision: NO_STREAM, credentials })).nextExpectedRevision,
    1n,
  );
  t.equal(
    (await client.appendToStream(stream, ids, { expectedRevision: NO_STREAM, credentials })).nextExpectedRevision,
    1n,
  );
  await conflict(t, client.appendToStream(stream, event(2), { expectedRevision: 0n, credentials }), 1n);
});
