/** What every event log must do, whatever the engine. Each adapter's test calls this with a way to open a fresh log. */
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { eventVersions, type Metadata, type StoredEventType } from '../../src/domain/events.js';
import { isPrivate, LOG_STREAM, streamFamilies } from '../../src/domain/streams.js';
import {
  type Appended,
  comparePositions,
  type EventLog,
  type NewEvent,
  NO_STREAM,
  type RecordedEvent,
} from '../../src/log/event-log.js';
import { root } from '../architecture/sources.js';

export interface LogUnderTest {
  readonly log: EventLog;
  /** Opens the same log again, after `log` was closed. */
  reopen(): Promise<EventLog>;
}

const metadata = (by = 'somebody'): Metadata => ({
  at: '2026-01-15T10:30:00.000Z',
  by,
  via: 'owner',
  command: 'rename_page',
  key: randomUUID(),
  v: 1,
});
const renamed = (name: string): NewEvent => ({
  id: randomUUID(),
  event: { type: 'PageRenamed', data: { name } },
  metadata: metadata(),
});
const names = (events: readonly RecordedEvent[]): unknown[] =>
  events.map(({ event }) => (event.data as { name?: string }).name);

/** Data of this type as the current version has them. */
const goldenData = (type: StoredEventType): unknown =>
  JSON.parse(readFileSync(join(root, `test/domain/golden/${type}.v${eventVersions[type]}.json`), 'utf8')).current;

function appendedAt(t: Test, appended: Appended): Extract<Appended, { kind: 'appended' }> {
  t.equal(appended.kind, 'appended');
  return appended as Extract<Appended, { kind: 'appended' }>;
}

/** Collects what is delivered, and lets a test wait for a number of events. */
class Collector {
  readonly events: RecordedEvent[] = [];
  #waiting: { count: number; resolve: () => void }[] = [];

