/** The limits over real sockets and HTTP: what is refused, how it is told, and that it has no effect. */
import t from 'tap';
import { handshake, openBare } from '../gateway/bare-connection.js';
import { alarmOn, makeGroup, sitDown } from './desk.js';
import { type Message, openRaw } from './raw-socket.js';
import { startServer } from './test-server.js';

t.test("LIM-1 a user's commands are counted over all their sockets and HTTP; others have their own", async (t) => {
  const server = await startServer(t, { environment: { LIMIT_COMMANDS_PER_SECOND: '1', LIMIT_COMMANDS_BURST: '5' } });
  const [john, mary] = await Promise.all([server.person('john'), server.person('mary')]);
  const [one, two, other] = await Promise.all([
    sitDown(t, server, john),
    sitDown(t, server, john),
    sitDown(t, server, mary),
  ]);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, at) => (at % 2 ? one : two).ask('create_page', { name: `Page ${at}` }, `id-${at}`)),
  );
  const refused = answers.filter(({ type }) => type === 'error');
  t.ok(refused.length >= 10 && refused.length <= 15, `${refused.length} of 20 were refused`);
  for (const { payload } of refused) {
    t.match(payload, {
      code: 'rate_limited',
      message: /^A user may send 1 commands a second: send it again in \d+ ms$/,
    });
    t.ok(payload.details.retry_after_ms > 0 && payload.details.retry_after_ms <= 1_000);
  }
  const http = await one.http('POST', '/pages', { body: { name: 'Over HTTP' } });
  t.match([http.status, http.json.code, http.headers.get('retry-after')], [429, 'rate_limited', '1']);
  t.equal((await other.ask('create_page', { name: 'Page' })).type, 'success', 'another user is not meant');
  const { json } = await one.http('GET', '/pages');
  t.equal(json.length, 20 - refused.length, 'what was refused had no effect; reading is no command');

  // As it is told: after the time that it names, with the same id.
  let again: Message = refused[0]!;
  while (again.type === 'error') {
    const { retry_after_ms } = again.payload.details;
    await new Promise((resolve) => setTimeout(resolve, retry_after_ms));
    again = await one.ask('create_page', { name: `Page ${refused[0]!.id!.slice(3)}` }, refused[0]!.id);
  }
  t.equal(again.type, 'success');
});

t.test(
  'LIM-2 one socket too many is refused with 429 before the upgrade; each that closes makes room for one',
  async (t) => {
    const server = await startServer(t, {
      environment: { LIMIT_SOCKETS_PER_USER: '3', LIMIT_SOCKETS_PER_ADDRESS: '4', TRUSTED_PROXIES: '127.0.0.1' },
    });
    const [john, mary] = await Promise.all([server.person('john'), server.person('mary')]);
    const from = (address: string) => ({ 'X-Forwarded-For': address });
    const johns = await Promise.all([1, 2, 3].map(() => openRaw(t, server.url, john.token, from('192.0.2.1'))));
    await t.rejects(
      openRaw(t, server.url, john.token, from('192.0.2.9')),
      /refused with 429/,
      'the fourth, from any address',
    );
    await openRaw(t, server.url, mary.token, from('192.0.2.1'));
    await t.rejects(
      openRaw(t, server.url, mary.token, from('192.0.2.1')),
      /refused with 429/,
      'the fifth of the address, whosever',
    );
    await openRaw(t, server.url, mary.token, from('192.0.2.2'));
    await t.rejects(
      openRaw(t, server.url, 'wrong', from('192.0.2.1')),
      /refused with 401/,
      'a wrong token is told that',
    );

    const bare = openBare(t, server.url);
    bare.socket.write(handshake(server.url, john.token));
    await bare.until('}');
    const [head, body] = bare.received().split('\r\n\r\n') as [string, string];
    t.match(head, /^HTTP\/1\.1 429 Too Many Requests\r\n/);
    t.match(head, /\r\nRetry-After: 10\r\n/i);
    t.match(head, /\r\nContent-Type: application\/problem\+json/i);
    t.match(JSON.parse(body), {
      type: 'about:blank',
      title: 'Too Many Requests',
      status: 429,
      code: 'too_many_sockets',
      detail: /^This user already has 3 open sockets/,
    });

    johns[0]!.socket.close();
    await johns[0]!.closed;
    await (await openRaw(t, server.url, john.token, from('192.0.2.3'))).next('initial_state');
    await t.rejects(openRaw(t, server.url, john.token, from('192.0.2.3')), /refused with 429/);
    const { text } = await (await sitDown(t, server, await server.person('steve'))).http('GET', '/metrics');
    t.match(text, /^alarm_server_sockets_refused_total\{code="too_many_sockets"\} 4$/m);
    t.match(text, /^alarm_server_sockets_closed_total\{code="\d+"\} 1$/m);
  },
);

