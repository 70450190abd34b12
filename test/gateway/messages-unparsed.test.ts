/** What is refused without being parsed still says which message it answers. */
import t from 'tap';
import { headOf } from '../../src/gateway/message-head.js';
import { MESSAGE_LIMIT, parseUpMessage, RESUME_LIMIT } from '../../src/gateway/up-messages.js';

const long = (front: string, bytes = MESSAGE_LIMIT + 1): Buffer => Buffer.from(front.padEnd(bytes - 1, 'x') + '"');
const refusal = (bytes: Buffer, maySendResume = false) => {
  const parsed = parseUpMessage(bytes, maySendResume);
  return 'error' in parsed ? [parsed.error.code, parsed.id] : 'it was taken';
};

t.test('WIRE-13 type and id are read where they stand before everything else', async (t) => {
  for (const [text, head] of [
    ['{"type":"sync","id":"a","payload":{', { type: 'sync', id: 'a' }],
    [' {\n "id" : "a" , "type" : "sync" , "payload"', { type: 'sync', id: 'a' }],
    ['{"id":"\\u0061\\"\\\\"}', { id: 'a"\\' }],
    ['{"type":"sync","payload":{"id":"not this"},"id":"too late"}', { type: 'sync' }],
    ['{"payload":{"type":"x","id":"y"}}', {}],
    ['[{"type":"sync","id":"a"}]', {}],
    ['"id":"a"', {}],
    ['{"id":7,"type":"sync"}', {}],
    ['{"id":"a', {}],
    ['{"id":"\\x","type":"sync"}', {}],
    ['', {}],
  ] as const)
    t.same(headOf(Buffer.from(text)), head, text);
  t.same(headOf(Buffer.from(`{"id":"${'x'.repeat(2_000)}","type":"sync"}`)), {}, 'only so far');
});

t.test(
  'WIRE-13 a message that is too large is refused with its id; a resume on a socket that has its state likewise',
  async (t) => {
    t.same(refusal(long('{"type":"create_page","id":"a","payload":{"name":"')), ['message_too_large', 'a']);
    t.same(refusal(long('{"type":"create_page","id":"a","payload":{"name":"'), true), ['message_too_large', 'a']);
    t.same(refusal(long('{"payload":{"name":"')), ['message_too_large', undefined]);
    t.same(
      refusal(long(`{"type":"create_page","id":"${'😀'.repeat(65)}","payload":"`)),
      ['message_too_large', undefined],
      'an id that will not do is not repeated',
    );
    t.same(refusal(long('{"type":"resume","id":"a","payload":"')), ['already_live', 'a']);
    t.same(refusal(long('{"type":"resume","id":"a","payload":"', RESUME_LIMIT + 1), true), ['message_too_large', 'a']);
    t.same(
      refusal(Buffer.from('{"type":"resume","id":"a","payload":{"log":1}}')),
      ['already_live', 'a'],
      'whatever is in it',
    );
  },
);

t.test('WIRE-13 what is not parsed costs next to nothing, however it is written', async (t) => {
  const messages = ['[', '{"a":', '{"type":"create_page","payload":[', '{"id":"\\', '{"type":"', ' '].map((text) =>
    Buffer.from(text.repeat(Math.ceil(RESUME_LIMIT / text.length)).slice(0, RESUME_LIMIT)),
  );
  const startedAt = performance.now();
  for (let round = 0; round < 1_000; round += 1) for (const message of messages) parseUpMessage(message, false);
  const each = (performance.now() - startedAt) / (1_000 * messages.length);
  t.ok(each < 0.5, `${each.toFixed(3)} ms a message of 1 MiB`);
});

t.test(
  'WIRE-13 DLV-9 a resume with 20,000 wrong entries costs about as much as to parse it, and names the first one',
  async (t) => {
    const pages = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`page-${at}`, -1]));
    const wrong = Buffer.from(JSON.stringify({ type: 'resume', id: 'a', payload: { log: 'x', pages } }));
    // In turn with JSON.parse alone, so that a busy machine slows both.
    const plain: number[] = [];
    const parses = Array.from({ length: 5 }, () => {
      const plainAt = performance.now();
      JSON.parse(wrong.toString());
      const startedAt = performance.now();
      plain.push(startedAt - plainAt);
      const parsed = parseUpMessage(wrong, true);
      t.match(parsed, {
        id: 'a',
        error: {
          code: 'invalid_message',
          message: /^resume: pages: .+ "page-0"$/,
          details: { fields: [{ field: 'pages' }] },
        },
      });
      return performance.now() - startedAt;
    });
    const [cheapest, alone] = [Math.min(...parses), Math.min(...plain)];
    t.ok(cheapest < 5 * alone, `${cheapest.toFixed(1)} ms, and ${alone.toFixed(1)} ms for JSON.parse alone`);
  },
);

t.test('WIRE-15 an id has 64 code points, as every text here', async (t) => {
  const create = (id: string, name = 'x') =>
    parseUpMessage(Buffer.from(JSON.stringify({ type: 'create_page', id, payload: { name } })), false);
  t.match(create('😀'.repeat(64), '😀'.repeat(200)), { id: '😀'.repeat(64), payload: { name: '😀'.repeat(200) } });
  t.match(create('😀'.repeat(65)), { error: { code: 'invalid_message' } });
  t.match(create('a', '😀'.repeat(201)), { error: { code: 'invalid_message' } });
  t.match(create('x'.repeat(65)), { error: { code: 'invalid_message' } });
});
