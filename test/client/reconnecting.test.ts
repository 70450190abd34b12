/** Cuts and what follows them, against a fake server (fake-server.ts), with time that the test lets pass. */
import { AlarmClient, type AlarmClientOptions, type ClientState, type ServerMessage } from '@alarm-server/client';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { answer, startServer } from './connected-client.js';
import { FakeTimers } from './fake-timers.js';
import { alarm, alarmUpdate, initialState, page } from './wire-samples.js';

type Named<Name> = Extract<ClientState, { readonly name: Name }>;

function become<Name extends ClientState['name']>(client: AlarmClient, name: Name): Promise<Named<Name>> {
  return new Promise((resolve) => {
    const stop = client.on('state', (state) => {
      if (state.name !== name) return;
      stop();
      resolve(state as Named<Name>);
    });
  });
}

async function live(t: Test, options: Partial<AlarmClientOptions> = {}, state: ServerMessage = initialState()) {
  const server = await startServer(t);
  const timers = new FakeTimers();
  const client = new AlarmClient({
    url: server.url,
    token: 'secret-token',
    WebSocket,
    timers,
    random: () => 0.5,
    ...options,
  });
  t.teardown(() => client.close());
  const accepted = server.accept();
  const opening = client.open();
  const peer = await accepted;
  peer.say(state);
  await opening;
  /** The next connection, after the pause before it. */
  const next = async ({ retryInMs }: Named<'offline'>) => {
    const again = server.accept();
    timers.pass(retryInMs);
    return again;
  };
  return { server, client, timers, peer, next };
}

/** `say`s, and waits until the client has taken it all. */
async function taken(client: AlarmClient, say: () => void): Promise<void> {
  const last = client.waitFor('success');
  say();
  await last;
}

t.test('CLIENT-1 CLIENT-5 a cut is followed by a resume, and then by what was not answered', async (t) => {
  const { client, peer, next } = await live(t);
  const other = page({ id: 'gbp', seq: 7 });
  await taken(client, () =>
    peer.say(
      { type: 'page_added', payload: { page: other, alarms: [] } },
      { type: 'page_added', payload: { page: page({ id: 'chf' }), alarms: [] } },
      answer('-'),
    ),
  );
  const first = client.command('trigger_alarm', { alarm_id: 'spot', price: 1 }, { id: 'c1' });
  const second = client.command('trigger_alarm', { alarm_id: 'spot', price: 2 }, { id: 'c2' });
  await peer.next();
  const offline = become(client, 'offline');
  peer.socket.close(1001);
  const third = client.command('trigger_alarm', { alarm_id: 'spot', price: 3 }, { id: 'c3' });
  const again = await next(await offline);
  t.equal(again.path, '/ws?token=secret-token&resume=1');
  const resume = await again.next();
  t.match(resume, { type: 'resume', payload: { log: 'log-1', pages: { eur: 1, gbp: 7, chf: 1 } } });
  const heard: unknown[] = [];
  client.on('change', ({ type }) => heard.push(type));
  client.on('page_dropped', ({ page_id }) => heard.push(page_id));
  again.say({
    type: 'resumed',
    id: resume.id!,
    payload: {
      log: 'log-1',
      removed: ['gbp'],
      pages: [
        {
          page: page({ seq: 3, can_edit: false }),
          updates: [
            alarmUpdate(1, 'created', alarm()),
            alarmUpdate(2, 'updated', alarm({ active: false })),
            alarmUpdate(3, 'created', alarm({ id: 'fwd' })),
          ],
        },
        { page: page({ id: 'jpy', seq: 9 }), alarms: [alarm({ id: 'yen', page_id: 'jpy' })] },
      ],
    },
  });
  t.strictSame([(await again.next()).id, (await again.next()).id, (await again.next()).id], ['c1', 'c2', 'c3']);
  t.strictSame([...client.store.pages.values()], [page({ seq: 3, can_edit: false }), page({ id: 'jpy', seq: 9 })]);
  t.strictSame(
    [...client.store.alarms.values()],
    [alarm({ active: false }), alarm({ id: 'fwd' }), alarm({ id: 'yen', page_id: 'jpy' })],
  );
  t.strictSame(
    heard,
    ['page_removed', 'page_removed', 'chf', 'alarm_update', 'alarm_update', 'page_rights', 'page_added'],
    'each change is told once',
  );
  again.say(answer('c1'), answer('c2'), answer('c3'));
  t.ok((await Promise.all([first, second, third])).every(({ action }) => action === 'alarm_triggered'));
});