t.test('LIM-3 pages, alarms, groups and members have limits, also for what is sent all at once', async (t) => {
  const server = await startServer(t, {
    environment: {
      LIMIT_PAGES_PER_USER: '3',
      LIMIT_ALARMS_PER_PAGE: '4',
      LIMIT_GROUPS_PER_USER: '2',
      LIMIT_MEMBERS_PER_GROUP: '2',
    },
  });
  const [john, mary, steve] = await Promise.all(['john', 'mary', 'steve'].map((name) => server.person(name)));
  const desk = await sitDown(t, server, john!);
  const allAtOnce = async (ask: (at: number) => Promise<Message>): Promise<Message[]> =>
    Promise.all(Array.from({ length: 20 }, (_, at) => ask(at)));
  const made = (answers: readonly Message[]): any[] =>
    answers.filter(({ type }) => type === 'success').map(({ payload }) => payload.data);
  const refusals = (answers: readonly Message[]): any[] =>
    answers.filter(({ type }) => type === 'error').map(({ payload }) => payload);

  const pages = await allAtOnce((at) => desk.ask('create_page', { name: `Page ${at}` }));
  t.equal(made(pages).length, 3);
  for (const payload of refusals(pages))
    t.match(payload, {
      code: 'limit_reached',
      message: 'At most 3 pages may be owned by one user: remove one first',
      details: { limit: 3 },
    });
  const [page] = made(pages);
  const alarms = await allAtOnce(() => desk.ask('create_alarm', alarmOn(page.id)));
  t.equal(made(alarms).length, 4);
  for (const payload of refusals(alarms)) t.match(payload, { code: 'limit_reached', details: { limit: 4 } });
  t.equal(
    (await desk.ask('update_alarm', { alarm_id: made(alarms)[0].id, active: false })).type,
    'success',
    'what is there may be changed',
  );

  const http = await desk.http('POST', '/pages', { body: { name: 'Over HTTP' } });
  t.match([http.status, http.json.code, http.headers.get('retry-after')], [409, 'limit_reached', null]);
  await desk.must('delete_page', { page_id: page.id });
  t.equal((await desk.http('POST', '/pages', { body: { name: 'Over HTTP' } })).status, 201, 'one that goes makes room');

  const group = await makeGroup(desk, 'Desk', [mary!]);
  t.match(await desk.http('POST', `/groups/${group}/members/${steve!.id}`), {
    status: 409,
    json: { code: 'limit_reached' },
  });
  const groups = await Promise.all(
    Array.from({ length: 5 }, () => desk.http('POST', '/groups', { body: { name: 'Another' } })),
  );
  t.same(groups.map(({ status }) => status).sort(), [201, 409, 409, 409, 409]);
});

t.test('LIM-20 the alarms of one owner are limited over all pages, also for what is sent all at once', async (t) => {
  const server = await startServer(t, { environment: { LIMIT_ALARMS_PER_USER: '10' } });
  const desk = await sitDown(t, server, await server.person('john'));
  const pages = await Promise.all(
    Array.from(
      { length: 8 },
      async (_, at) => (await desk.must('create_page', { name: `Page ${at}` })).data.id as string,
    ),
  );
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, at) => desk.ask('create_alarm', alarmOn(pages[at % 8]!))),
  );
  t.equal(answers.filter(({ type }) => type === 'success').length, 10);
  for (const { payload } of answers.filter(({ type }) => type === 'error'))
    t.match(payload, {
      code: 'limit_reached',
      message: 'At most 10 alarms may be on the pages of one owner: remove one first',
      details: { limit: 10 },
    });
  const largest = answers.find(({ type }) => type === 'success')!.payload.data;
  await desk.must('delete_page', { page_id: largest.page_id });
  const again = pages.find((page) => page !== largest.page_id)!;
  t.equal((await desk.ask('create_alarm', alarmOn(again))).type, 'success', 'a page that goes makes room');
});

