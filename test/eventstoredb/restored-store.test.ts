/** A store that was restored from a backup, is another one, or holds what cannot be read: on the stand-in, whose log can be copied. */

import { randomUUID } from 'node:crypto';
import { login, register } from '@alarm-server/client';
import t, { type Test } from 'tap';
import { pageStream } from '../../src/domain/streams.js';
import { NO_STREAM, type RecordedEvent } from '../../src/log/event-log.js';
import { restoreStore } from '../../src/log/eventstoredb/restore.js';
import { startEventStoreDbLog } from '../../src/log/eventstoredb/start.js';
import { newEvent } from '../commands/wayward-log.js';
import { openOn, silent } from '../log/any-store.js';
import { ServerProcess } from '../process/server-process.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { node, PREFIX, page, standIn } from './following-node.js';
import type { StandIn } from './stand-in.js';

/** A store that holds the first `count` of our events, as a backup of before would. */
async function restoredTo(t: Test, store: StandIn, count: number): Promise<StandIn> {
  const restored = await standIn(t);
  for (const event of store.log.events.filter(({ stream }) => stream.startsWith(PREFIX)).slice(0, count))
    restored.log.append(event.stream, 'any', [event]);
  return restored;
}

t.test(
  'LOG-32 a node refuses a store that was restored behind its back, or is another, until npm run restore; then it follows the new id',
  async (t) => {
    const store = await standIn(t);
    const folder = temporaryFolder(t);
    const first = await node(store, folder);
    const { id } = first.log;
    for (let at = 0; at < 10; at++) await first.log.append(pageStream(randomUUID()), NO_STREAM, [page()]);
    await first.log.subscribe(undefined, {
      deliver: (events: readonly RecordedEvent[]) => events.forEach((event) => first.delivered(event)),
    }).caughtUp;
    await first.close();

    const same = await node(store, folder);
    t.equal(same.log.id, id, 'the store that it has followed');
    await same.close();

    await t.rejects(
      node(await standIn(t), folder),
      /EVENT_STORE holds no log, but this data folder has followed the log/,
      'an empty store',
    );
    const foreign = await standIn(t);
    await (await openOn(t, foreign.url, PREFIX)).close();
    await t.rejects(node(foreign, folder), /EVENT_STORE holds another log/, 'another log');

    const restored = await restoredTo(t, store, 6);
    await t.rejects(node(restored, folder), /stop all nodes and run npm run restore once/, 'restored');
    const fresh = await node(restored, temporaryFolder(t));
    t.equal(fresh.log.id, id, 'a node that has followed nothing cannot know');
    await fresh.close();

    const ran = await ServerProcess.run({
      dataDir: folder,
      script: 'cli/restore',
      args: ['--json'],
      environment: { EVENT_STORE: restored.url, EVENT_STORE_PREFIX: PREFIX },
    });
    t.equal(ran.code, 0, ran.stderr);
    const { log_id, previous } = JSON.parse(ran.stdout) as { log_id: string; previous: string };
    t.equal(previous, id);
    const again = await node(restored, folder);
    t.equal(again.log.id, log_id);
    t.same(again.log.lineage, [id, log_id]);
    await again.close();
    const from = await ServerProcess.run({
      dataDir: folder,
      script: 'cli/restore',
      args: ['--from', 'x.db'],
      environment: { EVENT_STORE: restored.url },
    });
    t.match(from, { code: 1, stderr: /the log is in EventStoreDB.*"Restoring the store"/ });
    const backup = await ServerProcess.run({
      dataDir: folder,
      script: 'cli/backup',
      args: ['--to', 'x.db'],
      environment: { EVENT_STORE: restored.url },
    });
    t.match(backup, { code: 1, stderr: /the log is in EventStoreDB.*"Backup of the store"/ });
  },
);

