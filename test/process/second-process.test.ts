import { rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { alarmOn, sitDown } from '../e2e/desk.js';
import { person } from '../e2e/test-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { ServerProcess } from './server-process.js';

t.test(
  'RUN-3 LOG-12 a second process on the same port, or on the same folder, refuses and says why; the first lives on',
  async (t) => {
    const dataDir = temporaryFolder(t);
    const first = await ServerProcess.start({ dataDir });
    t.teardown(() => first.end('SIGKILL'));
    const desk = await sitDown(t, first, await person(t, first.url, 'first'));
    const { data: page } = await desk.must('create_page', { name: 'Desk' });

    const samePort = await ServerProcess.run({
      dataDir: temporaryFolder(t),
      environment: { PORT: String(first.port) },
    });
    t.equal(samePort.code, 1);
    t.match(
      samePort.stderr,
      new RegExp(`Cannot listen on 127\\.0\\.0\\.1:${first.port}: another process has this port`),
    );
    await desk.must('create_alarm', alarmOn(page.id));

    for (const script of ['main', 'cli/rebuild'] as const) {
      const sameFolder = await ServerProcess.run({ dataDir, script });
      t.equal(sameFolder.code, 1, script);
      t.match(
        sameFolder.stderr,
        `Another process is using the data folder ${dataDir}. Stop it first, or set DATA_DIR to another folder.`,
        script,
      );
    }
    await desk.must('create_alarm', alarmOn(page.id));

    await first.end('SIGKILL');
    const next = await ServerProcess.start({ dataDir });
    t.equal((await next.end('SIGTERM')).code, 0, 'a lock never outlives its process');
  },
);

t.test(
  'LOG-12 LOG-28 a second process refuses also where the file `lock` was deleted while the first one runs',
  async (t) => {
    const dataDir = temporaryFolder(t);
    const first = await ServerProcess.start({ dataDir });
    t.teardown(() => first.end('SIGKILL'));
    const desk = await sitDown(t, first, await person(t, first.url, 'first'));
    const { data: page } = await desk.must('create_page', { name: 'Desk' });
    const runs: readonly (readonly [script: 'main' | 'cli/restore', args: readonly string[]])[] = [
      ['main', []],
      ['cli/restore', ['--in-place']],
    ];
    for (const [script, args] of runs) {
      rmSync(join(dataDir, 'lock'), { force: true });
      t.match(
        await ServerProcess.run({ dataDir, script, args }),
        {
          code: 1,
          stderr: /Another process is using .*log\.db\. If it is a server on this data folder, stop it first/,
        },
        script,
      );
      await desk.must('create_alarm', alarmOn(page.id));
    }
  },
);
