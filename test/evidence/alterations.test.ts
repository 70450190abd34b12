/** Every alteration of a log is found, at its place. More of them: main.ts. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { TreeFiles } from '../../src/evidence/tree-files.js';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { alter } from './alterations.js';
import { checked, evidencedLog, randomFrom } from './altered-log.js';

t.test('EVID-5 each way of altering a log is found, at the first event that differs', async (t) => {
  const { faults } = await alter(13, 1127);
  t.same(faults, [], 'seed 1127');
});

t.test('EVID-5 what was not altered is whole, and hashes that a crash cut off are repaired', async (t) => {
  const log = await evidencedLog(300, randomFrom(3));
  t.teardown(() => rmSync(log.folder, { recursive: true }));
  const tree = join(log.folder, 'evidence');
  const before = await checked(log.file, tree, log.checkpoints);
  t.equal(before.fault, undefined);
  t.equal(before.confirmed, log.checkpoints.length);
  const copy = join(log.folder, 'torn');
  cpSync(tree, copy, { recursive: true });
  // A power failure has left zeros where the last hashes were, and no checkpoint covers them.
  const { openSync, writeSync, closeSync } = await import('node:fs');
  for (const [name, at] of [
    ['hashes-0', 290 * 32],
    ['hashes-1', 0],
  ] as const) {
    const file = openSync(join(copy, name), 'r+');
    writeSync(file, Buffer.alloc(32), 0, 32, at);
    closeSync(file);
  }
  const repaired = await checked(log.file, copy, [], true);
  t.equal(repaired.fault, undefined);
  const again = await checked(log.file, copy, log.checkpoints);
  t.equal(again.fault, undefined);
  t.equal(again.tree.firstDifference, undefined, 'the hashes are those of the log again');
});

t.test('EVID-8 a log that came from another engine keeps its tree, with the positions of the new one', async (t) => {
  const log = await evidencedLog(40, randomFrom(5));
  t.teardown(() => rmSync(log.folder, { recursive: true }));
  const tree = join(log.folder, 'evidence');
  const db = openDatabase(log.file);
  db.prepare('UPDATE events SET position = -position * 10').run();
  db.prepare('UPDATE events SET position = -position').run();
  db.close();
  const moved = await checked(log.file, tree, log.checkpoints, true);
  t.same([moved.fault, moved.confirmed], [undefined, log.checkpoints.length]);
  const files = new TreeFiles(tree, true);
  t.teardown(() => files.close());
  t.same([files.position(0), files.sizeAt('20', files.size)], ['10', 2]);
});

t.test('EVID-5 without any checkpoint nothing is proved', async (t) => {
  const log = await evidencedLog(10, randomFrom(4));
  t.teardown(() => rmSync(log.folder, { recursive: true }));
  const result = await checked(log.file, undefined, []);
  t.same([result.fault, result.confirmed, result.size], [undefined, 0, log.events]);
});
