/** Operational state on both engines, and what is particular to log.db. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import t from 'tap';
import { openSqliteLog } from '../../src/log/sqlite/log.js';
import { NO_STATE } from '../../src/log/state-store.js';
import { anyStore, freshPrefix, openOn } from './any-store.js';
import { stateStoreContract } from './state-store-contract.js';

t.test('on SQLite', async (t) =>
  stateStoreContract(t, async (t) => {
    const log = openSqliteLog({ file: join(t.testdir(), 'log.db'), onFatal: (error) => t.fail(error.message) });
    t.teardown(() => log.close());
    return log;
  }),
);

t.test('on EventStoreDB', async (t) => {
  const { url } = await anyStore(t);
  stateStoreContract(t, (t) => openOn(t, url, freshPrefix()));
});

t.test('SUB-1 on two nodes the slower write is refused, and a state is in no subscription', async (t) => {
  const { url } = await anyStore(t);
  const prefix = freshPrefix();
  const [a, b] = [await openOn(t, url, prefix), await openOn(t, url, prefix)];
  const id = randomUUID();
  const head = await a.head();
  const first = await a.writeState(id, 1, NO_STATE);
  t.same(await b.readState(id), { value: 1, fence: (first as { fence: number }).fence });
  const outcomes = await Promise.all([a.writeState(id, 2, 0), b.writeState(id, 3, 0)]);
  t.equal(outcomes.filter((outcome) => outcome === 'conflict').length, 1);
  t.equal(await b.head(), head, 'not an event that a subscriber gets');
});

t.test('SUB-1 in log.db a state survives a restart; without room it is as it was, and written with room', async (t) => {
  const file = join(t.testdir(), 'log.db');
  const open = () => openSqliteLog({ file, onFatal: (error) => t.fail(error.message) });
  let log = open();
  log.limitPages(1);
  const id = randomUUID();
  t.equal(await log.writeState(id, 'x'.repeat(100_000), NO_STATE), 'full');
  t.equal(await log.readState(id), undefined);
  log.limitPages(1_000_000);
  t.same(await log.writeState(id, 'first', NO_STATE), { fence: 0 });
  t.same(await Promise.all([log.writeState(id, 'second', 0), log.writeState(id, 'third', 0)]), [
    { fence: 1 },
    'conflict',
  ]);
  await log.close();
  t.equal(await log.writeState(id, 'late', 1), 'unavailable');
  log = open();
  t.teardown(() => log.close());
  t.same(await log.readState(id), { value: 'second', fence: 1 });
});
