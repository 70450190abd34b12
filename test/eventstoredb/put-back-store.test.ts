/** A store that is put back more than once, under a running node, or without all of its events: on the stand-in. */
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { pageStream } from '../../src/domain/streams.js';
import { NO_STREAM } from '../../src/log/event-log.js';
import { restoreStore } from '../../src/log/eventstoredb/restore.js';
import { newEvent } from '../commands/wayward-log.js';
import { openOn } from '../log/any-store.js';
import { ServerProcess } from '../process/server-process.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { node, PREFIX, page, standIn } from './following-node.js';

t.test(
  'LOG-35 a node follows an older copy also where that copy is from before the id it knows, once npm run restore has been run',
  async (t) => {
    const store = await standIn(t);
    const folder = temporaryFolder(t);
    const restore = () => restoreStore({ connectionString: store.url, prefix: PREFIX });
    const first = await node(store, folder);
    await first.log.append(pageStream(randomUUID()), NO_STREAM, [page()]);
    const older = [...store.log.events];
    await first.close();
    await restore();
    const newer = [...store.log.events];
    await (await node(store, folder)).close();
    for (const copy of [older, newer, older]) {
      await store.stop();
      store.log.putBack(copy);
      await store.start();
      if (copy === older) await t.rejects(node(store, folder), /npm run restore once/, 'not yet');
      const { logId } = await restore();
      const again = await node(store, folder);
      t.equal(again.log.id, logId);
      await again.close();
    }
  },
);

t.test(
  'LOG-36 a node that is running when the store is put back to another log ends; one whose store was only stopped goes on',
  async (t) => {
    const stream = pageStream(randomUUID());
    for (const idle of [false, true]) {
      const store = await standIn(t);
      const first = await node(store, temporaryFolder(t));
      await first.log.append(stream, NO_STREAM, [page()]);
      const older = [...store.log.events];
      await first.log.append(stream, 0, [newEvent('olga', { type: 'PageRenamed', data: { name: 'a' } })]);
      const after = await first.log.head();
      await first.close();
      const copies = {
        'an older copy': () => older,
        'another history, as long': () => (
          store.log.putBack(older),
          store.log.append(PREFIX + stream, 0n, [{ ...whole.at(-1)!, id: randomUUID() }]),
          [...store.log.events]
        ),
        'an empty store': () => (store.log.putBack([]), store.appendStats(), [...store.log.events]),
      };
      const whole = [...store.log.events];
      for (const [what, copy] of Object.entries(copies)) {
        await store.stop();
        store.log.putBack(whole);
        await store.start();
        const reason = await new Promise<Error>((resolve) => {
          // An idle one has read nothing since its start, and knows the log's end by its read model.
          void node(store, temporaryFolder(t), resolve, idle ? after : undefined).then(async (running) => {
            t.teardown(() => running.close());
            if (!idle) {
              await store.stop();
              await store.start();
              await running.log.append(pageStream(randomUUID()), NO_STREAM, [page()]);
            }
            await store.stop();
            store.log.putBack(copy());
            await store.start();
          });
        });
        t.match(reason.message, /another log than this node has followed.*npm run restore once/, what);
      }
    }
  },
);

t.test('LOG-37 a node does not start on a store whose log has lost an event of a page', async (t) => {
  const store = await standIn(t);
  const log = await openOn(t, store.url, PREFIX);
  const stream = pageStream(randomUUID());
  await log.append(stream, NO_STREAM, [
    page(),
    newEvent('olga', { type: 'PageRenamed', data: { name: 'a' } }),
    newEvent('olga', { type: 'PageRenamed', data: { name: 'b' } }),
  ]);
  await log.close();
  store.log.events.splice(
    store.log.events.findIndex(({ stream: name, revision }) => name === PREFIX + stream && revision === 1n),
    1,
  );
  const { code, stdout, stderr } = await ServerProcess.run({
    dataDir: temporaryFolder(t),
    environment: { EVENT_STORE: store.url, EVENT_STORE_PREFIX: PREFIX },
  });
  t.equal(code, 1);
  t.match(
    stdout + stderr,
    new RegExp(`incomplete: the event at position \\d+ is revision 2 of ${stream}, but revision 1 was expected`),
  );
});
