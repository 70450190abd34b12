/** The fuzzer's own parts: what it makes is what it says, and the same again with the same seed. */
import t from 'tap';
import { parseUpMessage } from '../../src/gateway/up-messages.js';
import { Random } from '../crash/random.js';
import { fragmented, readDown, textFrame } from './frames.js';
import { mutatedBytes, mutatedJson } from './json-mutations.js';
import { socketCase, validMessage } from './socket-cases.js';
import { World } from './world.js';

const world = new World('of no use to anybody');
for (const kind of ['users', 'usernames', 'tokens', 'pages', 'alarms', 'groups', 'logs'] as const)
  world[kind].push(`${kind}-1`);

t.test('messages of the grammar are taken, all types of them', async (t) => {
  const random = new Random(1);
  const types = new Set<string>();
  for (let n = 0; n < 500; n++) {
    const message = validMessage(random, world);
    const parsed = parseUpMessage(Buffer.from(JSON.stringify(message)), true);
    // The payload's own rules (an update of nothing, a snooze of no time or of two) are not in the schema.
    if ('error' in parsed)
      t.match(parsed.error.message, /give (at least one of|for_s, in seconds, or until)/, JSON.stringify(message));
    types.add(message.type);
  }
  t.ok(types.size >= 9, [...types].join(', '));
});

t.test('changes differ from what they change, and come again with their seed', async (t) => {
  const valid = { type: 'create_page', id: 'x', payload: { name: 'Page' } };
  const made = (seed: number): string[] => {
    const random = new Random(seed);
    return Array.from({ length: 200 }, () => mutatedJson(valid, random, ['an-id']));
  };
  t.same(made(7), made(7));
  const texts = made(7);
  t.ok(new Set(texts).size > 100, 'they are many');
  t.ok(
    texts.some((text) => text.includes('"__proto__"')) && texts.some((text) => text.includes('\\ud8')),
    'of several kinds',
  );
  t.ok(texts.filter((text) => text === JSON.stringify(valid)).length < 10);
  const random = new Random(7);
  t.ok(
    Array.from({ length: 100 }, () => mutatedBytes('{"a":"é"}', random)).some(
      (bytes) => !Buffer.from(bytes.toString()).equals(bytes),
    ),
    'some bytes are no UTF-8',
  );
});

t.test('fragments are the message when put together; a case says what may be expected of it', async (t) => {
  const random = new Random(3);
  const pieces = fragmented(Buffer.from('one message'), random);
  t.ok(pieces.length > textFrame(Buffer.from('one message')).length);
  const cases = Array.from({ length: 300 }, () => socketCase(random, world));
  t.ok(
    cases.some(({ isWellFramed }) => isWellFramed) &&
      cases.some(({ isWellFramed, then }) => !isWellFramed && then === 'reset'),
  );
});

t.test('frames of the server are read when all of them is there', async (t) => {
  const whole = Buffer.concat([Buffer.from([0x81, 2]), Buffer.from('{}')]);
  t.equal(readDown(whole.subarray(0, 3)), undefined);
  t.match(readDown(whole), { opcode: 1, end: 4 });
  t.throws(() => readDown(Buffer.from([0xc1, 0])), /reserved bit/);
  t.throws(() => readDown(Buffer.from([0x81, 0x80])), /masked/);
});
