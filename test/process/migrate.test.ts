/** From SQLite to EventStoreDB, as an operator does it: with the real server and the real command line, cut by kill -9. */
import { randomUUID } from 'node:crypto';
import { register } from '@alarm-server/client';
import t, { type Test } from 'tap';
import { logFile, readModelFile } from '../../src/config.js';
import { EventStoreDbImport } from '../../src/log/eventstoredb/import.js';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { alarmOn, type Desk, grant, makeGroup, sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { PASSWORD, type Person, person } from '../e2e/test-server.js';
import { anyStore, freshPrefix } from '../log/any-store.js';
import { rowsOf } from '../projections/rows.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { ServerProcess } from './server-process.js';

/** Alarms made, on two pages in turn, so that no two events that follow one another are of one stream. */
const ALARMS = 300;

interface Desks {
  readonly owner: Person;
  readonly member: Person;
  readonly pages: readonly string[];
  /** The id of a command, and what it said. */
  readonly command: { readonly id: string; readonly type: string; readonly payload: unknown };
}

async function workOn(t: Test, server: ServerProcess): Promise<Desks> {
  const desk = await sitDown(t, server, await person(t, server.url, 'owner'));
  const member = await person(t, server.url, 'member');
  const group = await makeGroup(desk, 'Desk Euro', [member]);
  const pages: string[] = [];
  for (const name of ['Spot', 'Forward']) pages.push((await desk.must('create_page', { name })).data.id as string);
  await desk.must('share_page', grant(pages[0]!, 'group', group, 'edit'));
  for (let at = 0; at < ALARMS; at++) await desk.must('create_alarm', alarmOn(pages[at % 2]!, `EUR/${at}`));
  const alarms = await Promise.all(pages.map((page) => desk.must('create_alarm', alarmOn(page, 'USD/JPY'))));
  const command = { id: randomUUID(), type: 'trigger_alarm', payload: { alarm_id: alarms[0]!.data.id, price: 1.25 } };
  await desk.must(command.type, command.payload, command.id);
  return { owner: desk.person, member, pages, command };
}

/** Everything that a person sees: the state, and the history of the pages. */
async function seenBy(desk: Desk, pages: readonly string[]): Promise<unknown> {
  const histories = await Promise.all(pages.map((page) => desk.http('GET', `/pages/${page}/events?limit=200`)));
  return { state: desk.initial.payload, histories: histories.map(({ status, json }) => ({ status, json })) };
}

/** Positions are the engine's own; all else must be the same. */
function rowsWithoutPositions(file: string): unknown {
  const { checkpoint: _checkpoint, commands, ...rows } = rowsOf(file);
  return { ...rows, commands: commands!.map((command) => ({ ...(command as object), position: undefined })) };
}

t.test(
  'RUN-8 LOG-5 LOG-7 PROJ-5 npm run migrate, killed again and again, makes EventStoreDB serve the same: accounts, pages, history, command ids',
  async (t) => {
    const { url, standIn } = await anyStore(t);
    const prefix = freshPrefix();
    const dataDir = temporaryFolder(t);
    const before = await ServerProcess.start({ dataDir });
    t.teardown(() => before.end('SIGKILL'));
    const { owner, member, pages, command } = await workOn(t, before);
    const desk = await sitDown(t, before, owner);
    const seen = await seenBy(desk, pages);
    const memberSeen = (await sitDown(t, before, member)).initial.payload;
    const args = ['--from', dataDir, '--to', url, '--prefix', prefix];
    const migrating = { dataDir, script: 'cli/migrate', args } as const;
    const tooEarly = await ServerProcess.run(migrating);
    t.match(tooEarly, { code: 1, stderr: /Another process is using the data folder/ });
    t.equal((await before.end('SIGTERM')).code, 0);
    const rows = rowsWithoutPositions(readModelFile(dataDir));

    if (standIn) standIn.misbehave.appendDelay = 2;
    for (let round = 0; round < 3; round++) {
      // An append that was written and never answered is repeated with the same ids.
      standIn?.misbehave.nextAppend({ do: 'die', written: round % 2 === 0 });
      const cut = new ServerProcess(migrating);
      await cut.wrote(/^\d+ of \d+ events, /m);
      t.match(await cut.end('SIGKILL'), { signal: 'SIGKILL' });
    }
    const { code, stdout, stderr } = await ServerProcess.run(migrating);
    t.equal(code, 0, stderr);
    const found = Number(/^(\d+) events are there already$/m.exec(stdout)?.[1]);
    const [, events, sha256] = /^In the data folder: (\d+) events, sha256 ([0-9a-f]{64})$/m.exec(stdout)!;
    t.ok(found >= 3 && found < Number(events), `${found} of ${events} were there`);
    t.match(stdout, `In EventStoreDB:    ${events} events, sha256 ${sha256}`);
    t.match(
      await ServerProcess.run(migrating),
      { code: 0, stdout: new RegExp(`${events} events are there already`) },
      'once more is harmless',
    );

    // The same folder: its read model follows the log of the same id, in positions of SQLite.
    const after = await ServerProcess.start({
      dataDir,
      environment: { EVENT_STORE: url, EVENT_STORE_PREFIX: prefix, LOG_LEVEL: 'info' },
    });
    t.teardown(() => after.end('SIGKILL'));
    t.match(after.stdout, 'The read model is built anew: it belongs to the log on another engine (sqlite)');
    const login = (password: string) => request(after.url, 'POST', '/login', { body: { username: 'owner', password } });
    t.equal((await login('not the password at all')).status, 401);
    const { status, json } = await login(PASSWORD);
    t.equal(status, 200, 'the password hash has come along');
    const again = await sitDown(t, after, { ...owner, token: json.access_token as string });
    t.strictSame(await seenBy(again, pages), seen);
    t.match(JSON.stringify(seen), /"last_triggered":"\d/);
    t.strictSame((await sitDown(t, after, member)).initial.payload, memberSeen);
    await again.must(command.type, command.payload, command.id);
    t.strictSame(await seenBy(again, pages), seen, 'the command was known: nothing has happened again');
    t.equal(
      (await again.ask(command.type, { ...(command.payload as object), price: 7 }, command.id)).type,
      'error',
      'its id is not free for another',
    );
    await again.must('rename_page', { page_id: pages[0], name: 'Renamed' });

    const tooLate = await ServerProcess.run({ ...migrating, dataDir: temporaryFolder(t) });
    t.match(tooLate, { code: 1, stderr: /Another process is using the data folder/ });
    t.equal((await after.end('SIGTERM')).code, 0);
    t.match(await ServerProcess.run(migrating), {
      code: 1,
      stderr:
        /holds more of this log than the data folder: behind event \d+ comes (PageRenamed|SessionStarted) in (page|user)-/,
    });

    const elsewhere = { dataDir, environment: { EVENT_STORE: url, EVENT_STORE_PREFIX: prefix } };
    t.equal((await ServerProcess.run({ ...elsewhere, script: 'cli/rebuild' })).code, 0);
    const { alarms, users, groups } = rowsWithoutPositions(readModelFile(dataDir)) as Record<string, unknown>;
    t.strictSame(
      { alarms, users, groups },
      (({ alarms, users, groups }) => ({ alarms, users, groups }))(rows as Record<string, unknown>),
    );
  },
);

t.test(
  'RUN-8 a target that holds another log, or this one otherwise, is refused with a sentence and left as it is',
  async (t) => {
    const { url } = await anyStore(t);
    const prefix = freshPrefix();
    const dataDir = temporaryFolder(t);
    const migrating = {
      dataDir,
      script: 'cli/migrate',
      args: ['--from', dataDir, '--to', url, '--prefix', prefix],
    } as const;
    t.match(await ServerProcess.run(migrating), { code: 1, stderr: /There is no event log in / }, 'no log');
    const server = await ServerProcess.start({ dataDir });
    // A login would be recorded at some time after its answer.
    await register(server.url, { username: 'owner', password: PASSWORD });
    await server.end('SIGKILL');
    t.match(await ServerProcess.run({ ...migrating, args: [...migrating.args.slice(0, -1), 'No Prefix'] }), {
      code: 1,
      stderr: /EVENT_STORE_PREFIX: must be/,
    });
    t.match(
      await ServerProcess.run(migrating),
      { code: 0, stdout: /In EventStoreDB: {4}3 events/ },
      'LogCreated, a credential and a name, read from the WAL of a server that was killed',
    );

    const other = temporaryFolder(t);
    await (await ServerProcess.start({ dataDir: other })).end('SIGTERM');
    t.match(await ServerProcess.run({ ...migrating, args: ['--from', other, ...migrating.args.slice(2)] }), {
      code: 1,
      stderr: /EventStoreDB holds another log there/,
    });

    const log = openDatabase(logFile(dataDir));
    log.exec(
      `UPDATE events SET metadata = json_set(metadata, '$.at', '2001-01-01T00:00:00.000Z') WHERE type = 'UserRegistered'`,
    );
    log.close();
    t.match(await ServerProcess.run(migrating), {
      code: 1,
      stderr: /not a beginning of it: event \d is UserRegistered, 0 in username-/,
    });

    const target = new EventStoreDbImport({ connectionString: url, prefix, onTrouble: t.fail });
    t.teardown(() => target.close());
    const types: string[] = [];
    await target.read(({ event }) => types.push(event.type));
    t.strictSame(types.sort(), ['CredentialSet', 'LogCreated', 'UserRegistered']);
  },
);
