/** The load tool's command line: what it means, and that a wrong one is refused with a sentence that says what is wrong. */
import tap from 'tap';
import { type Invocation, readOptions, UsageError } from '../../load/options.js';

tap.test('defaults', async (t) => {
  const { options, json } = readOptions([]) as Invocation;
  t.match(options, { url: 'http://127.0.0.1:8080', viewers: 100, publishers: 1, inFlight: 16, rate: undefined, duration: 10, warmUp: 2, pages: 1, alarms: 16, users: 4, ids: false });
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

const wrong: Record<string, [args: string[], why: RegExp]> = {
  'unknown option': [['--viewer', '3'], /--viewer/],
  'not a number': [['--viewers', 'many'], /--viewers must be a whole number of 0 or more, not 'many'/],
  'not whole': [['--pages', '1.5'], /--pages must be a whole number/],
  'too small': [['--workers', '0'], /--workers must be a whole number of 1 or more/],
  'no rate': [['--rate', '0'], /--rate must be a number above 0/],
  'both loops': [['--rate', '5', '--in-flight', '5'], /give one of them/],
  'idle publishers': [['--in-flight', '2', '--publishers', '3'], /at least --publishers/],
  'too few alarms': [['--in-flight', '20', '--alarms', '10'], /once at a time/],
  'no web address': [['--url', 'ftp://x'], /--url must be/],
  'unknown share': [['--share', 'all'], /user or group/],
};

for (const [name, [args, why]] of Object.entries(wrong)) {
  tap.test(`refused: ${name}`, async (t) => {
    t.throws(() => readOptions(args), UsageError);
    t.throws(() => readOptions(args), { message: why });
  });
}
