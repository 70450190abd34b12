/** Holds the server to its fsyncs, from outside: kill -9 loses nothing that the system has, so it cannot show that one is missing. */
import { randomUUID } from 'node:crypto';
import t, { type Test } from 'tap';
import { alarmOn, type Desk, grant, sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import type { RawSocket } from '../e2e/raw-socket.js';
import { PASSWORD, type Person, person } from '../e2e/test-server.js';
import { ServerProcess } from '../process/server-process.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { FsyncCounter, missing } from './fsync-counter.js';

/** Enough for a message that was sent before its fsync to arrive before it, in milliseconds. */
const DELAY_MS = 10;

interface Watched {
  readonly counter: FsyncCounter;
  /** Starts the server, repeatedly on the same folder. */
  start(): Promise<ServerProcess>;
}

function watch(t: Test): Watched {
  const dataDir = temporaryFolder(t);
  const counter = new FsyncCounter(temporaryFolder(t));
  t.teardown(() => counter.close());
  return {
    counter,
    start: async () => {
      const server = await ServerProcess.start({ dataDir, environment: counter.environment });
      t.teardown(() => server.end('SIGKILL'));
      return server;
    },
  };
}

/** An owner and a viewer of a page with one alarm. */
async function twoDesks(
  t: Test,
  server: ServerProcess,
): Promise<{ owner: Desk; viewer: Desk; page_id: string; alarm_id: string }> {
  const owner = await sitDown(t, server, await person(t, server.url, 'owner'));
  const viewer = await sitDown(t, server, await person(t, server.url, 'viewer'));
  const { data: page } = await owner.must('create_page', { name: 'Desk' });
  await owner.must('share_page', grant(page.id, 'user', viewer.person.id, 'view'));
  const { data: alarm } = await owner.must('create_alarm', alarmOn(page.id));
  await viewer.fence();
  return { owner, viewer, page_id: page.id, alarm_id: alarm.id };
}

t.test('LOG-14 an fsync of the log comes before every answer and every push', { skip: missing }, async (t) => {
  const { counter, start } = watch(t);
  let server = await start();
  const { owner, viewer, page_id, alarm_id } = await twoDesks(t, server);
  const people: readonly Person[] = [owner.person, viewer.person];
  counter.delay(DELAY_MS);

  const commandsOneByOne = async (desks: readonly [Desk, Desk], round: string): Promise<void> => {
    const [owner, viewer] = desks;
    let syncsAtArrival: number[] = [];
    for (const { socket } of desks) socket.on('message', () => syncsAtArrival.push(counter.ofWal));
    const both = (fits: (payload: any) => boolean) => (): Promise<unknown> =>
      Promise.all(desks.map((desk: RawSocket) => desk.next('alarm_update', ({ payload }) => fits(payload))));
    const http = async (answer: Promise<{ status: number }>): Promise<void> => {
      const { status } = await answer;
      syncsAtArrival.push(counter.ofWal);
      t.ok(status < 300, `${round}: taken (${status})`);
    };
    for (let price = 1; price <= 10; price++) {
      const commands: Record<string, () => Promise<unknown>> = {
        'a trigger with an id': () =>
          Promise.all([
            viewer.must('trigger_alarm', { alarm_id, price }),
            both((payload) => payload.data.price === price)(),
          ]),
        'a trigger without an id': () => (
          viewer.send({ type: 'trigger_alarm', payload: { alarm_id, price: -price } }),
          both((payload) => payload.data.price === -price)()
        ),
        'a trigger over HTTP': () =>
          Promise.all([
            http(viewer.http('POST', `/alarms/${alarm_id}/trigger`, { body: { price: price + 0.5 } })),
            both((payload) => payload.data.price === price + 0.5)(),
          ]),
        'an update': () =>
          Promise.all([
            owner.must('update_alarm', { alarm_id, ticker: `${round} ${price}` }),
            both((payload) => payload.data.ticker === `${round} ${price}`)(),
          ]),
        'a rename': () => owner.must('rename_page', { page_id, name: `${round} ${price}` }),
        'a new page': () =>
          http(owner.http('POST', '/pages', { body: { name: `${round} ${price}` }, idempotencyKey: randomUUID() })),
        'a new group': () => http(owner.http('POST', '/groups', { body: { name: `${round} ${price}` } })),
      };
      if (price === 1)
        commands['a registration'] = () =>
          http(
            request(server.url, 'POST', '/register', { body: { username: `somebody ${round}`, password: PASSWORD } }),
          );
      for (const [what, command] of Object.entries(commands)) {
        await Promise.all(desks.map((desk) => desk.fence()));
        syncsAtArrival = [];
        const before = counter.ofWal;
        await command();
        t.ok(
          syncsAtArrival.length > 0 && syncsAtArrival.every((syncs) => syncs > before),
          `${round} ${price}: ${what}`,
          { before, syncsAtArrival },
        );
      }
    }
  };
  await commandsOneByOne([owner, viewer], 'a fresh log');
  await server.end('SIGTERM');
  server = await start();
  await commandsOneByOne(
    (await Promise.all(people.map((somebody) => sitDown(t, server, somebody)))) as [Desk, Desk],
    'a log opened again',
  );
});

t.test(
  'LOG-14 a failed fsync of the WAL ends the process, and nothing is acknowledged after it',
  { skip: missing },
  async (t) => {
    const { counter, start } = watch(t);
    const server = await start();
    const { owner, viewer, page_id, alarm_id } = await twoDesks(t, server);
    const ids = Array.from({ length: 20 }, () => randomUUID());
    const heard = [owner, viewer].map(({ messages }) => messages.length);
    counter.fail('wal', true);
    const posted = viewer.http('POST', `/alarms/${alarm_id}/trigger`, { body: { price: 2 } }).then(
      () => 'answered',
      () => 'not answered',
    );
    viewer.sendTogether(ids.map((id) => ({ type: 'trigger_alarm', id, payload: { alarm_id, price: 1 } })));
    const ended = await server.ended;
    t.equal(ended.code, 1);
    t.match(ended.stdout, /"level":60.*disk I\/O error.*The server cannot go on/);
    await Promise.all([owner.closed, viewer.closed]);
    t.same(
      [owner, viewer].map(({ messages }) => messages.length),
      heard,
      'nothing was pushed or answered',
    );
    t.equal(await posted, 'not answered');

    counter.fail('wal', false);
    const again = await start();
    const desk = await sitDown(t, again, viewer.person);
    for (const id of ids) await desk.must('trigger_alarm', { alarm_id, price: 1 }, id);
    const { json } = await desk.http('GET', `/pages/${page_id}/events?limit=1000`);
    t.same(
      json.events.map(({ seq }: { seq: number }) => seq),
      Array.from(json.events, (_event, seq) => seq),
    );
    t.equal(
      json.events.filter(
        ({ type, data }: { type: string; data: { price?: number } }) => type === 'AlarmTriggered' && data.price === 1,
      ).length,
      ids.length,
      'sent again, each has one effect, whatever became of the commit that failed',
    );
  },
);

t.test(
  "LOG-14 a failed fsync of the log's file, when the WAL is copied into it, ends the process as well",
  { skip: missing },
  async (t) => {
    const { counter, start } = watch(t);
    const server = await start();
    const { owner, alarm_id } = await twoDesks(t, server);
    counter.fail('file', true);
    const before = counter.ofFile;
    let heard = 0;
    const more = (): void =>
      owner.sendTogether(
        Array.from({ length: 50 }, () => ({ type: 'trigger_alarm', payload: { alarm_id, price: 1 } })),
      );
    const keptQuiet = new Promise<never>((_resolve, reject) => {
      owner.socket.on('message', () => {
        if (++heard % 50 === 0) more();
        if (heard === 20_000)
          reject(new Error('the WAL has been copied by now, and the fsync that failed was kept quiet'));
      });
    });
    more();
    const { code, stdout } = await Promise.race([server.ended, keptQuiet]);
    t.equal(code, 1);
    t.match(stdout, /"level":60.*disk I\/O error.*The server cannot go on/);
    t.equal(counter.ofFile, before, 'it was not tried again');
  },
);
