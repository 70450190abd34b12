/** For every wrong message a client is told what is wrong, and its socket stays open; what closes by contract closes as documented. */
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { MESSAGE_LIMIT } from '../../src/gateway/up-messages.js';
import { sitDown } from '../e2e/desk.js';
import { startServer } from '../e2e/test-server.js';

const server = await startServer(t);
const john = await server.person('john');
const desk = await sitDown(t, server, john);
const page: string = (await desk.must('create_page', { name: 'Page' })).data.id;
const alarm: string = (
  await desk.must('create_alarm', { page_id: page, ticker: 'EUR/USD', option: 'spot', condition: 'above' })
).data.id;

const json = (type: string, payload: unknown, rest: object = {}): string => JSON.stringify({ type, payload, ...rest });
const createAlarm = (fields: object): string =>
  json('create_alarm', { page_id: page, ticker: 'EUR/USD', option: 'spot', condition: 'above', ...fields });
const trigger = (price: string): string =>
  `{"type":"trigger_alarm","payload":{"alarm_id":"${alarm}","price":${price}}}`;
/** A create_page of exactly so many bytes. */
const ofBytes = (bytes: number): string => {
  const empty = json('create_page', { name: '' });
  return empty.replace('"name":""', `"name":"${'x'.repeat(bytes - empty.length)}"`);
};
const FRAME = 1024 * 1024 + MESSAGE_LIMIT;
const deep = (depth: number, open: string, close: string): string => open.repeat(depth) + close.repeat(depth);

const hostile: readonly (readonly [what: string, message: string, code: string])[] = [
  ['nothing', '', 'invalid_json'],
  ['no JSON', '{"type":', 'invalid_json'],
  ['JSON with something behind it', '{} {}', 'invalid_json'],
  ['a NUL byte', '\0', 'invalid_json'],
  ['a byte order mark', `\uFEFF${json('create_page', { name: 'x' })}`, 'invalid_json'],
  ['deeply nested arrays', deep(30_000, '[', ']'), 'invalid_message'],
  ['deeply nested objects', deep(10_000, '{"a":', '}').replace('{"a":}', '{"a":1}'), 'invalid_message'],
  ['nesting without an end', '['.repeat(60_000), 'invalid_json'],
  ['a deeply nested payload', `{"type":"create_page","payload":${deep(30_000, '[', ']')}}`, 'invalid_message'],
  ['a deeply nested field', `{"type":"create_page","payload":{"name":${deep(30_000, '[', ']')}}}`, 'invalid_message'],
  [
    'a deeply nested id',
    `{"type":"create_page","id":${deep(30_000, '[', ']')},"payload":{"name":"x"}}`,
    'invalid_message',
  ],
  ...['null', 'true', '1', '"create_page"', '[]', '[{"type":"create_page","payload":{"name":"x"}}]'].map(
    (text) => [`no object: ${text}`, text, 'invalid_message'] as const,
  ),
  ...['{}', '{"payload":{}}', '{"type":null}', '{"type":1}', '{"type":["create_page"]}', '{"type":{"toString":1}}'].map(
    (text) => [`no type: ${text}`, text, 'invalid_message'] as const,
  ),
  ...[
    '',
    'CREATE_PAGE',
    ' create_page',
    'create_group',
    'success',
    'initial_state',
    '__proto__',
    'constructor',
    'toString',
    '\u0000',
    '\ud800',
    'x'.repeat(60_000),
  ].map((type) => [`an unknown type: ${JSON.stringify(type.slice(0, 20))}`, json(type, {}), 'unknown_type'] as const),
  ...[null, 1, true, '', {}, [], 'x'.repeat(65), '\ud800', 'a\udfffb'].map(
    (id) =>
      [
        `an id that is none: ${JSON.stringify(id).slice(0, 20)}`,
        json('create_page', { name: 'x' }, { id }),
        'invalid_message',
      ] as const,
  ),
  ...[undefined, null, 1, 'x', [], [{ name: 'x' }], {}].map(
    (payload) =>
      [`a payload that is none: ${JSON.stringify(payload)}`, json('create_page', payload), 'invalid_message'] as const,
  ),
  ['a field of __proto__', '{"type":"create_page","payload":{"__proto__":{"name":"x"}}}', 'invalid_message'],
  ['a payload of __proto__', '{"type":"create_page","__proto__":{"payload":{"name":"x"}}}', 'invalid_message'],
  ['a type of __proto__', '{"__proto__":{"type":"create_page","payload":{"name":"x"}}}', 'invalid_message'],
  ...[1, null, true, {}, ['x'], '', 'x'.repeat(201), 'a\u0000b', 'a\nb', 'a\u007fb', 'a\ud800b', '\udc00'].map(
    (name) =>
      [
        `a name that is none: ${JSON.stringify(name).slice(0, 20)}`,
        json('create_page', { name }),
        'invalid_message',
      ] as const,
  ),
  ...[
    { ticker: '' },
    { ticker: 'x'.repeat(101) },
    { ticker: 'a\u0000' },
    { option: null },
    { option: 'x'.repeat(101) },
    { condition: 'x'.repeat(501) },
    { condition: 5 },
    { condition: '\ud83d' },
    { page_id: '' },
    { page_id: 'x'.repeat(65) },
    { page_id: [] },
  ].map(
    (fields) =>
      [
        `an alarm's field that will not do: ${JSON.stringify(fields).slice(0, 30)}`,
        createAlarm(fields),
        'invalid_message',
      ] as const,
  ),
  ...['1e999', '-1e999', '"1"', 'null', '[]', 'true', '{}'].map(
    (price) => [`a price that is none: ${price}`, trigger(price), 'invalid_message'] as const,
  ),
  ...['NaN', 'Infinity', '0x10', '01', '1.', '+1'].map(
    (price) => [`a price that is no JSON: ${price}`, trigger(price), 'invalid_json'] as const,
  ),
  ['no field to change', json('update_alarm', { alarm_id: alarm }), 'invalid_message'],
  ['a field to change of the wrong type', json('update_alarm', { alarm_id: alarm, active: 'yes' }), 'invalid_message'],
  [
    'a subject of no type',
    json('share_page', {
      page_id: page,
      subject_type: 'everybody',
      subject_id: john.id,
      can_view: true,
      can_edit: true,
    }),
    'invalid_message',
  ],
  ['an id with half a pair', json('rename_page', { page_id: '\ud800', name: 'x' }), 'not_found'],
  ['an id with a NUL', json('delete_alarm', { alarm_id: `${alarm}\u0000` }), 'not_found'],
  ['over 64 KiB', ofBytes(MESSAGE_LIMIT + 1), 'message_too_large'],
  ['over 1 MiB', ofBytes(1024 * 1024 + 1), 'message_too_large'],
  ['64 KiB, which is read', ofBytes(MESSAGE_LIMIT), 'invalid_message'],
];