t.test('LIM-22 one user cannot take all places for commands that wait; repeats of an id take one each', async (t) => {
  const server = await startServer(t, { environment: { LIMIT_COMMANDS_WAITING_PER_USER: '20' } });
  const [john, mary] = await Promise.all([server.person('john'), server.person('mary')]);
  const [one, other] = await Promise.all([sitDown(t, server, john), sitDown(t, server, mary)]);
  for (const idOf of [(at: number) => `id-${at}`, () => 'the same']) {
    const commands = Array.from({ length: 100 }, (_, at) => ({
      type: 'create_page',
      id: idOf(at),
      payload: { name: 'Page' },
    }));
    const before = one.messages.length;
    one.sendTogether(commands);
    t.equal((await other.ask('create_page', { name: 'Page' })).type, 'success', 'others are taken in');
    await one.fence();
    const refused = one.messages
      .slice(before)
      .filter(({ type, payload }) => type === 'error' && payload.code === 'overloaded');
    t.ok(refused.length > 0 && refused.length <= 80, `${refused.length} of 100 were refused`);
    t.match(refused[0]!.payload, {
      message: /^This user already has 20 pending commands/,
      details: { limit: 20, retry_after_ms: 1_000 },
    });
  }
  t.equal(
    (await one.ask('create_page', { name: 'Page' }, 'later')).type,
    'success',
    'with its answers its places are free again',
  );
});

t.test('LIM-23 what a user writes is bounded, over the socket and HTTP; others write on', async (t) => {
  const server = await startServer(t, { environment: { LIMIT_WRITTEN_BYTES_PER_SECOND: '500' } });
  const [one, other] = await Promise.all([
    sitDown(t, server, await server.person('john')),
    sitDown(t, server, await server.person('mary')),
  ]);
  const answers = [];
  for (let at = 0; at < 12; at += 1) answers.push(await one.ask('create_page', { name: 'x'.repeat(200) }));
  const refused = answers.filter(({ type }) => type === 'error');
  t.ok(refused.length >= 4, `${refused.length} of 12 were refused`);
  t.match(refused[0]!.payload, {
    code: 'rate_limited',
    message: /^You have written more than a user may write per second/,
  });
  t.match(await one.http('POST', '/pages', { body: { name: 'Page' } }), {
    status: 429,
    json: { code: 'rate_limited' },
  });
  t.equal((await other.ask('create_page', { name: 'Page' })).type, 'success');
});

t.test('LIM-4 a socket that sends nothing but bad messages is told so and closed with 4003; others live', async (t) => {
  const server = await startServer(t);
  const john = await server.person('john');
  const [flooding, mixed] = await Promise.all([sitDown(t, server, john), sitDown(t, server, john)]);
  for (let at = 0; at < 120; at += 1)
    flooding.send(
      ['{', 'null', '{"type":"fence"}', '{"type":"create_page","payload":{}}', `"${'x'.repeat(64 * 1024)}"`][at % 5]!,
    );
  t.match(await flooding.closed, { code: 4003 });
  const codes = flooding.messages.slice(1).map(({ payload }) => payload.code);
  t.equal(codes.length, 101, 'each of a hundred was answered');
  t.equal(codes.at(-1), 'too_many_errors', 'and the last word says why it is closed');

  for (let round = 0; round < 3; round += 1) {
    for (let at = 0; at < 99; at += 1) mixed.send('{');
    t.match(
      await mixed.ask('rename_page', { page_id: 'none', name: 'x' }),
      { type: 'error', payload: { code: 'not_found' } },
      'a command that is refused was understood all the same',
    );
  }
  t.equal(mixed.messages.filter(({ payload }) => payload.code === 'too_many_errors').length, 0);
});
