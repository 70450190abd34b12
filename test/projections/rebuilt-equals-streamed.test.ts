/** After any history, in any batches, with any stops between: tables, memory and a rebuild are equal. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { loadReadModel } from '../../src/projections/read-model/read-model.js';
import { rebuildReadModel } from '../../src/projections/read-model/rebuild.js';
import { givenNumber } from '../runner/given-number.js';
import { beginning, HistoryWriter, move, replayable, VOIDS_AT_LEAST } from './random-history.js';
import { answersOf, rowsIn, rowsOf } from './rows.js';
import { openLog, readModelIn, startProjection } from './running-projection.js';

/** Histories at each run of the tests; RUNS in the environment gives more. */
const RUNS = givenNumber('RUNS', 4);

/** What follows a move: the next one in the same commit, in the next commit, in the next change set, after a restart. */
const then = fc.oneof(
  { weight: 10, arbitrary: fc.constant('the next one') },
  { weight: 5, arbitrary: fc.constant('a commit') },
  { weight: 3, arbitrary: fc.constant('a change set') },
  { weight: 1, arbitrary: fc.constant('a restart') },
);

t.test('PROJ-1 rebuilt = streamed = live = loaded, over random histories', async (t) => {
  let events = 0;
  let voids = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ move, then }), { minLength: 40, maxLength: 150, size: 'max' }),
      async (moves) => {
        const folder = mkdtempSync(join(tmpdir(), 'alarm-server-'));
        let running = await startProjection(folder);
        try {
          const writer = new HistoryWriter();
          let appends: Promise<unknown>[] = [];
          for (const { move: one, then: next } of [
            ...beginning.map((move) => ({ move, then: 'the next one' })),
            ...moves,
          ]) {
            const append = writer.write(one);
            if (append) appends.push(running.log.append(append.stream, append.expected, append.events));
            if (next === 'the next one') continue;
            for (const appended of await Promise.all(appends)) t.match(appended, { kind: 'appended' });
            appends = [];
            await running.projection.caughtUp;
            if (next !== 'a commit') t.equal(await running.projection.writer.catchUp(5_000), true);
            if (next !== 'a restart') continue;
            await running.stop();
            running = await startProjection(folder);
            t.strictSame(running.discarded, []);
          }
          await Promise.all(appends);
          await running.projection.caughtUp;
          await running.projection.writer.catchUp(5_000);
          const { log, projection } = running;
          const file = readModelIn(folder);
          const streamed = rowsOf(file);
          events += streamed['alarm_events']!.length;
          voids += (streamed['alarm_events'] as { void: number }[]).filter((row) => row.void).length;

          const live = answersOf(projection.live);
          t.strictSame({ ...streamed, ...rowsIn(projection.live) }, streamed, 'the live state and the tables');
          t.strictSame(
            answersOf(
              (await loadReadModel(file, log, await log.head(), { onDiscard: (reason) => t.fail(reason) })).live,
            ),
            live,
            'a live state that was loaded',
          );
          await running.stop();

          const again = openLog(folder);
          await rebuildReadModel(again, file, () => undefined);
          await again.close();
          t.strictSame(rowsOf(file), streamed, 'a rebuilt one');
          running = await startProjection(folder);
          t.strictSame(answersOf(running.projection.live), live, 'a live state started on the rebuilt one');
          return t.passing();
        } finally {
          await running.stop();
          rmSync(folder, { recursive: true, force: true });
        }
      },
    ),
    { ...replayable, numRuns: RUNS },
  );
  t.comment(`${events} events of pages, ${voids} of them void`);
  t.ok(
    events >= RUNS * (beginning.length - 2) && voids >= RUNS * VOIDS_AT_LEAST,
    'the histories had something in them',
  );
});
