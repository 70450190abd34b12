/** Rows and checkpoint are one transaction: for every reader, at any time, and after any kill, they are of the same moment. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { pageStream } from '../../src/domain/streams.js';
import { NO_STREAM } from '../../src/log/event-log.js';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { rebuildReadModel } from '../../src/projections/read-model/rebuild.js';
import { newEvent } from '../commands/wayward-log.js';
import { rowsIn, rowsOf } from './rows.js';
import { openLog, readModelIn, startProjection } from './running-projection.js';
import { temporaryFolder } from './temporary-folder.js';

/** What one look, in one read transaction, finds: how far each of the tables is, and the checkpoint. */
function looker(file: string): {
  look(): { position: number; seq: number; history: number; commands: number };
  close(): void;
} {
  const db = openDatabase(file, { readonly: true, timeout: 1_000 });
  const statement =
    db.prepare(`SELECT CAST((SELECT position FROM checkpoint) AS INTEGER) AS position, (SELECT seq FROM pages) AS seq,
    (SELECT max(seq) FROM alarm_events) AS history, (SELECT max(revision) FROM commands) AS commands`);
  return { look: () => statement.get() as ReturnType<ReturnType<typeof looker>['look']>, close: () => db.close() };
}

t.test('PROJ-3 a reader during a write finds rows and checkpoint of the same moment', async (t) => {
  const folder = temporaryFolder(t);
  const { log, projection, stop } = await startProjection(folder);
  t.teardown(stop);
  const stream = pageStream('page');
  // Of a time that is not long ago for a log made now: the ids of commands are kept for a day.
  const identified = { id: 'any', hash: 'hash', at: '2100-01-15T10:30:00.000Z' };
  await log.append(stream, NO_STREAM, [
    newEvent('olga', { type: 'PageCreated', data: { name: 'Page', owner_id: 'olga' } }, identified),
  ]);
  await projection.writer.catchUp(5_000);
  const { look, close } = looker(readModelIn(folder));
  const positions = new Set<number>();
  for (let seq = 0; seq < 800; seq += 5) {
    await log.append(
      stream,
      seq,
      Array.from({ length: 5 }, () => newEvent('olga', { type: 'PageRenamed', data: { name: 'Page' } }, identified)),
    );
    const written = projection.writer.catchUp(5_000);
    for (let isWritten = false; !isWritten; ) {
      const found = look();
      positions.add(found.position);
      // LogCreated is at 1, the page's first event, of seq 0, at 2.
      if (found.seq !== found.position - 2 || found.history !== found.seq || found.commands !== found.seq)
        return t.same(found, {}, 'of different moments');
      isWritten = await Promise.race([written, new Promise<false>((resolve) => setImmediate(resolve, false))]);
    }
  }
  close();
  t.ok(positions.size > 100, `${positions.size} moments were seen`);
  t.equal(projection.live.pages.get('page')!.seq, 800);
});

t.test(
  'PROJ-3 killed between and in the middle of change sets, it goes on from its checkpoint as if nothing had been',
  async (t) => {
    const folder = temporaryFolder(t);
    const file = readModelIn(folder);
    for (const changeSets of [1, 23]) {
      const process_ = spawn(
        process.execPath,
        [fileURLToPath(new URL('./writing-process.js', import.meta.url)), folder],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const lines = createInterface(process_.stdout);
      let said = 0;
      const exited = once(process_, 'exit');
      lines.on('line', () => {
        said += 1;
        if (said === changeSets) process_.kill('SIGKILL');
      });
      t.same(await exited, [null, 'SIGKILL']);
      const { look, close } = looker(file);
      const found = look();
      close();
      t.match(
        found,
        { seq: found.position - 2, history: found.seq, commands: found.seq },
        `after ${found.position} events`,
      );

      const running = await startProjection(folder);
      t.same(running.discarded, [], 'it is taken up, not thrown away');
      await running.projection.writer.catchUp(5_000);
      const streamed = rowsOf(file);
      t.same({ ...streamed, ...rowsIn(running.projection.live) }, streamed);
      await running.stop();
      const log = openLog(folder);
      const rebuilt = `${file}.other`;
      await rebuildReadModel(log, rebuilt, () => undefined);
      await log.close();
      t.same(rowsOf(rebuilt), streamed);
    }
  },
);
