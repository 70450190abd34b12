/** What no server would take is refused by the client, before it is sent, and nothing else waits for it (against fake-server.ts). */
import { AlarmServerError, NotSentError, request } from '@alarm-server/client';
import t from 'tap';
import { answer, connected } from './connected-client.js';
import { FakeTimers } from './fake-timers.js';
import { alarm, initialState, page } from './wire-samples.js';

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

const cyclic: { name: string; self?: unknown } = { name: 'x' };
cyclic.self = cyclic;
/** So deep that JSON.stringify runs out of stack. */
const deep = (): unknown => {
  let value: unknown = 1;
  for (let n = 0; n < 100_000; n++) value = [value];
  return value;
};

const WRONG_COMMANDS: readonly (readonly [
  title: string,
  type: unknown,
  payload: unknown,
  id: unknown,
  code: string,
  message: RegExp,
])[] = [
  [
    '70,000 bytes',
    'create_alarm',
    { page_id: 'eur', ticker: 'E', option: '', condition: 'x'.repeat(70_000) },
    'a',
    'message_too_large',
    /^create_alarm has 70\d\d\d bytes as JSON; a server accepts at most 65536$/,
  ],
  [
    '70,000 bytes in 24,000 letters',
    'create_page',
    { name: '€'.repeat(24_000) },
    'a',
    'message_too_large',
    /^create_page has 72\d\d\d bytes/,
  ],
  [
    '5 MB',
    'create_page',
    { name: 'x'.repeat(5_000_000) },
    'a',
    'message_too_large',
    /^create_page has 5000\d\d\d bytes/,
  ],
  [
    'an empty id',
    'create_page',
    { name: 'x' },
    '',
    'invalid_message',
    /^a command's `id` must have 1 to 64 characters; it has 0$/,
  ],
  ['an id of 65 characters', 'create_page', { name: 'x' }, 'i'.repeat(65), 'invalid_message', /it has 65$/],
  [
    'an id that is a number',
    'create_page',
    { name: 'x' },
    0,
    'invalid_message',
    /^a command's `id` must be a string of 1 to 64 characters; it is a number$/,
  ],
  [
    'an id of half a surrogate pair',
    'create_page',
    { name: 'x' },
    '\ud83d',
    'invalid_message',
    /half of a surrogate pair/,
  ],
  [
    'a BigInt',
    'trigger_alarm',
    { alarm_id: 'spot', price: 1n },
    'a',
    'invalid_message',
    /^`price` is a bigint, which JSON cannot represent$/,
  ],
  [
    'NaN',
    'trigger_alarm',
    { alarm_id: 'spot', price: NaN },
    'a',
    'invalid_message',
    /^`price` is NaN; JSON has finite numbers only$/,
  ],
  [
    'Infinity',
    'trigger_alarm',
    { alarm_id: 'spot', price: -Infinity },
    'a',
    'invalid_message',
    /^`price` is -Infinity;/,
  ],
  ['a function', 'create_page', { name: () => 'x' }, 'a', 'invalid_message', /^`name` is a function/],
  [
    'a cycle',
    'create_page',
    cyclic,
    'a',
    'invalid_message',
    /^create_page cannot be written as JSON: Converting circular structure to JSON$/,
  ],
  [
    '100,000 arrays in each other',
    'create_page',
    { name: deep() },
    'a',
    'invalid_message',
    /^create_page cannot be written as JSON: Maximum call stack/,
  ],
  [
    'a toJSON that throws',
    'create_page',
    {
      name: new Date(NaN),
      toJSON: () => {
        throw new Error('no');
      },
    },
    'a',
    'invalid_message',
    /cannot be written as JSON: no$/,
  ],
  [
    'no payload',
    'create_page',
    undefined,
    'a',
    'invalid_message',
    /^the payload of create_page must be an object, like \{"name": "Orders"\}; it is undefined$/,
  ],
  ['a payload of text', 'create_page', 'Orders', 'a', 'invalid_message', /it is a string$/],
  ['a payload that is an array', 'create_page', [], 'a', 'invalid_message', /it is an array$/],
  ['a type that is none', undefined, {}, 'a', 'invalid_message', /type must be a string/],
  [
    'a sync',
    'sync',
    { page_id: 'eur', seq: 1 },
    'a',
    'invalid_message',
    /^sync is not a command: the client sends it by itself$/,
  ],
  ['a resume', 'resume', { log: 'log-1', pages: {} }, 'a', 'invalid_message', /^resume is not a command/],
];

