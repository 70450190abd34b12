/** The load tool's command line: what it means, and that a wrong one is refused with a sentence that says what is wrong. */
import tap from 'tap';
import { type Invocation, readOptions, UsageError } from '../../load/options.js';

tap.test('defaults', async (t) => {
  const { options, json } = readOptions([]) as Invocation;
  t.match(options, {
    url: 'http://127.0.0.1:8080',
    viewers: 100,
    publishers: 1,
    inFlight: 16,
    rate: undefined,
    duration: 10,
    warmUp: 2,
    pages: 1,
    alarms: 16,
    users: 4,
    ids: false,
  });
  t.equal(json, undefined);
  t.equal(readOptions(['--help']), 'help');
});

tap.test('there is an alarm for each trigger in flight, each page and each publisher', async (t) => {
  const alarms = (...args: string[]): number => (readOptions(args) as Invocation).options.alarms;
  t.equal(alarms('--in-flight', '512', '--publishers', '8'), 512);
  t.equal(alarms('--pages', '40'), 40);
  t.equal(alarms('--publishers', '40'), 40);
  t.equal(alarms('--rate', '5'), 1_000);
});

tap.test('a storm and a stopped reader have defaults of their own, which the command line may change', async (t) => {
  const storm = readOptions(['--storm', '--stay', '7']) as Invocation;
  t.match(storm, {
    options: { viewers: 5_000, rate: 100, burst: 1, pages: 10 },
    storm: { stay: 7, spread: 1, fresh: 0.2 },
    stoppedReader: undefined,
  });
  const stopped = readOptions(['--stopped-reader', '--viewers', '20', '--seconds', '600']) as Invocation;
  t.match(stopped, {
    options: { viewers: 20, rate: 1_000, burst: 100, pages: 1 },
    storm: undefined,
    stoppedReader: { stopped: 1, stopFor: 60, seconds: 600 },
  });
});

const wrong: Record<string, [args: string[], why: RegExp]> = {
  'unknown option': [['--viewer', '3'], /--viewer/],
  'not a number': [['--viewers', 'many'], /--viewers must be a whole number of 0 or more, not 'many'/],
  'not whole': [['--pages', '1.5'], /--pages must be a whole number/],
  'too small': [['--workers', '0'], /--workers must be a whole number of 1 or more/],
  'no rate': [['--rate', '0'], /--rate must be a number above 0/],
  'both loops': [['--rate', '5', '--in-flight', '5'], /give one of them/],
  'idle publishers': [['--in-flight', '2', '--publishers', '3'], /at least --publishers/],
  'too few alarms': [['--in-flight', '20', '--alarms', '10'], /once at a time/],
  'two runs': [['--storm', '--stopped-reader'], /give one of them/],
  'a closed storm': [['--storm', '--in-flight', '5'], /open loop/],
  'stay without a storm': [['--stay', '5'], /--stay needs --storm/],
  'a share above all': [['--storm', '--fresh', '2'], /--fresh must be a share/],
  'all stop': [['--stopped-reader', '--viewers', '2', '--stopped', '2'], /leaves none/],
  'too short': [
    ['--stopped-reader', '--stop-for', '60', '--seconds', '90'],
    /--seconds must be a number of 120 or more/,
  ],
  'a burst in a closed loop': [['--burst', '5'], /--burst needs --rate/],
  'followers in a storm': [['--storm', '--followers', '5'], /plain run/],
  'more consumers than partitions': [['--consumers', '65', '--users', '1'], /--consumers 65 is more than 64 for each/],
  'no web address': [['--url', 'ftp://x'], /--url must be/],
  'unknown share': [['--share', 'all'], /user or group/],
};

for (const [name, [args, why]] of Object.entries(wrong)) {
  tap.test(`refused: ${name}`, async (t) => {
    t.throws(() => readOptions(args), UsageError);
    t.throws(() => readOptions(args), { message: why });
  });
}