t.test('CLI-13 a state in place of updates is told with the seqs between which events were not', async (t) => {
  const { client, peer, next } = await live(
    t,
    {},
    initialState({ pages: [page(), page({ id: 'gbp', seq: 4 }), page({ id: 'chf', seq: 9 })] }),
  );
  const heard: unknown[] = [];
  client.on('page_added', ({ payload }) => heard.push(payload.page.id));
  client.on('skipped', (skipped) => heard.push({ ...skipped, held: client.store.pages.get(skipped.page_id)?.seq }));
  const offline = become(client, 'offline');
  peer.socket.terminate();
  const again = await next(await offline);
  const { id } = await again.next();
  const pages = [
    { page: page({ seq: 3 }), alarms: [alarm()] },
    { page: page({ id: 'gbp', seq: 5 }), updates: [alarmUpdate(5, 'created', alarm({ id: 'cable', page_id: 'gbp' }))] },
    { page: page({ id: 'chf', seq: 9 }), alarms: [] },
    { page: page({ id: 'new', seq: 2 }), alarms: [] },
  ];
  await taken(client, () =>
    again.say({ type: 'resumed', id: id!, payload: { log: 'log-1', removed: [], pages } }, answer('-')),
  );
  t.strictSame(heard, ['eur', { page_id: 'eur', after_seq: 1, seq: 3, held: 3 }, 'chf', 'new'], 'after a cut');
  heard.length = 0;
  await taken(client, () =>
    again.say(
      { type: 'page_added', payload: { page: page({ seq: 7 }), alarms: [] } },
      initialState({ pages: [page({ seq: 8 }), page({ id: 'gbp', seq: 5 })] }),
      answer('-'),
    ),
  );
  t.strictSame(
    heard,
    ['eur', { page_id: 'eur', after_seq: 3, seq: 7, held: 7 }, { page_id: 'eur', after_seq: 7, seq: 8, held: 8 }],
    'on a slow consumer, and by a full state',
  );
  heard.length = 0;
  await taken(client, () => again.say(initialState({ log: 'log-2', pages: [page({ seq: 30 })] }), answer('-')));
  t.strictSame(heard, [], 'another log has other seqs');
});

t.test('CLIENT-1 another log brings a full state in place of resumed', async (t) => {
  const { client, peer, next } = await live(t);
  const offline = become(client, 'offline');
  peer.socket.terminate();
  const again = await next(await offline);
  const isLive = become(client, 'live');
  again.say(initialState({ log: 'log-2', pages: [], alarms: [] }));
  await isLive;
  t.strictSame(client.store.cursor(), { log: 'log-2', pages: {} });
});

t.test('CLIENT-2 a gap is closed by one sync, and later messages are applied after it', async (t) => {
  const { client, peer } = await live(t);
  const closed = new Promise((resolve) => client.on('gap_closed', resolve));
  const seqs: number[] = [];
  client.on('alarm_update', ({ payload }) => seqs.push(payload.seq));
  peer.say(alarmUpdate(3, 'updated', alarm()), alarmUpdate(4, 'deleted', alarm()));
  const sync = await peer.next();
  t.match(sync, { type: 'sync', payload: { page_id: 'eur', seq: 1 } });
  t.strictSame(client.store.cursor()?.pages, { eur: 1 });
  peer.say({
    type: 'page_state',
    id: sync.id!,
    payload: {
      page: page({ seq: 3 }),
      updates: [alarmUpdate(2, 'updated', alarm()), alarmUpdate(3, 'updated', alarm())],
    },
  });
  t.strictSame(await closed, { page_id: 'eur', expected: 2, received: 3 });
  t.strictSame(client.store.cursor()?.pages, { eur: 4 });
  t.strictSame(seqs, [2, 3, 4]);
});

t.test('CLIENT-2 a page that is removed while its gap is being closed stays removed', async (t) => {
  const { client, peer } = await live(t);
  peer.say(alarmUpdate(3, 'updated', alarm()));
  const sync = await peer.next();
  await taken(client, () =>
    peer.say(
      { type: 'page_removed', payload: { page_id: 'eur' } },
      { type: 'page_state', id: sync.id!, payload: { page: page({ seq: 3 }), alarms: [alarm()] } },
      answer('-'),
    ),
  );
  t.strictSame([client.store.pages.size, client.store.alarms.size], [0, 0]);
});

t.test('CLIENT-3 a resume with a hole is thrown away for a full state', async (t) => {
  const { client, peer, next } = await live(t);
  const offline = become(client, 'offline');
  peer.socket.terminate();
  const again = await next(await offline);
  const { id } = await again.next();
  const thrown = become(client, 'offline');
  again.say({
    type: 'resumed',
    id: id!,
    payload: {
      log: 'log-1',
      removed: [],
      pages: [{ page: page({ seq: 4 }), updates: [alarmUpdate(4, 'updated', alarm())] }],
    },
  });
  t.equal((await next(await thrown)).path, '/ws?token=secret-token');
});

