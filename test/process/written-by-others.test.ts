/** What one user can have written to the disk without a command of theirs that is taken: lines of the log, and the event log's files. */
import { join } from 'node:path';
import t from 'tap';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { alarmOn, sitDown } from '../e2e/desk.js';
import { openRaw } from '../e2e/raw-socket.js';
import { person } from '../e2e/test-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { ServerProcess } from './server-process.js';

interface LogRow {
  readonly type: string;
  readonly metadata: string;
  readonly data: string;
}

t.test(
  'LIM-25 a user who opens and closes sockets all the time fills no log with lines; those left out are counted',
  async (t) => {
    const server = await ServerProcess.start({ dataDir: temporaryFolder(t) });
    t.teardown(() => server.end('SIGKILL'));
    const john = await person(t, server.url, 'john');
    const startedAt = performance.now();
    for (let round = 0; round < 15; round += 1) {
      const sockets = await Promise.all(Array.from({ length: 20 }, () => openRaw(t, server.url, john.token)));
      for (const { socket } of sockets) socket.terminate();
      await Promise.all(sockets.map(({ closed }) => closed));
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    const { stdout } = await server.end('SIGTERM');
    const lines = stdout.split('\n').filter((line) => /"msg":"socket (dis)?connected"/.test(line));
    t.ok(lines.length >= 100 && lines.length <= 200 + 20 * (seconds + 12), `${lines.length} lines of 600`);
    t.ok(lines.length < 600 || seconds > 8, 'some were left out');
  },
);

t.test(
  'LIM-25 what is refused, and what is sent again with the same id, writes nothing to the log but the bounded record of refusals',
  async (t) => {
    const dataDir = temporaryFolder(t);
    const server = await ServerProcess.start({ dataDir });
    t.teardown(() => server.end('SIGKILL'));
    const [john, mary] = await Promise.all([person(t, server.url, 'john'), person(t, server.url, 'mary')]);
    const [desk, other] = [await sitDown(t, server, john), await sitDown(t, server, mary)];
    const page: string = (await desk.must('create_page', { name: 'Page' }, 'the page')).data.id;
    const alarm: string = (await desk.must('create_alarm', alarmOn(page), 'the alarm')).data.id;
    const log = openDatabase(join(dataDir, 'log.db'), { readonly: true });
    t.teardown(() => log.close());
    const rows = log.prepare('SELECT type, metadata, data FROM events ORDER BY position');
    const isOfRefusals = ({ type }: LogRow): boolean => ['CommandDenied', 'DenialsSummarised'].includes(type);
    const written = (): readonly LogRow[] => rows.all() as LogRow[];
    const before = written();
    for (let at = 0; at < 8; at += 1) {
      const answers = await Promise.all([
        ...Array.from({ length: 20 }, () => other.ask('trigger_alarm', { alarm_id: alarm, price: 1 })),
        ...Array.from({ length: 20 }, () =>
          other.ask('share_page', {
            page_id: page,
            subject_type: 'user',
            subject_id: mary.id,
            can_view: true,
            can_edit: true,
          }),
        ),
        ...Array.from({ length: 20 }, () => desk.ask('delete_alarm', { alarm_id: 'none' })),
        desk.ask('create_page', { name: 'Page' }, 'the page'),
        desk.ask('create_alarm', alarmOn(page), 'the alarm'),
      ]);
      t.match(await desk.ask('create_page', { name: 'Another' }, 'the page'), { payload: { code: 'id_reused' } });
      t.equal(answers.filter(({ type }) => type === 'success').length, 2, 'what was done before is answered as it was');
    }
    const refusals = written().filter(isOfRefusals);
    t.same(
      written().filter((row) => !isOfRefusals(row)),
      before,
    );
    const denied = refusals.filter(({ type }) => type === 'CommandDenied');
    t.ok(denied.length >= 20, 'they are on record (AUD-7)');
    const ofUserAndMinute = new Map<string, number>();
    for (const { metadata } of denied) {
      const { by, at } = JSON.parse(metadata) as { by: string; at: string };
      const key = `${by} ${at.slice(0, 16)}`;
      ofUserAndMinute.set(key, (ofUserAndMinute.get(key) ?? 0) + 1);
    }
    for (const [key, count] of ofUserAndMinute) t.ok(count <= 20, `${key}: ${count}`);
    t.ok(refusals.length - denied.length <= ofUserAndMinute.size, 'a summary a minute at most');
  },
);
