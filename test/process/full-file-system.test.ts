/** A real file system without room, under a real process: where the log, its WAL, the read model and its WAL share what is left. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { streamedAgainstRebuilt } from '../crash/read-model-comparison.js';
import { alarmOn, type Desk, sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { person } from '../e2e/test-server.js';
import { ServerProcess } from './server-process.js';

const MIB = 1024 * 1024;

/** One user fills the disk, which the limits on what one user writes would refuse before. */
const environment = { LIMITS: 'off' };

/** Mounts a file system of so many bytes, or says why that is not possible here. */
function mount(bytes: number): { readonly folder: string; readonly reason: string | false; unmount(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'alarm-server-full-'));
  const { status, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]);
  const reason =
    status === 0
      ? false
      : `no file system can be mounted here (${error ? 'there is no mount' : `mount says ${status}`})`;
  return {
    folder,
    reason,
    unmount: () => {
      if (reason === false) spawnSync('umount', [folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const probe = mount(MIB);
probe.unmount();

/** A file that takes all room but `left` bytes. */
function fill(folder: string, left: number): string {
  const { bavail, bsize } = statfsSync(folder);
  const ballast = join(folder, `ballast ${bavail}`);
  try {
    writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - left)));
  } catch (error) {
    // The server has been faster, and taken some of it.
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
  return ballast;
}

/** Sends triggers, 50 at a time, until one of them is refused for lack of room. Gives the seqs that were answered. */
async function triggerUntilFull(desk: Desk, alarm_id: string, round: string): Promise<Map<string, number>> {
  const answered = new Map<string, number>();
  for (let at = 0; ; at += 50) {
    const ids = Array.from({ length: 50 }, (_none, one) => `${round} ${at + one}`);
    const answers = await Promise.all(ids.map((id) => desk.ask('trigger_alarm', { alarm_id, price: 1 }, id)));
    for (const [one, { type, payload }] of answers.entries()) {
      if (type === 'success') answered.set(ids[one]!, payload.seq);
      else if (payload.code !== 'store_full')
        throw new Error(`refused, but not for lack of room: ${JSON.stringify(payload)}`);
    }
    if (answers.some(({ type }) => type === 'error')) return answered;
  }
}

const caughtUp = async (server: ServerProcess): Promise<void> => {
  while ((await request(server.url, 'GET', '/ready')).json.lag_events > 0)
    await new Promise((resolve) => setTimeout(resolve, 50));
};

interface Full {
  readonly folder: string;
  readonly dataDir: string;
  readonly server: ServerProcess;
  readonly desk: Desk;
  readonly page: string;
  readonly alarm: string;
}

async function onSmallDisk(t: Test, bytes: number): Promise<Full> {
  const { folder, unmount } = mount(bytes);
  t.teardown(unmount);
  const dataDir = join(folder, 'data');
  const server = await ServerProcess.start({ dataDir, environment });
  t.teardown(() => server.end('SIGKILL'));
  const desk = await sitDown(t, server, await person(t, server.url, 'owner'));
  const { data: page } = await desk.must('create_page', { name: 'Desk' });
  const { data: alarm } = await desk.must('create_alarm', alarmOn(page.id));
  return { folder, dataDir, server, desk, page: page.id, alarm: alarm.id };
}

t.test(
  'LOG-10 LOG-30 on a full file system commands are refused and reading goes on, the history too; it is logged, within limits; with room, three times over, writing goes on without a restart, and the read model catches up',
  { skip: probe.reason },
  async (t) => {
    const { folder, dataDir, server, desk, page, alarm } = await onSmallDisk(t, 48 * MIB);
    const answered = new Map<string, number>();
    for (const left of [3 * MIB, 256 * 1024, 0]) {
      const ballast = fill(folder, left);
      for (const [id, seq] of await triggerUntilFull(desk, alarm, `with ${left} bytes left`)) answered.set(id, seq);
      // Where 50 had no room, a few alone may have.
      let overHttp = await desk.http('POST', `/alarms/${alarm}/trigger`, { body: { price: 1 } });
      while (overHttp.status === 200)
        overHttp = await desk.http('POST', `/alarms/${alarm}/trigger`, { body: { price: 1 } });
      t.match(overHttp, { status: 503, json: { code: 'store_full' } }, `${left}: over HTTP`);
      t.match(await desk.http('GET', '/pages'), { status: 200, json: [{ id: page }] }, `${left}: lists are read`);
      t.match(
        (await sitDown(t, server, desk.person)).initial.payload.alarms,
        [{ id: alarm }],
        `${left}: sockets get their state`,
      );
      t.match(await request(server.url, 'GET', '/health'), { status: 200 });
      const { seq: newest } = (await desk.http('GET', '/pages')).json[0];
      t.match(
        await desk.http('GET', `/pages/${page}/events?after_seq=${newest - 1}`),
        { status: 200, json: { events: [{ seq: newest }] } },
        `${left}: the history is read up to the last event`,
      );
      rmSync(ballast);
      const { seq } = await desk.must('trigger_alarm', { alarm_id: alarm, price: 2 }, `after ${left} bytes`);
      answered.set(`after ${left} bytes`, seq);
      await caughtUp(server);
      t.match(
        await desk.http('GET', `/pages/${page}/events?after_seq=${seq - 1}`),
        { status: 200, json: { events: [{ seq, data: { price: 2 } }] } },
        `${left}: the history has caught up`,
      );
    }
    t.ok(server.isRunning, 'all of it one process');
    const said = server.stdout.match(/The disk is full/g)?.length ?? 0;
    t.ok(said <= 3, 'once for each time', { said });
    t.ok(answered.size > 100, 'some room was left', { answered: answered.size });
    const again = await Promise.all(
      [...answered].map(async ([id, seq]) => ({
        id,
        seq,
        now: (await desk.ask('trigger_alarm', { alarm_id: alarm, price: id.startsWith('after') ? 2 : 1 }, id)).payload
          .seq,
      })),
    );
    t.same(
      again.filter(({ seq, now }) => now !== seq),
      [],
      'all that was answered is there',
    );
    t.equal((await server.end('SIGTERM')).code, 0);
    t.same(await streamedAgainstRebuilt(dataDir), []);
  },
);

t.test(
  'LOG-10 RUN-2 on a full file system SIGTERM ends the process as ever, kill -9 loses nothing, and a start without room serves or says why not',
  { skip: probe.reason },
  async (t) => {
    const { folder, dataDir, server, desk, page, alarm } = await onSmallDisk(t, 24 * MIB);
    const ballast = fill(folder, MIB);
    let answered = await triggerUntilFull(desk, alarm, 'first');
    t.ok(answered.size > 0, 'some room was left', { answered: answered.size });
    t.match(await server.end('SIGTERM'), { code: 0 });

    const second = await ServerProcess.start({ dataDir, environment });
    t.teardown(() => second.end('SIGKILL'));
    const again = await sitDown(t, second, desk.person);
    // A stopped server has given back some room.
    answered = new Map([...answered, ...(await triggerUntilFull(again, alarm, 'second'))]);
    await second.end('SIGKILL');

    const third = new ServerProcess({ dataDir, environment });
    t.teardown(() => third.end('SIGKILL'));
    const serves = await third.ready().then(
      () => true,
      () => false,
    );
    if (serves) t.match((await sitDown(t, third, desk.person)).initial.payload.alarms, [{ id: alarm }], 'it serves');
    else t.match((await third.ended).stderr, /full/, 'it says why it does not start');
    await third.end('SIGKILL');

    rmSync(ballast);
    const fourth = await ServerProcess.start({ dataDir, environment });
    t.teardown(() => fourth.end('SIGKILL'));
    const last = await sitDown(t, fourth, desk.person);
    const { seq } = last.initial.payload.pages.find(({ id }: { id: string }) => id === page);
    t.ok(seq >= Math.max(...answered.values()), 'all that was answered is there', {
      seq,
      answered: Math.max(...answered.values()),
    });
    for (const [id, before] of [...answered].slice(-100))
      t.equal((await last.must('trigger_alarm', { alarm_id: alarm, price: 1 }, id)).seq, before, `${id} is there`);
    await caughtUp(fourth);
    t.equal((await fourth.end('SIGTERM')).code, 0);
    t.same(await streamedAgainstRebuilt(dataDir), []);
  },
);