t.test('CLIENT-4 the range of the close code decides', async (t) => {
  for (const code of [4000, 4001, 4499]) {
    const { client, peer } = await live(t);
    const ended = become(client, 'ended');
    peer.socket.close(code);
    t.match((await ended).why, { code });
  }
  for (const code of [1000, 1001, 1011, 4500, 4999]) {
    const { client, peer } = await live(t);
    const offline = become(client, 'offline');
    peer.socket.close(code);
    t.match(await offline, { why: { code }, retryInMs: 500 });
  }
});

t.test('CLIENT-4 pauses double with each failure in a row, and wait for as long as the server asked', async (t) => {
  const { client, peer, next } = await live(t);
  let offline = become(client, 'offline');
  peer.say({ type: 'draining', payload: { retry_after_ms: 4_000 } });
  peer.socket.close(1001);
  const pauses: number[] = [];
  for (let n = 0; n < 7; n++) {
    const state = await offline;
    pauses.push(state.retryInMs);
    const again = await next(state);
    offline = become(client, 'offline');
    again.socket.terminate();
  }
  await offline;
  t.strictSame(pauses, [4_500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
});

t.test('CLIENT-5 close rejects what is not answered: as unknown what was sent, as not sent the rest', async (t) => {
  const { client, peer } = await live(t);
  const sent = client.deletePage({ page_id: 'eur' });
  await peer.next();
  const offline = become(client, 'offline');
  peer.socket.terminate();
  await offline;
  const unsent = client.deletePage({ page_id: 'eur' });
  const both = Promise.all([
    t.rejects(sent, { name: 'OutcomeUnknownError' }),
    t.rejects(unsent, { name: 'ConnectionClosedError' }),
  ]);
  await client.close();
  await both;
  t.equal(client.state.name, 'ended');
});

t.test('CLIENT-6 a silent connection is sent one request, and then given up', async (t) => {
  const { client, peer, timers } = await live(t, { silenceLimitMs: 1_000 });
  timers.pass(500);
  const probe = await peer.next();
  t.match(probe, { type: 'sync', payload: { page_id: 'eur', seq: 1 } });
  const answered = client.waitFor('page_state');
  peer.say({ type: 'page_state', id: probe.id!, payload: { page: page(), updates: [] } });
  await answered;
  timers.pass(500);
  t.equal(client.state.name, 'live', 'an answer is a sign of life');
  await peer.next();
  const offline = become(client, 'offline');
  timers.pass(500);
  t.match((await offline).why, { code: 1006, message: /sent nothing for too long/ });
});

t.test('CLIENT-7 tokens are asked for anew, and given to the open socket before they end', async (t) => {
  let count = 0;
  const { client, peer, next } = await live(t, { token: async () => `token-${++count}` });
  peer.say({ type: 'token_expiring', payload: { expires_in_s: 60 } });
  t.match(await peer.next(), { type: 'refresh', payload: { token: 'token-2' } });
  const offline = become(client, 'offline');
  peer.socket.terminate();
  t.equal((await next(await offline)).path, '/ws?token=token-3&resume=1');
});

t.test('CLI-16 a token that the application hands in by refresh is the one of the next connections', async (t) => {
  const { client, peer, next } = await live(t);
  const refreshed = client.refresh('token-2');
  const { id } = await peer.next();
  peer.say({ type: 'success', id: id!, payload: { action: 'token_refreshed', data: { expires_in_s: 60 } } as never });
  await refreshed;
  const refused = client.refresh('token-3');
  const second = await peer.next();
  peer.say({ type: 'error', id: second.id!, payload: { message: 'not yours', code: 'token_refused' } });
  await t.rejects(refused, { code: 'token_refused' });
  const offline = become(client, 'offline');
  peer.socket.terminate();
  t.equal((await next(await offline)).path, '/ws?token=token-2&resume=1');
});

t.test('CLIENT-7 with tickets, no token is in the address', async (t) => {
  const { peer } = await live(t, { ticket: () => 'once' });
  t.equal(peer.path, '/ws?ticket=once');
});

t.test('CLIENT-8 a server of the base contract is asked for no resume', async (t) => {
  const state = {
    type: 'initial_state',
    payload: { user: { id: 'a', username: 'a' }, pages: [{ id: 'eur', name: 'E' }], alarms: [] },
  } as unknown as ServerMessage;
  const { client, peer, next } = await live(t, {}, state);
  client.send({ type: 'create_page', payload: { name: 'x' } });
  await peer.next();
  const offline = become(client, 'offline');
  peer.socket.terminate();
  const again = await next(await offline);
  t.equal(again.path, '/ws?token=secret-token');
  const isLive = become(client, 'live');
  again.say(state);
  await isLive;
  client.send('next');
  t.equal(await again.nextText(), 'next', 'and nothing was sent again before it');
});
