/** Whatever becomes of the read model's file, a start makes it what the log says. */

import { closeSync, copyFileSync, openSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readModelFile } from '../../src/config.js';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { differences, streamedAgainstRebuilt } from '../crash/read-model-comparison.js';
import { alarmOn, sitDown } from '../e2e/desk.js';
import { type Person, person } from '../e2e/test-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { ServerProcess } from './server-process.js';

/** A stopped server's folder: some pages and alarms in it, and its owner. */
async function filledFolder(t: Test): Promise<{ dataDir: string; owner: Person }> {
  const dataDir = temporaryFolder(t);
  const server = await ServerProcess.start({ dataDir });
  t.teardown(() => server.end('SIGKILL'));
  const owner = await person(t, server.url, 'owner');
  const desk = await sitDown(t, server, owner);
  const { data: page } = await desk.must('create_page', { name: 'Desk' });
  for (let at = 0; at < 200; at++) await desk.must('create_alarm', alarmOn(page.id, `EUR/${at}`));
  await server.end('SIGTERM');
  return { dataDir, owner };
}

function overwrite(file: string, at: number, bytes: Buffer): void {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, bytes, 0, bytes.length, at);
  closeSync(descriptor);
}

const change = (file: string, sql: string): void => {
  const db = openDatabase(file);
  db.exec(sql);
  db.close();
};

t.test(
  'PROJ-5 a read model that is missing, damaged, of another log or version, or ahead of the log is built anew',
  async (t) => {
    const { dataDir, owner } = await filledFolder(t);
    const file = readModelFile(dataDir);
    const whole = join(temporaryFolder(t), 'whole.db');
    copyFileSync(file, whole);
    const someoneElses = readModelFile((await filledFolder(t)).dataDir);
    const pages = Math.floor(statSync(file).size / 4_096);

    const harms: Record<string, { harm: () => void; said?: RegExp }> = {
      'it is deleted': { harm: () => rmSync(file) },
      'it is empty': { harm: () => truncateSync(file, 0) },
      'it is cut in the middle': {
        harm: () => truncateSync(file, Math.floor(pages / 2) * 4_096),
        said: /The read model is built anew: it could not be read/,
      },
      'it is no database': {
        harm: () => writeFileSync(file, 'this was a read model'),
        said: /it could not be read \(file is not a database\)/,
      },
      'its head is overwritten': {
        harm: () => overwrite(file, 0, Buffer.alloc(100, 0xa5)),
        said: /it could not be read/,
      },
      'every page but the first is overwritten': {
        harm: () => overwrite(file, 4_096, Buffer.alloc((pages - 1) * 4_096, 0xa5)),
        said: /it could not be read/,
      },
      'it is of another log': { harm: () => copyFileSync(someoneElses, file), said: /it belongs to another log/ },
      'it is of another version': {
        harm: () => change(file, `UPDATE checkpoint SET schema = 'another'`),
        said: /it was written by another version/,
      },
      'it is ahead of the log': {
        harm: () => change(file, 'UPDATE checkpoint SET position = position + 1'),
        said: /it is ahead of the log/,
      },
      'it has lost a table': { harm: () => change(file, 'DROP TABLE alarms'), said: /it could not be read/ },
    };
    for (const [what, { harm, said }] of Object.entries(harms)) {
      for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
      copyFileSync(whole, file);
      harm();
      const server = await ServerProcess.start({ dataDir });
      t.teardown(() => server.end('SIGKILL'));
      const desk = await sitDown(t, server, owner);
      t.equal(desk.initial.payload.alarms.length, 200, `${what}: all alarms are shown`);
      const ended = await server.end('SIGTERM');
      if (said) t.match(ended.stdout, said, `${what}: it is said`);
      t.same(differences(whole, file), [], `${what}: it is what it was`);
    }
  },
);

t.test(
  'PROJ-5 damage that a start does not see is seen when it is read or written: the process says so and ends, and the next one builds anew',
  async (t) => {
    const { dataDir, owner } = await filledFolder(t);
    const file = readModelFile(dataDir);
    const whole = join(temporaryFolder(t), 'whole.db');
    copyFileSync(file, whole);
    const db = openDatabase(whole, { readonly: true });
    const parts = db
      .prepare(
        `SELECT name, max(pageno) AS page FROM dbstat WHERE name LIKE '%alarm_events%' OR name LIKE '%commands%' GROUP BY name`,
      )
      .all() as { name: string; page: number }[];
    db.close();
    t.ok(parts.length >= 4, 'tables and indexes that are not read at the start', { parts });

    let found = 0;
    for (const { name, page } of parts) {
      for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
      copyFileSync(whole, file);
      overwrite(file, (page - 1) * 4_096, Buffer.alloc(4_096, 0xa5));
      let starts = 0;
      for (let code: number | null = 1; code !== 0 && starts < 3; starts++) {
        const server = new ServerProcess({ dataDir });
        t.teardown(() => server.end('SIGKILL'));
        // It may end before it is ready, too.
        await server
          .ready()
          .then(() => useAll(t, server, owner))
          .catch(() => undefined);
        const ended = await server.end('SIGTERM');
        code = ended.code;
        if (code === 0) continue;
        found += 1;
        t.match(
          ended.stdout,
          /The read model cannot be used any more .*the next start builds it anew/,
          `${name}: it says so`,
        );
      }
      t.ok(starts < 3, `${name}: a restart is enough`);
      t.same(await streamedAgainstRebuilt(dataDir), [], `${name}: it is whole again`);
    }
    t.ok(found > 0, 'damage was found', { found });
  },
);

/** Reads all of the history, asks for what was answered long ago, and writes. */
async function useAll(t: Test, server: ServerProcess, owner: Person): Promise<void> {
  const desk = await sitDown(t, server, owner);
  const [page] = desk.initial.payload.pages;
  for (let next: number | null = -1; next !== null; ) {
    const { status, json } = await desk.http(
      'GET',
      `/pages/${page.id}/events?limit=50${next < 0 ? '' : `&after_seq=${next}`}`,
    );
    if (status !== 200) throw new Error(`the history was answered with ${status}`);
    next = json.next;
  }
  for (const alarm of desk.initial.payload.alarms) await desk.must('trigger_alarm', { alarm_id: alarm.id, price: 1 });
}