t.test('CLI-1 what no server would take is rejected before it is sent, and the next command goes out', async (t) => {
  const { client, peer } = await connected(t);
  const command = client.command.bind(client) as (
    type: unknown,
    payload: unknown,
    options: unknown,
  ) => Promise<unknown>;
  for (const [title, type, payload, id, code, message] of WRONG_COMMANDS) {
    const error = await failure(command(type, payload, { id }));
    t.type(error, NotSentError, title);
    t.match(error, { code, message }, title);
  }
  const next = client.deleteAlarm({ alarm_id: 'spot' }, { id: 'next' });
  t.match(await peer.next(), { type: 'delete_alarm', id: 'next' }, 'nothing came before it');
  peer.say(answer('next'));
  t.strictSame(await next, alarm());
});

t.test('CLI-1 what is as large as may be is sent, and a field that is undefined is left out', async (t) => {
  const { client, peer } = await connected(t);
  const empty = JSON.stringify({ type: 'create_page', id: 'i'.repeat(64), payload: { name: '' } }).length;
  for (const [name, id] of [
    ['x'.repeat(65_536 - empty), 'i'.repeat(64)],
    ['€'.repeat(21_000), '😀'.repeat(32)],
  ] as const) {
    const answered = client.createPage({ name }, { id });
    t.match(await peer.next(), { id, payload: { name } });
    peer.say(answer(id));
    await answered;
  }
  const answered = client.updateAlarm({ alarm_id: 'spot', ticker: undefined as never, active: true }, { id: 'u' });
  t.strictSame((await peer.next()).payload, { alarm_id: 'spot', active: true });
  peer.say(answer('u'));
  await answered;
});

t.test('CLI-1 send() and request() refuse the same', async (t) => {
  const { client } = await connected(t);
  t.throws(() => client.send('x'.repeat(65_537)), { name: 'NotSentError', code: 'message_too_large' });
  t.throws(() => client.send({ type: 'trigger_alarm', payload: { alarm_id: 'spot', price: NaN } }), {
    code: 'invalid_message',
  });
  const url = 'http://127.0.0.1:1';
  const asking = {
    'a body with a BigInt': { body: { price: 1n } },
    'a body with NaN': { body: { price: NaN } },
    'an empty key': { idempotencyKey: '' },
    'a key beyond ASCII': { idempotencyKey: 'é' },
    'a key of two lines': { idempotencyKey: 'a\nb' },
  };
  for (const [title, options] of Object.entries(asking))
    t.match(
      await failure(request(url, 'POST', '/pages', options)),
      { name: 'NotSentError', code: 'invalid_message' },
      title,
    );
  for (const path of ['pages', '@example.com/pages', '.example.com/'])
    await t.rejects(request(url, 'GET', path, { token: 'x' }), {
      message: '`path` must begin with a slash, like /pages',
    });
});

t.test(
  'CLI-2 a resume that a server would not take is left out: the connection begins with the full state',
  async (t) => {
    const idsOf = (count: number, length: number) =>
      Array.from({ length: count }, (_, n) => String(n).padStart(length, '-'));
    for (const [title, ids, resumes] of [
      ['20,000 pages', idsOf(20_000, 36), true],
      ['20,001 pages', idsOf(20_001, 5), false],
      ['over 1 MiB', idsOf(17_000, 64), false],
    ] as const) {
      const pages = ids.map((id) => page({ id }));
      const timers = new FakeTimers();
      const { client, peer, server } = await connected(
        t,
        { reconnect: true, timers },
        initialState({ pages, alarms: [] }),
      );
      t.teardown(() => client.close());
      client.on('state', (state) => state.name === 'offline' && queueMicrotask(() => timers.pass(state.retryInMs)));
      const again = server.accept();
      peer.socket.terminate();
      t.equal((await again).path.includes('resume=1'), resumes, title);
    }
  },
);

