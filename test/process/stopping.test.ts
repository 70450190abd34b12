import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { alarmOn, type Desk, grant, sitDown } from '../e2e/desk.js';
import { openRaw, type RawSocket } from '../e2e/raw-socket.js';
import { person } from '../e2e/test-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { ServerProcess } from './server-process.js';

/** RUN-2's own number, in milliseconds. */
const LIMIT_MS = 10_000;

interface Busy {
  readonly server: ServerProcess;
  readonly owner: Desk;
  readonly viewers: readonly RawSocket[];
  /** Its owner never reads. */
  readonly deaf: RawSocket;
  readonly page: string;
  /** Seqs that were answered. */
  readonly answered: Set<number>;
  /** Resolves when so many more have been answered. */
  more(count: number): Promise<void>;
}

/** A server with a publisher that has 32 triggers on their way at any time, ten viewers that read, and one that does not. */
async function busyServer(t: Test, dataDir: string): Promise<Busy> {
  const server = await ServerProcess.start({ dataDir });
  t.teardown(() => server.end('SIGKILL'));
  const owner = await sitDown(t, server, await person(t, server.url, 'owner'));
  const viewer = await person(t, server.url, 'viewer');
  const { data: page } = await owner.must('create_page', { name: 'Desk' });
  await owner.must('share_page', grant(page.id, 'user', viewer.id, 'view'));
  const { data: alarm } = await owner.must('create_alarm', alarmOn(page.id));
  const viewers = await Promise.all(Array.from({ length: 10 }, () => openRaw(t, server.url, viewer.token)));
  const deaf = await openRaw(t, server.url, viewer.token);
  await Promise.all([...viewers, deaf].map((socket) => socket.next('initial_state')));
  (deaf.socket as unknown as { _socket: Socket })._socket.pause();

  const answered = new Set<number>();
  let heard: () => void = () => undefined;
  const trigger = (): void =>
    owner.send({ type: 'trigger_alarm', id: `${sent++}`, payload: { alarm_id: alarm.id, price: 1 } });
  let sent = 0;
  owner.socket.on('message', () => {
    const { type, payload } = owner.messages.at(-1)!;
    if (type !== 'success') return;
    answered.add(payload.seq);
    heard();
    if (owner.socket.readyState === owner.socket.OPEN) trigger();
  });
  for (let at = 0; at < 32; at++) trigger();
  const more = (count: number): Promise<void> =>
    new Promise((resolve) => {
      const enough = answered.size + count;
      heard = () => answered.size >= enough && resolve();
    });
  await more(100);
  return { server, owner, viewers, deaf, page: page.id, answered, more };
}

async function isThere(t: Test, dataDir: string, { owner, page, answered }: Busy): Promise<void> {
  const server = await ServerProcess.start({ dataDir });
  t.teardown(() => server.end('SIGKILL'));
  const again = await sitDown(t, server, owner.person);
  const { seq } = again.initial.payload.pages.find(({ id }: { id: string }) => id === page);
  t.ok(seq >= Math.max(...answered), `all ${answered.size} answered triggers are there`, {
    seq,
    answered: Math.max(...answered),
  });
}

t.test(
  'RUN-2 SIGTERM under load: sockets are closed with 1001, one that never reads holds nothing up, exit 0, what was answered is there',
  async (t) => {
    const dataDir = temporaryFolder(t);
    const busy = await busyServer(t, dataDir);
    const { server, owner, viewers } = busy;
    const startedAt = performance.now();
    const ended = await server.end('SIGTERM');
    t.equal(ended.code, 0, ended.stderr);
    t.ok(performance.now() - startedAt < LIMIT_MS, `it took ${Math.round(performance.now() - startedAt)} ms`);
    t.match(ended.stdout, /the alarm server has stopped/, 'it stopped by itself, not by its deadline');
    t.notMatch(ended.stdout, /"level":[56]0/);
    t.same(
      await Promise.all([owner, ...viewers].map(async ({ closed }) => (await closed).code)),
      Array.from({ length: 11 }, () => 1001),
    );
    await isThere(t, dataDir, busy);
  },
);

t.test('RUN-2 a second SIGTERM, or Ctrl-C, while it stops changes nothing', async (t) => {
  const dataDir = temporaryFolder(t);
  const busy = await busyServer(t, dataDir);
  const { server } = busy;
  server.signal('SIGTERM');
  server.signal('SIGINT');
  const ended = await server.end('SIGTERM');
  t.equal(ended.code, 0, ended.stderr);
  t.equal(ended.stdout.split('is stopping').length - 1, 1, 'it stops once');
  await isThere(t, dataDir, busy);
});

t.test('RUN-2 while it stops, it takes no more', async (t) => {
  const dataDir = temporaryFolder(t);
  const { server, owner } = await busyServer(t, dataDir);
  server.signal('SIGTERM');
  await owner.closed;
  await t.rejects(openRaw(t, server.url, owner.person.token), 'no socket');
  const connecting = connect(server.port, '127.0.0.1');
  t.match(await once(connecting, 'error'), [{ code: 'ECONNREFUSED' }], 'no connection');
  t.equal((await server.ended).code, 0);
});