t.test('WIRE-2 every hostile message gets an error that says what is wrong, and the socket lives', async (t) => {
  for (const [what, message, code] of hostile) {
    const before = desk.messages.length;
    desk.send(message);
    const good = await desk.ask('trigger_alarm', { alarm_id: alarm, price: 1 });
    t.equal(good.type, 'success', `${what}: the socket still answers`);
    const [answer, ...others] = desk.messages.slice(before);
    t.match(answer, { type: 'error', payload: { code } }, `${what}: ${code}`);
    t.same(
      others.map(({ type }) => type),
      ['alarm_update', 'success'],
      `${what}: one error, no effect`,
    );
    t.ok(answer!.payload.message.length > 10 && answer!.payload.message.length < 2_000, 'in a sentence');
  }
});

t.test('WIRE-2 an error names each field, and bears the id of what it answers', async (t) => {
  const answer = await desk.ask('create_alarm', { page_id: page, ticker: '', option: 'spot', condition: 1 });
  t.same(
    answer.payload.details.fields.map(({ field }: { field: string }) => field),
    ['ticker', 'condition'],
  );
  t.match(answer.payload.message, /^create_alarm: ticker: .+; condition: /);
  const id = '"\\/\u0000\u2028é€😀';
  t.equal((await desk.ask('no such type', {}, id)).id, id, 'as it was sent');
  t.match(await desk.ask('create_page', { name: 'Page' }, id), { type: 'success', id }, 'and so does an answer');
});

t.test('WIRE-2 what is text is taken as it is', async (t) => {
  const name = '"\\/ Zürich ☂ 東京 😀 \u2028 </script> %00 {{x}}';
  const made = await desk.must('create_page', { name });
  t.equal(made.data.name, name);
  t.equal((await desk.next('page_added', ({ payload }) => payload.page.id === made.data.id)).payload.page.name, name);
  for (const price of [0, -37.63, 1e-7, 1e21, Number.MAX_VALUE, Number.MIN_VALUE, 0.1 + 0.2]) {
    t.equal((await desk.must('trigger_alarm', { alarm_id: alarm, price })).data.price, price);
  }
});

t.test('WIRE-2 a binary frame gets an error and the close 4003, and others live', async (t) => {
  for (const bytes of [Buffer.from(json('create_page', { name: 'x' })), Buffer.alloc(0), Buffer.alloc(1024 * 1024)]) {
    const other = await sitDown(t, server, john);
    other.socket.send(bytes, { binary: true });
    t.equal((await other.next('error')).payload.code, 'binary_message');
    t.match(await other.closed, { code: 4003, reason: /text frames/i });
  }
  t.equal((await desk.ask('trigger_alarm', { alarm_id: alarm, price: 1 }, randomUUID())).type, 'success');
});

t.test(
  'WIRE-2 WIRE-13 a frame of over 1 MiB and 64 KiB cuts its socket only; one of just so much is answered',
  async (t) => {
    const other = await sitDown(t, server, john);
    other.socket.on('error', () => undefined);
    other.send('x'.repeat(FRAME));
    t.equal((await other.next('error')).payload.code, 'message_too_large');
    other.send('x'.repeat(FRAME + 1));
    await other.closed;
    t.equal((await desk.ask('trigger_alarm', { alarm_id: alarm, price: 1 })).type, 'success');
  },
);