t.test(
  'CLI-6 the late answer to a command that was given up is not taken for that of another with its id',
  async (t) => {
    const { client, peer } = await connected(t, { answerTimeoutMs: 20 });
    const late = { name: 'OutcomeUnknownError' };
    await t.rejects(client.triggerAlarm({ alarm_id: 'spot', price: 1 }, { id: 'x' }), late);
    await t.rejects(client.deletePage({ page_id: 'eur' }, { id: 'x' }), {
      name: 'NotSentError',
      code: 'id_reused',
      message: /^the answer to another command with the id x may still arrive/,
    });
    const repeated = client.triggerAlarm({ alarm_id: 'spot', price: 1 }, { id: 'x', timeoutMs: 60_000 });
    peer.say(answer('x'));
    t.strictSame(await repeated, alarm(), 'the same command is answered by it');
    await t.rejects(
      client.deletePage({ page_id: 'eur' }, { id: 'x' }),
      { code: 'id_reused' },
      'the second answer is still to come',
    );
    const taken = client.waitFor('success');
    peer.say(answer('x'));
    await taken;
    for (let n = 0; n < 2; n++) await peer.next();
    const other = client.deletePage({ page_id: 'eur' }, { id: 'x', timeoutMs: 60_000 });
    t.match(await peer.next(), { type: 'delete_page', id: 'x' });
    peer.say({ type: 'error', id: 'x', payload: { message: 'used', code: 'id_reused' } });
    t.type(await failure(other), AlarmServerError, 'then the server decides');
  },
);

t.test('CLI-7 10,000 commands or 16 MiB of them wait; one more is refused at once', async (t) => {
  const { client, peer } = await connected(t);
  const tooMany = { name: 'NotSentError', code: 'too_many_waiting' };
  const small = Array.from({ length: 10_000 }, (_, n) => client.deleteAlarm({ alarm_id: 'spot' }, { id: `s${n}` }));
  await t.rejects(client.deleteAlarm({ alarm_id: 'spot' }), {
    ...tooMany,
    message: /^10000 commands are already pending/,
  });
  for (let n = 0; n < 10_000; n++) peer.say(answer(`s${n}`));
  await Promise.all(small);
  const large = Array.from({ length: 279 }, (_, n) => client.createPage({ name: 'x'.repeat(60_000) }, { id: `l${n}` }));
  await t.rejects(client.createPage({ name: 'x'.repeat(60_000) }), tooMany);
  for (let n = 0; n < 279; n++) peer.say(answer(`l${n}`));
  await Promise.all(large);
  const again = client.createPage({ name: 'x' }, { id: 'again' });
  peer.say(answer('again'));
  t.ok(await again, 'with room again it goes on');
});

t.test('CLI-7 commands given up count until their answers have come or the connection has ended', async (t) => {
  const { client, peer } = await connected(t);
  const given = Array.from({ length: 10_000 }, (_, n) =>
    failure(client.deleteAlarm({ alarm_id: 'spot' }, { id: `g${n}`, timeoutMs: 1 })),
  );
  t.ok((await Promise.all(given)).every((error) => (error as Error).name === 'OutcomeUnknownError'));
  await t.rejects(client.deleteAlarm({ alarm_id: 'spot' }), { code: 'too_many_waiting' });
  const taken = client.waitFor('success');
  peer.say(answer('g0'));
  await taken;
  const next = client.deleteAlarm({ alarm_id: 'spot' }, { id: 'next' });
  peer.say(answer('next'));
  t.ok(await next);
});
