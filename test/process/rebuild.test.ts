import { copyFileSync, rmSync } from 'node:fs';
import t from 'tap';
import { readModelFile } from '../../src/config.js';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { differences, streamedAgainstRebuilt } from '../crash/read-model-comparison.js';
import { alarmOn, grant, makeGroup, sitDown } from '../e2e/desk.js';
import { person } from '../e2e/test-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { ServerProcess } from './server-process.js';

t.test(
  'RUN-7 PROJ-1 npm run rebuild builds the same read model from the log, with progress and rate, also where there was none',
  async (t) => {
    const dataDir = temporaryFolder(t);
    const server = await ServerProcess.start({ dataDir });
    t.teardown(() => server.end('SIGKILL'));
    const desk = await sitDown(t, server, await person(t, server.url, 'owner'));
    const other = await person(t, server.url, 'other');
    const group = await makeGroup(desk, 'Desk Euro', [other]);
    const { data: page } = await desk.must('create_page', { name: 'Desk' });
    await desk.must('share_page', grant(page.id, 'group', group, 'edit'));
    for (let at = 0; at < 50; at++) {
      const { data: alarm } = await desk.must('create_alarm', alarmOn(page.id, `EUR/${at}`));
      await desk.must('trigger_alarm', { alarm_id: alarm.id, price: at });
      if (at % 5 === 0) await desk.must('delete_alarm', { alarm_id: alarm.id });
    }
    t.equal((await server.end('SIGTERM')).code, 0);
    t.same(await streamedAgainstRebuilt(dataDir), []);

    const file = readModelFile(dataDir);
    const before = `${file}.before`;
    copyFileSync(file, before);
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
    const { code, stdout, stderr } = await ServerProcess.run({ dataDir, script: 'cli/rebuild' });
    t.equal(code, 0, stderr);
    t.match(stdout, /^The read model is rebuilt: 1\d\d events, \d+ events\/s$/m);
    t.same(differences(before, file), []);
    const db = openDatabase(file);
    db.exec('DELETE FROM alarms WHERE id = (SELECT min(id) FROM alarms); UPDATE pages SET seq = seq + 1');
    db.close();
    t.match(
      differences(before, file),
      [
        /^pages: 1 rows are in the streamed/,
        /^pages: 1 rows are in the rebuilt/,
        /^alarms: 1 rows are in the streamed/,
      ],
      'the comparison would see a difference',
    );
  },
);