  deliver(events: readonly RecordedEvent[]): void {
    this.events.push(...events);
    for (const { count, resolve } of this.#waiting) if (this.events.length >= count) resolve();
  }

  has(count: number): Promise<void> {
    if (this.events.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }
}

export function testEventLog(t: Test, open: (t: Test) => Promise<LogUnderTest>): void {
  const page = (): string => `page-${randomUUID()}`;

  t.test('LOG-1 revisions of a stream are 0, 1, 2 … and positions only grow', async (t) => {
    const { log } = await open(t);
    const stream = page();
    const first = appendedAt(t, await log.append(stream, NO_STREAM, [renamed('a'), renamed('b')]));
    t.equal(first.revision, 1);
    const second = appendedAt(t, await log.append(stream, 1, [renamed('c')]));
    t.equal(second.revision, 2);
    t.ok(comparePositions(second.position, first.position) > 0);
  });

  t.test('LOG-2 an append that expects another revision is a conflict and writes nothing', async (t) => {
    const { log } = await open(t);
    const stream = page();
    t.same(await log.append(stream, 0, [renamed('a')]), { kind: 'conflict', actual: NO_STREAM });
    await log.append(stream, NO_STREAM, [renamed('a')]);
    t.same(await log.append(stream, NO_STREAM, [renamed('b')]), { kind: 'conflict', actual: 0 });
    t.same(await log.append(stream, 1, [renamed('b')]), { kind: 'conflict', actual: 0 });
    t.equal(appendedAt(t, await log.append(stream, 0, [renamed('c')])).revision, 1);
  });

  t.test('LOG-3 the same events at the same place again are answered as the first time and written once', async (t) => {
    const { log } = await open(t);
    const stream = page();
    const events = [renamed('a'), renamed('b')];
    const first = await log.append(stream, NO_STREAM, events);
    await log.append(stream, 1, [renamed('c')]);
    t.same(await log.append(stream, NO_STREAM, events), first);
    t.equal(appendedAt(t, await log.append(stream, 2, [renamed('d')])).revision, 3);
  });

  t.test(
    'LOG-4 the subscription brings every event once, in log order: those before the subscription and those after it',
    async (t) => {
      const { log } = await open(t);
      const [one, two] = [page(), page()];
      await log.append(one, NO_STREAM, [renamed('a')]);
      await log.append(two, NO_STREAM, [renamed('b')]);
      const collector = new Collector();
      const before = collector.events.length;
      const subscription = log.subscribe(undefined, collector);
      await subscription.caughtUp;
      const seen = collector.events.filter(({ stream }) => stream === one || stream === two);
      t.equal(before, 0);
      t.same(names(seen), ['a', 'b']);
      const count = collector.events.length;
      await Promise.all([log.append(one, 0, [renamed('c'), renamed('d')]), log.append(two, 0, [renamed('e')])]);
      await collector.has(count + 3);
      const positions = collector.events.map(({ position }) => position);
      t.same(positions, [...positions].sort(comparePositions));
      t.equal(new Set(positions).size, positions.length);
      t.same(names(collector.events.filter(({ stream }) => stream === one)), ['a', 'c', 'd']);
      subscription.close();
    },
  );

  t.test('LOG-4 the subscription begins exactly behind the position it is given', async (t) => {
    const { log } = await open(t);
    const stream = page();
    const { position } = appendedAt(t, await log.append(stream, NO_STREAM, [renamed('a')]));
    await log.append(stream, 0, [renamed('b')]);
    const collector = new Collector();
    const subscription = log.subscribe(position, collector);
    await subscription.caughtUp;
    t.same(names(collector.events), ['b']);
    subscription.close();
    await log.append(stream, 1, [renamed('c')]);
    t.same(names(collector.events), ['b'], 'a closed subscription gets nothing more');
  });

  t.test('LOG-1 TEXT-3 a private event takes the place of those before it in its stream', async (t) => {
    const { log, reopen } = await open(t);
    const stream = `textkey-${randomUUID()}`;
    const key = (key: string | null): NewEvent => ({ ...renamed(''), event: { type: 'TextKeySet', data: { key } } });
    t.equal(appendedAt(t, await log.overwrite(stream, NO_STREAM, key('first'))).revision, 0);
    t.same(await log.overwrite(stream, NO_STREAM, key('other')), { kind: 'conflict', actual: 0 });
    t.match(await log.readPrivate(stream), { data: { key: 'first' }, revision: 0 });
    const last = key(null);
    t.equal(appendedAt(t, await log.overwrite(stream, 0, last)).revision, 1);
    t.equal(appendedAt(t, await log.overwrite(stream, 0, last)).revision, 1, 'repeated: the same answer');
    t.match(await log.readPrivate(stream), { data: { key: null }, revision: 1 });
    await log.close();
    const again = await reopen();
    t.match(await again.readPrivate(stream), { data: { key: null }, revision: 1 });
  });

  t.test('LOG-5 an event comes back as it was written, with its place', async (t) => {
    const { log } = await open(t);
    const stream = page();
    const event = renamed('Zürich "☂" \\ 東京');
    const collector = new Collector();
    await log.append(stream, NO_STREAM, [event]);
    await log.subscribe(undefined, collector).caughtUp;
    const recorded = collector.events.find((recorded) => recorded.stream === stream);
    t.match(recorded, { id: event.id, event: event.event, metadata: event.metadata, stream, revision: 0 });
  });

  t.test(
    'LOG-38 the subscription brings every family of streams but the private ones; an unregistered one is refused',
    async (t) => {
      const { log } = await open(t);
      const streams: string[] = [];
      for (const { prefix, id, types, isPrivate } of Object.values(streamFamilies)) {
        if (id === undefined) continue;
        const ids = [randomUUID(), randomBytes(32).toString('hex'), `2026-11-27-${randomBytes(4).toString('hex')}`];
        const stream = `${prefix}${ids.find((one) => new RegExp(`^${id}$`).test(one))}`;
        const [type] = types as ReadonlySet<StoredEventType>;
        const event = { type, data: goldenData(type!) } as NewEvent['event'];
        appendedAt(t, await log.append(stream, NO_STREAM, [{ id: randomUUID(), event, metadata: metadata() }]));
        if (!isPrivate) streams.push(stream);
      }
      t.ok(streams.length >= 4);
      const collector = new Collector();
      await log.subscribe(undefined, collector).caughtUp;
      const mine = collector.events.filter(({ stream }) => stream !== LOG_STREAM).map(({ stream }) => stream);
      t.same(
        mine.filter((stream) => streams.includes(stream)),
        streams,
      );
      t.notOk(mine.some(isPrivate), 'nothing of a private family is delivered');
      t.ok(collector.events.some(({ stream }) => stream === LOG_STREAM));
      t.throws(() => log.append(`pager-${randomUUID()}`, NO_STREAM, [renamed('a')]), /No stream family is registered/);
    },
  );

  t.test('LOG-6 a credential is read back, and is in no subscription', async (t) => {
    const { log } = await open(t);
    const stream = `credential-${randomUUID()}`;
    const credential = (hash: string): NewEvent => ({
      id: randomUUID(),
      event: { type: 'CredentialSet', data: { hash } },
      metadata: metadata(),
    });
    const live = new Collector();
    await log.subscribe(undefined, live).caughtUp;
    const count = live.events.length;
    await log.append(stream, NO_STREAM, [credential('first')]);
    await log.append(stream, 0, [credential('second')]);
    await log.append(page(), NO_STREAM, [renamed('a')]);
    await live.has(count + 1);
    const late = new Collector();
    await log.subscribe(undefined, late).caughtUp;
    t.match(await log.readPrivate(stream), { type: 'CredentialSet', data: { hash: 'second' }, revision: 1 });
    t.equal(await log.readPrivate(`credential-${randomUUID()}`), undefined);
    for (const events of [live.events, late.events]) t.notOk(events.some(({ stream: name }) => name === stream));
    t.equal(await log.head(), late.events.at(-1)!.position);
  });

  t.test('LOG-7 a log opened again has its id, its events, and goes on behind them', async (t) => {
    const { log, reopen } = await open(t);
    const stream = page();
    const { position } = appendedAt(t, await log.append(stream, NO_STREAM, [renamed('a')]));
    await log.close();
    const again = await reopen();
    t.equal(again.id, log.id);
    t.equal(await again.head(), position);
    const second = appendedAt(t, await again.append(stream, 0, [renamed('b')]));
    t.ok(comparePositions(second.position, position) > 0);
    const collector = new Collector();
    await again.subscribe(undefined, collector).caughtUp;
    t.match(collector.events[0], { stream: 'log', event: { type: 'LogCreated', data: { log_id: log.id } } });
    t.same(names(collector.events.filter((recorded) => recorded.stream === stream)), ['a', 'b']);
  });

  t.test('LOG-8 appends called in one iteration are in the order of their calls', async (t) => {
    const { log } = await open(t);
    const streams = Array.from({ length: 20 }, page);
    const appended = await Promise.all(streams.map((stream) => log.append(stream, NO_STREAM, [renamed(stream)])));
    const positions = appended.map((one) => appendedAt(t, one).position);
    t.same(positions, [...positions].sort(comparePositions));
  });
  t.end();
}
