/** Backup, restore and verify as an operator runs them: while a server works, with exit codes and for scripts. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { alarmOn, sitDown } from '../e2e/desk.js';
import { person } from '../e2e/test-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { ServerProcess } from './server-process.js';

t.test(
  'LOG-21 LOG-22 LOG-23 a backup made under load holds what was answered before, is restored, and is verified; clients see another log',
  async (t) => {
    const dataDir = temporaryFolder(t);
    const elsewhere = temporaryFolder(t);
    const backup = join(elsewhere, 'backup.db');
    const environment = { LIMITS: 'off', JWT_SECRET_KEY: '' };
    const run = (script: 'cli/backup' | 'cli/restore' | 'cli/verify', ...args: string[]) =>
      ServerProcess.run({ dataDir, script, args, environment });
    const server = await ServerProcess.start({ dataDir, environment });
    t.teardown(() => server.end('SIGKILL'));
    const desk = await sitDown(t, server, await person(t, server.url, 'owner'));
    const { data: page } = await desk.must('create_page', { name: 'Desk' });
    const { data: alarm, seq: before } = await desk.must('create_alarm', alarmOn(page.id));

    let isOver = false;
    let sent = 0;
    const load = (async () => {
      while (!isOver)
        await Promise.all(
          Array.from({ length: 20 }, () => desk.must('trigger_alarm', { alarm_id: alarm.id, price: sent++ })),
        );
    })();
    const made = await run('cli/backup', '--to', backup, '--with-secrets', join(elsewhere, 'secrets'), '--json');
    isOver = true;
    await load;
    t.equal(made.code, 0, made.stderr);
    const manifest = JSON.parse(made.stdout) as { file: string; events: number; log_id: string; secrets: string[] };
    t.match(manifest, { file: backup, log_id: desk.initial.payload.log, secrets: ['jwt-secret'] });
    t.ok(manifest.events > before, 'what was answered before is in it');
    t.equal(statSync(join(elsewhere, 'secrets', 'jwt-secret')).mode & 0o777, 0o600);
    t.notMatch(
      made.stdout + made.stderr + readFileSync(`${backup}.json`, 'utf8'),
      readFileSync(join(dataDir, 'jwt-secret'), 'utf8').trim(),
      'the secret is nowhere else',
    );
    t.match(await run('cli/backup', '--to', backup), { code: 1, stderr: /is there already/ });

    t.match(
      await run('cli/verify', '--data', dataDir),
      { code: 0, stdout: /is whole: the log .* events up to position/ },
      'beside the server',
    );
    t.match(await run('cli/restore', '--from', backup), {
      code: 1,
      stderr: /Another process is using the data folder/,
    });
    await server.end('SIGTERM');
    const restored = await run('cli/restore', '--from', backup, '--json');
    t.equal(restored.code, 0, restored.stderr);
    const { log_id, aside } = JSON.parse(restored.stdout) as { log_id: string; aside: string };
    t.ok(existsSync(join(aside, 'log.db')));
    const again = await ServerProcess.start({ dataDir, environment });
    t.teardown(() => again.end('SIGKILL'));
    const back = await sitDown(t, again, desk.person);
    t.equal(back.initial.payload.log, log_id, 'the old token is good: the secret has stayed');
    t.not(log_id, manifest.log_id);
    t.equal(back.initial.payload.pages[0].id, page.id);
    await back.must('trigger_alarm', { alarm_id: alarm.id, price: 1 });
    t.notMatch((await again.end('SIGTERM')).stdout, /counts as restored|not know/);

    const db = openDatabase(join(dataDir, 'log.db'));
    db.exec(`UPDATE events SET data = '{"alarm_id":"x","price":2}' WHERE position = 3`);
    db.close();
    t.match(await run('cli/verify', '--data', dataDir), { code: 1, stdout: /is not whole.*position 3/ });
    t.match(await run('cli/verify', '--data', dataDir, '--json'), { code: 1, stdout: /"holds":false,"position":3/ });
    t.match(await run('cli/verify', '--data', elsewhere), { code: 2, stderr: /could not be checked.\nThere is no / });
    t.match(await run('cli/verify'), { code: 2, stderr: /--data DIR must be given/ });
    t.match(await run('cli/backup', '--to', join(elsewhere, 'broken.db')), {
      code: 1,
      stderr: /is not whole, and no backup was made.*position 3/,
    });
    t.notOk(
      existsSync(join(elsewhere, 'broken.db')) || existsSync(join(elsewhere, 'broken.db.unfinished')),
      'nothing is left behind',
    );
    t.match(await run('cli/restore', '--in-place'), { code: 1, stderr: /is not whole/ });
    const text = join(elsewhere, 'text.db');
    writeFileSync(text, 'no backup');
    chmodSync(text, 0o600);
    t.match(await run('cli/restore', '--from', text), {
      code: 1,
      stderr: /Nothing was restored\.\n.*is not an event log/,
    });
    mkdirSync(join(elsewhere, 'empty'));
    t.match(await run('cli/restore'), { code: 1, stderr: /Either --from FILE or --in-place/ });
  },
);

t.test(
  'LOG-34 a log whose files are deleted under the running server is saved, and the server ends and says where',
  async (t) => {
    for (const name of ['log.db', 'log.db-wal']) {
      const dataDir = temporaryFolder(t);
      const server = await ServerProcess.start({ dataDir });
      t.teardown(() => server.end('SIGKILL'));
      const desk = await sitDown(t, server, await person(t, server.url, 'owner'));
      const { data: page } = await desk.must('create_page', { name: 'Desk' });
      rmSync(join(dataDir, name));
      const { code, stdout } = await server.ended;
      t.equal(code, 1, name);
      const saved = /restore it with npm run restore -- --from ([^"]+log\.db\.saved-[^" ]+)/.exec(stdout)?.[1];
      t.ok(saved, `${name}: it says where the log is`, { stdout });
      t.match(
        await ServerProcess.run({ dataDir }),
        { code: 1, stderr: /npm run restore/ },
        `${name}: it does not start without it`,
      );
      t.match(await ServerProcess.run({ dataDir, script: 'cli/restore', args: ['--from', saved!] }), { code: 0 });
      const again = await ServerProcess.start({ dataDir });
      t.teardown(() => again.end('SIGKILL'));
      t.match(
        (await sitDown(t, again, desk.person)).initial.payload,
        { pages: [{ id: page.id }] },
        `${name}: all is there`,
      );
      await again.end('SIGKILL');
    }
  },
);

t.test(
  'LOG-22 root does not restore into the folder of another user, whose server could not read the log then',
  { skip: process.getuid?.() === 0 ? false : 'only root can give files to another user' },
  async (t) => {
    const dataDir = temporaryFolder(t);
    const backup = join(temporaryFolder(t), 'backup.db');
    const server = await ServerProcess.start({ dataDir });
    await person(t, server.url, 'owner');
    t.equal((await ServerProcess.run({ dataDir, script: 'cli/backup', args: ['--to', backup] })).code, 0);
    await server.end('SIGTERM');
    for (const name of ['', ...readdirSync(dataDir)]) chownSync(join(dataDir, name), 54321, 54321);
    const files = (): unknown[] =>
      readdirSync(dataDir).map((name) => {
        const { uid, ino, size } = statSync(join(dataDir, name));
        return [name, uid, ino, size];
      });
    const before = files();
    t.match(await ServerProcess.run({ dataDir, script: 'cli/restore', args: ['--from', backup] }), {
      code: 1,
      stderr: /Nothing was restored\.\n.*belongs to the user with uid 54321.*Run it as the user with uid 54321/,
    });
    t.same(files(), before, 'nothing has changed');
  },
);
