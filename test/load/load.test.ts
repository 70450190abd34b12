/** The load tool against faulty servers: it must report each fault and its count; and against a correct one. */
import tap from 'tap';
import { type FaultCounts, noFaults } from '../../load/faults.js';
import { readOptions } from '../../load/options.js';
import { asText, type LoadResult } from '../../load/result.js';
import { runLoad } from '../../load/run.js';
import type { FeedMisdeed } from './fake-event-feed.js';
import { MisbehavingServer, type Misdeed } from './misbehaving-server.js';

async function run(
  misdeed: Misdeed,
  args: readonly string[] = [],
  server: { extended?: boolean } = {},
): Promise<LoadResult> {
  const fake = await MisbehavingServer.start(misdeed, server);
  try {
    const pace = args.includes('--rate') ? [] : ['--in-flight', '4'];
    const invocation = readOptions([
      '--url',
      fake.url,
      '--viewers',
      '5',
      ...pace,
      '--warm-up',
      '0',
      '--duration',
      '0.3',
      '--drain',
      '0.5',
      '--workers',
      '1',
      ...args,
    ]);
    if (invocation === 'help') throw new Error('asked for help');
    return await runLoad(invocation.options, { progress: () => {} });
  } finally {
    await fake.stop();
  }
}

/** What one misdeed must be counted as, exactly. */
const verdicts: Partial<Record<Misdeed, Partial<FaultCounts>>> = {
  none: {},
  drop: { gaps: 1 },
  double: { duplicates: 1 },
  swap: { out_of_order: 1 },
  leak: { leaks: 1 },
  ignore: { unanswered: 1 },
  refuse: { errors: 1, unanswered: 1 },
  close: { closed: 1 },
  'not JSON': { errors: 1 },
};

for (const [misdeed, counted] of Object.entries(verdicts)) {
  tap.test(`a server's misdeed, ${misdeed}`, async (t) => {
    const result = await run(misdeed as Misdeed);
    t.same(result.faults, { ...noFaults(), ...counted });
    t.equal(result.examples.length > 0, Object.keys(counted).length > 0, 'an example says what happened');
    t.ok(result.triggers > 50, 'the run went on');
    t.match(result.order_checks, 'by seq');
  });
}

/** The same of followers and consumers. */
const feedVerdicts: Partial<Record<FeedMisdeed, Partial<FaultCounts>>> = {
  'feed: drop': { gaps: 1 },
  'feed: double': { duplicates: 1 },
  'feed: swap': { out_of_order: 2 },
  'feed: leak': { leaks: 1 },
  'feed: old mark': { out_of_order: 1 },
  'feed: again': { duplicates: 2 },
};
const FOLLOWING = ['--followers', '3', '--consumers', '3', '--users', '2', '--pages', '4'];

tap.test('followers and consumers of a correct server', async (t) => {
  const result = await run('none', FOLLOWING);
  t.same(result.faults, noFaults());
  t.ok(result.followed > result.triggers / 2 && result.consumed > 0 && result.acknowledged > 0);
  t.ok(result.latency.to_follower.count > 0 && result.latency.to_consumer.count > 0);
  t.match(asText(result), /trigger → followers.*\n.*trigger → consumers.*\n3 followers of .*\n3 consumers of /);
});

for (const [misdeed, counted] of Object.entries(feedVerdicts)) {
  tap.test(`a misdeed over an event stream or to a consumer, ${misdeed}`, async (t) => {
    const result = await run(
      misdeed as Misdeed,
      misdeed === 'feed: again' ? ['--consumers', '1'] : ['--followers', '2'],
    );
    t.same(result.faults, { ...noFaults(), ...counted }, result.examples.join('\n'));
  });
}

tap.test('a stream that ends is a fault, and what it does not bring any more too', async (t) => {
  const { faults } = await run('feed: end', ['--followers', '2']);
  t.same(faults, { ...noFaults(), closed: 1 });
});

tap.test('what never comes in the end is missing too', async (t) => {
  const { faults } = await run('drop the last');
  t.ok(faults.gaps > 1);
  t.same(faults, { ...noFaults(), gaps: faults.gaps });
});

tap.test('a page in the initial state of a user who may not see it, and its alarms, are a leak', async (t) => {
  t.same((await run('show', ['--outsiders', '1'])).faults, { ...noFaults(), leaks: 1 });
});

tap.test('the seed’s contract alone', async (t) => {
  const good = await run('none', [], { extended: false });
  t.same(good.faults, noFaults());
  t.match(good.order_checks, 'not available');
  t.ok(good.latency.to_viewer.count >= good.deliveries, 'latency to viewers is known without the price');
  t.ok(good.deliveries > 0);
  t.same(
    (await run('drop', [], { extended: false })).faults,
    { ...noFaults(), gaps: 1 },
    'a lost update is missed in the count',
  );
  t.same((await run('double', [], { extended: false })).faults, { ...noFaults(), duplicates: 1 }, 'so is one too many');
  t.same((await run('leak', [], { extended: false })).faults, { ...noFaults(), leaks: 1 });
});

tap.test('several workers, pages and publishers', async (t) => {
  const numbered = await run('none', ['--workers', '2', '--pages', '3', '--publishers', '2']);
  t.same(numbered.faults, noFaults());
  t.ok(numbered.triggers > 0 && numbered.deliveries > 0);
  const uncounted = await run('none', ['--workers', '2', '--pages', '3', '--publishers', '2'], { extended: false });
  t.same(uncounted.faults, noFaults());
  t.ok(uncounted.triggers > 0 && uncounted.deliveries > 0);
});

tap.test('open loop: the rate is kept, and latency counts from when a trigger was due', async (t) => {
  const kept = await run('none', ['--rate', '200', '--duration', '1']);
  t.same(kept.faults, noFaults());
  t.ok(Math.abs(kept.triggers_per_s - 200) < 20, `${kept.triggers_per_s} a second`);
  t.match(kept.coordinated_omission, 'corrected');
});