t.test(
  'LOG-32 a node that runs while the log gets a new id ends and says why; started again, it follows the new id',
  async (t) => {
    const store = await standIn(t);
    const dataDir = temporaryFolder(t);
    const environment = { EVENT_STORE: store.url, EVENT_STORE_PREFIX: PREFIX };
    const running = await ServerProcess.start({ dataDir, environment });
    const other = await ServerProcess.start({ dataDir: temporaryFolder(t), environment });
    t.teardown(() => [running, other].forEach((node) => node.signal('SIGKILL')));
    await register(running.url, { username: 'olga', password: 'of no use to anybody' });
    const token = await login(running.url, { username: 'olga', password: 'of no use to anybody' });
    const page = await fetch(`${running.url}/pages`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: '{"name":"Page"}',
    });
    t.equal(page.status, 201);

    const { logId, previous } = await restoreStore({ connectionString: store.url, prefix: PREFIX });
    for (const node of [running, other]) {
      const { code, stdout } = await node.ended;
      t.equal(code, 1, 'it ends by itself');
      const last = stdout.trimEnd().split('\n').at(-1)!;
      t.match(JSON.parse(last), {
        level: 60,
        err: {
          message:
            'The log was restored while this node was running: what it holds may not be in the log any more. Start it again',
        },
      });
    }

    const again = await ServerProcess.start({ dataDir, environment });
    t.match(again.stdout, new RegExp(`"log":"${logId}"`));
    t.notMatch(again.stdout, new RegExp(`"log":"${previous}"`));
    const pages = await fetch(`${again.url}/pages`, { headers: { Authorization: `Bearer ${token}` } });
    t.match(await pages.json(), [{ name: 'Page' }]);
    t.equal((await again.end('SIGTERM')).code, 0);
  },
);

t.test('LOG-32 a store that has lost an event of a stream is not given out as restored', async (t) => {
  const store = await standIn(t);
  const log = await openOn(t, store.url, PREFIX);
  const stream = pageStream(randomUUID());
  await log.append(stream, NO_STREAM, [
    page(),
    newEvent('olga', { type: 'PageRenamed', data: { name: 'a' } }),
    newEvent('olga', { type: 'PageRenamed', data: { name: 'b' } }),
  ]);
  store.log.events.splice(
    store.log.events.findIndex(({ stream: name, revision }) => name === PREFIX + stream && revision === 1n),
    1,
  );
  await t.rejects(
    restoreStore({ connectionString: store.url, prefix: PREFIX }),
    /lacks revision 1: the store was not restored whole/,
  );
});

t.test(
  'PROJ-8 PROJ-4 an event in the store whose version or content is not known stops the subscription with its position',
  async (t) => {
    const event = page();
    const stored = (metadata: object, data: object = event.event.data) => ({
      type: 'PageCreated',
      data: Buffer.from(JSON.stringify(data)),
      metadata: Buffer.from(JSON.stringify(metadata)),
    });
    const wrong: Record<string, readonly [ReturnType<typeof stored>, RegExp]> = {
      'a later version': [
        stored({ ...event.metadata, v: 2 }),
        /does not know: PageCreated in version 2 .*at position \d+ \(revision 0 of page-/,
      ],
      'no version': [stored({ ...event.metadata, v: undefined }), /at position \d+ .*no version/],
      'broken content': [
        stored(event.metadata, { owner_id: 'olga' }),
        /PageCreated at position \d+ .*its data have no name/,
      ],
    };
    for (const [what, [appended, says]] of Object.entries(wrong)) {
      const store = await standIn(t);
      const log = await new Promise<Error>((resolve) => {
        void startEventStoreDbLog({
          connectionString: store.url,
          prefix: PREFIX,
          folder: temporaryFolder(t),
          readModel: undefined,
          patienceMs: 10_000,
          observer: silent,
          onFatal: resolve,
        }).then((started) => {
          t.teardown(() => started.close());
          started.log.subscribe(undefined, { deliver: () => undefined });
          store.appendForeign(`${PREFIX}${pageStream(randomUUID())}`, appended);
        });
      });
      t.match(log.message, says, what);
    }
  },
);
