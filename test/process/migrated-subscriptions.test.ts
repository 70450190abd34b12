/** Subscriptions in the copy that `npm run migrate` makes of a log: they go on at the same event, though its position is another one. */
import { acknowledge, claimPartition, putSubscription, readSubscription } from '@alarm-server/client';
import t from 'tap';
import { alarmOn, sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { person } from '../e2e/test-server.js';
import { anyStore, freshPrefix } from '../log/any-store.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { ServerProcess } from './server-process.js';

t.test('RUN-8 subscriptions go on in the copy at the event that each partition has acknowledged', async (t) => {
  const { url } = await anyStore(t);
  const prefix = freshPrefix();
  const dataDir = temporaryFolder(t);
  const before = await ServerProcess.start({ dataDir });
  t.teardown(() => before.end('SIGKILL'));
  const owner = await person(t, before.url, 'owner');
  const desk = await sitDown(t, before, owner);
  const pages: string[] = [];
  for (const name of ['Spot', 'Forward', 'Swap'])
    pages.push((await desk.must('create_page', { name })).data.id as string);
  for (let at = 0; at < 30; at++) await desk.must('create_alarm', alarmOn(pages[at % 3]!, `EUR/${at}`));
  // Private events are in the log too, and have no place in a subscription.
  await person(t, before.url, 'other');
  const program = (await desk.http('POST', '/access-tokens', { body: { name: 'feed', can: ['read'] } })).json;
  const { token } = owner;
  await putSubscription(before.url, token, 'ledger', { partitions: 2 });
  await putSubscription(before.url, token, 'unread', {});
  await putSubscription(before.url, token, 'now', { start: 'now' });
  await request(before.url, 'GET', '/pages', { token: program.token });
  const claims = [];
  for (const consumer of ['a', 'b']) claims.push(await claimPartition(before.url, token, 'ledger', consumer));
  const first = await readSubscription(before.url, token, 'ledger', { ...claims[0]!, limit: 7 });
  const cursor = first.events.at(-1)!.cursor;
  await acknowledge(before.url, token, 'ledger', { ...claims[0]!, cursor });
  const told = async (server: ServerProcess, name: string, held = {}) =>
    (await readSubscription(server.url, token, name, held)).events.map(({ id, page_id, seq }) => ({
      id,
      page_id,
      seq,
    }));
  const expected = new Map<number, unknown[]>();
  for (const claim of claims) expected.set(claim.partition, await told(before, 'ledger', claim));
  const unread = await told(before, 'unread');
  const listed = (await desk.http('GET', '/access-tokens')).json;
  t.equal(unread.length, 33);
  t.equal([...expected.values()].flat().length, 33 - first.events.length, 'what is acknowledged is over');
  t.equal((await before.end('SIGTERM')).code, 0);

  const args = ['--from', dataDir, '--to', url, '--prefix', prefix];
  const migrating = { dataDir, script: 'cli/migrate', args } as const;
  const migrated = await ServerProcess.run(migrating);
  t.equal(migrated.code, 0, migrated.stderr);
  t.match(migrated.stdout, /^\d+ states are carried over/m);
  t.match(await ServerProcess.run(migrating), { code: 0 }, 'once more is harmless');

  const after = await ServerProcess.start({
    dataDir: temporaryFolder(t),
    environment: { EVENT_STORE: url, EVENT_STORE_PREFIX: prefix },
  });
  t.teardown(() => after.end('SIGKILL'));
  t.match(
    await request(after.url, 'GET', `/events?after=${cursor}`, { token }),
    { status: 410 },
    'a cursor is of one engine',
  );
  const again = new Map<number, unknown[]>();
  for (const consumer of ['c', 'd']) {
    const claim = await claimPartition(after.url, token, 'ledger', consumer);
    t.ok(
      claims.every(({ partition, epoch }) => partition !== claim.partition || epoch < claim.epoch),
      'claimed anew',
    );
    again.set(claim.partition, await told(after, 'ledger', claim));
  }
  t.same(again, expected);
  t.same(await told(after, 'unread'), unread);
  t.same(await told(after, 'now'), [], 'at the end');
  t.same((await request(after.url, 'GET', '/access-tokens', { token })).json, listed, 'with the hour of the last use');
  const { next } = await readSubscription(after.url, token, 'unread', {});
  await acknowledge(after.url, token, 'unread', { cursor: next });
  t.equal((await after.end('SIGTERM')).code, 0);
  t.match(await ServerProcess.run(migrating), { code: 1, stderr: /a server has already worked with the copy/ });
});
