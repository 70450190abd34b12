/** The load tool's storm and its stopped reader, in small, against the real server: returning viewers are checked, and so are the server's figures. */
import tap, { type Test } from 'tap';
import { noFaults } from '../../load/faults.js';
import { readOptions } from '../../load/options.js';
import { runStoppedReader } from '../../load/stopped-reader.js';
import { stoppedReaderAsText } from '../../load/stopped-reader-result.js';
import { runStorm } from '../../load/storm.js';
import { stormAsText } from '../../load/storm-result.js';
import { startServer } from '../e2e/test-server.js';
import { MisbehavingServer } from './misbehaving-server.js';

const silent = { progress: () => {} };

function optionsOf(url: string, args: string) {
  const invocation = readOptions([
    '--url',
    url,
    '--warm-up',
    '0.2',
    '--drain',
    '5',
    '--workers',
    '1',
    ...args.split(' '),
  ]);
  if (invocation === 'help') throw new Error('asked for help');
  return invocation;
}

async function storm(t: Test, args: string, environment: Readonly<Record<string, string>> = {}) {
  const server = await startServer(t, { environment: { LIMITS: 'off', ...environment } });
  const { options, storm } = optionsOf(server.url, `--storm --duration 0.5 ${args}`);
  return runStorm(options, storm!, silent);
}

tap.test('a storm: all come back to their right state, some by what they missed, some by the whole', async (t) => {
  const result = await storm(
    t,
    '--viewers 60 --stay 4 --fresh 0.25 --spread 0.2 --users 4 --pages 2 --alarms 40 --rate 100',
  );
  t.same(result.faults, noFaults());
  t.equal(result.time_to_state.resumed.count, 45);
  t.equal(result.time_to_state.whole.count, 15);
  t.ok(result.all_back_s > 0 && result.states_checked > 0);
  for (const { count } of [result.stayed.calm, result.stayed.storm, result.stayed.afterwards])
    t.ok(count > 0, `${count} samples`);
  const { page_states } = result;
  t.ok(page_states!.sent >= 15, `${page_states!.sent} states were sent`);
  t.ok(page_states!.alarms_made < page_states!.sent * 20, 'not each was made anew');
  t.match(stormAsText(result), /all in their right state [\s\S]*no attempt to connect failed[\s\S]*\nok\n$/);
});

tap.test('a storm against a limit: refused viewers try again until they are accepted', async (t) => {
  const result = await storm(t, '--viewers 30 --stay 2 --spread 0 --users 1 --rate 50', {
    LIMIT_SOCKETS_PER_USER: '40',
  });
  t.same(result.faults, noFaults());
  t.equal(result.time_to_state.resumed.count + result.time_to_state.whole.count, 30);
  // The server may see new connections before it notices the closed ones: then it refuses some.
  t.same(
    Object.keys(result.refused).filter((why) => !/429/.test(why)),
    [],
  );
});

tap.test('a stopped reader: it comes back to its right state, and the server’s memory is known', async (t) => {
  const server = await startServer(t, { environment: { LIMITS: 'off' } });
  const { options, stoppedReader } = optionsOf(
    server.url,
    '--stopped-reader --viewers 10 --rate 100 --burst 10 --stop-for 1.2 --seconds 3',
  );
  const result = await runStoppedReader(options, stoppedReader!, silent);
  t.same(result.faults, noFaults());
  t.same(result.cut.ends, ['it was not cut'], 'a second is not enough to fill what there is room for');
  t.equal(result.cut.after_s, undefined);
  t.ok(result.states_checked > 0);
  for (const { count } of [result.others.without, result.others.with]) t.ok(count > 0);
  t.ok(result.memory.rss!.begin_mb > 10 && result.memory.heap!.begin_mb > 1);
  t.match(stoppedReaderAsText(result), /of no socket that it was too slow[\s\S]*\nok\n$/);
});

tap.test('a server that numbers no events: said, and not measured', async (t) => {
  const fake = await MisbehavingServer.start('none', { extended: false });
  t.teardown(() => fake.stop());
  const { options, storm } = optionsOf(fake.url, '--storm --viewers 4 --stay 1 --users 1 --pages 1');
  await t.rejects(runStorm(options, storm!, silent), /numbers no events/);
});
