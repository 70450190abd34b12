/** The bench's history is worth measuring only if it is what the server itself would have written. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tap from 'tap';
import { standingEvents, writeHistory } from '../../bench/history.js';
import { logFile } from '../../src/config.js';
import { eventSchemas, Metadata } from '../../src/domain/events.js';
import type { RecordedEvent } from '../../src/log/event-log.js';
import { openSqliteLog } from '../../src/log/sqlite/log.js';
import { LiveState } from '../../src/projections/live-state.js';

const shape = { events: 3_000, pages: 3, alarms: 30, users: 2 };

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'history-test-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

tap.test('a written history is valid, complete and folds into what was asked for', (t) =>
  withFolder(async (folder) => {
    await writeHistory(folder, shape);
    const log = openSqliteLog({ file: logFile(folder), onFatal: (error) => t.fail(error.message) });
    const events: RecordedEvent[] = [];
    await log.subscribe(undefined, { deliver: (batch) => void events.push(...batch) }).caughtUp;
    await log.close();

    t.equal(events.length, shape.events);
    t.equal(new Set(events.map(({ id }) => id)).size, shape.events, 'no id comes twice');
    for (const { event, metadata } of events) {
      eventSchemas[event.type].strict().parse(event.data);
      Metadata.strict().parse(metadata);
    }
    const live = new LiveState();
    t.notOk(
      events.some((event) => live.fold(event).isVoid),
      'every actor had the right',
    );
    const pages = [...live.pages.values()];
    t.equal(live.users.size, shape.users);
    t.same(
      pages.map(({ alarms }) => alarms.size),
      [10, 10, 10],
    );
    t.ok(
      pages.every(({ alarms }) => [...alarms.values()].every(({ last_triggered }) => last_triggered !== null)),
      'history is on all alarms',
    );
    t.ok(
      events.every(({ metadata }, n) => n === 0 || metadata.at >= events[n - 1]!.metadata.at),
      'time never runs backwards',
    );
  }),
);

tap.test('a history too short for what stands in the end is refused', (t) =>
  withFolder(async (folder) => {
    await t.rejects(writeHistory(folder, { ...shape, events: standingEvents(shape) - 1 }), /takes 39/);
  }),
);

tap.test('the first pages of a history have the triggers that were asked for, spread over its time', (t) =>
  withFolder(async (folder) => {
    const triggers = [1_000, 100];
    await writeHistory(folder, { ...shape, triggers });
    const log = openSqliteLog({ file: logFile(folder), onFatal: (error) => t.fail(error.message) });
    const events: RecordedEvent[] = [];
    await log.subscribe(undefined, { deliver: (batch) => void events.push(...batch) }).caughtUp;
    await log.close();
    t.equal(events.length, shape.events);
    const pages = [...new Set(events.map(({ stream }) => stream).filter((stream) => stream.startsWith('page-')))];
    for (const [at, count] of triggers.entries()) {
      const places = events.flatMap(({ stream, event }, n) =>
        stream === pages[at] && event.type === 'AlarmTriggered' ? [n] : [],
      );
      t.equal(places.length, count);
      const middle = places[count / 2]! / events.length;
      t.ok(middle > 0.4 && middle < 0.6, `the middle one is at ${middle.toFixed(2)} of the log`);
    }
    await t.rejects(writeHistory(folder, { ...shape, triggers: [2_000, 1_000] }), /takes 3039/);
  }),
);
