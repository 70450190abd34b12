/** All connect at once, or have to leave at once: states one after the other, with pushes between, and a staggered close. */
import t, { type Test } from 'tap';
import { type BareConnection, frame, handshake, openBare, openBareSocket } from '../gateway/bare-connection.js';
import { alarmOn, type Desk, grant, sitDown } from './desk.js';
import { faultsIn } from './heard.js';
import { triggerSteadily } from './load-on-page.js';
import { openRaw } from './raw-socket.js';
import { type Person, startServer, type TestServer } from './test-server.js';

const SOCKETS = 200;

interface Scene {
  readonly server: TestServer;
  readonly owner: Desk;
  readonly page: string;
  readonly alarm: string;
  readonly mary: Person;
}

/** A page whose state takes some time to send, that Mary may see. */
async function scene(t: Test, environment: Readonly<Record<string, string>> = {}): Promise<Scene> {
  const server = await startServer(t, { environment: { LIMITS: 'off', ...environment } });
  const [john, mary] = await Promise.all([server.person('john'), server.person('mary')]);
  const owner = await sitDown(t, server, john);
  const page: string = (await owner.must('create_page', { name: 'Desk' })).data.id;
  const alarms = await Promise.all(Array.from({ length: 500 }, () => owner.must('create_alarm', alarmOn(page))));
  await owner.must('share_page', grant(page, 'user', mary.id, 'view'));
  return { server, owner, page, alarm: alarms[0]!.data.id, mary };
}

/** Connections that have asked for nothing yet. */
async function connected(t: Test, { server }: Scene): Promise<BareConnection[]> {
  const bare = Array.from({ length: SOCKETS }, () => openBare(t, server.url));
  await Promise.all(bare.map(({ socket }) => new Promise((resolve) => socket.once('connect', resolve))));
  return bare;
}

/** Connections whose handshakes are written all in one iteration. */
async function allAtOnce(t: Test, here: Scene): Promise<BareConnection[]> {
  const { server, mary } = here;
  const bare = await connected(t, here);
  for (const { socket } of bare) socket.write(handshake(server.url, mary.token));
  return bare;
}

/** The seq of the page in the state that the socket was sent. */
const joinedAt = (bare: BareConnection): number => Number(/"seq":(\d+),"can_edit"/.exec(bare.received())![1]);

t.test(
  'STORM-1 hundreds that join at once get their states, and what happens meanwhile is pushed between',
  async (t) => {
    const here = await scene(t);
    const stayed = await sitDown(t, here.server, here.mary);
    const load = triggerSteadily(here.owner, here.alarm);
    await stayed.next('alarm_update');
    const bare = await allAtOnce(t, here);
    await Promise.all(bare.map((one) => one.until('"alarms":[')));
    await load.stop();
    const seqs = bare.map(joinedAt);
    t.ok(new Set(seqs).size >= 3, 'states of different moments: events were folded and pushed between them', {
      found: new Set(seqs).size,
    });
    await stayed.fence();
    t.same(faultsIn(stayed.messages), [], 'a client that stayed connected has every update');
    for (const one of bare)
      t.ok(
        one.received().indexOf('initial_state') < (one.received().indexOf('alarm_update') + 1 || Infinity),
        'the state is the first message',
      );
  },
);

t.test('STORM-2 a command sent at once is answered after the state and its update, and has its effect', async (t) => {
  const here = await scene(t);
  const bare = await allAtOnce(t, here);
  await Promise.all(
    bare.map(async (one, at) => {
      await one.until('101 ');
      one.socket.write(
        frame(
          0x81,
          JSON.stringify({ type: 'trigger_alarm', id: `t-${at}`, payload: { alarm_id: here.alarm, price: at } }),
        ),
      );
    }),
  );
  await Promise.all(bare.map((one, at) => one.until(`"success","id":"t-${at}"`)));
  let states = 0;
  for (const [at, one] of bare.entries()) {
    const text = one.received();
    const state = text.indexOf('initial_state');
    const answer = text.indexOf(`"success","id":"t-${at}"`);
    const seq = Number(/"seq":(\d+),"position"/.exec(text.slice(answer))![1]);
    // A socket that took long to read its state may be sent a newer one in place of the updates it missed (DLV-11).
    const newer = text.slice(0, answer).lastIndexOf('"page_added"');
    const isTold = newer > 0 && Number(/"seq":(\d+),"can_edit"/.exec(text.slice(newer))![1]) >= seq;
    if (isTold) states += 1;
    const update = isTold ? newer : text.indexOf(`"price":${at}}`);
    t.ok(state > 0 && state < update && update < answer, `socket ${at}: state, update, answer`, {
      state,
      update,
      answer,
      newer,
    });
  }
  t.comment(`${states} were sent a newer state`);
});

t.test('STORM-3 beyond so many that wait, the next are refused with 503 before the upgrade', async (t) => {
  const here = await scene(t, { LIMIT_SOCKETS_JOINING: '10' });
  const bare = await allAtOnce(t, here);
  await Promise.all(bare.map((one) => one.until('\r\n\r\n')));
  const refused = bare.filter((one) => one.received().startsWith('HTTP/1.1 503 '));
  t.ok(refused.length > 0 && refused.length < SOCKETS, `${refused.length} of ${SOCKETS} were refused`);
  for (const one of refused) {
    const [head, body] = one.received().split('\r\n\r\n') as [string, string];
    t.match(head, /\r\nRetry-After: 1\r\n/i);
    t.match(JSON.parse(body), { status: 503, code: 'busy', detail: /wait for their state/ });
  }
  await Promise.all(bare.filter((one) => !refused.includes(one)).map((one) => one.until('initial_state')));
});

t.test(
  'STORM-7 what comes in one long iteration is pushed in its order, each update once, and each command is answered',
  async (t) => {
    const here = await scene(t);
    const stayed = await sitDown(t, here.server, here.mary);
    const bare = await openBareSocket(t, here.server.url, here.owner.person.token);
    const prices = Array.from({ length: 3_000 }, (_, at) => at);
    bare.socket.write(
      Buffer.concat(
        prices.map((price) =>
          frame(
            0x81,
            JSON.stringify({ type: 'trigger_alarm', id: `p-${price}`, payload: { alarm_id: here.alarm, price } }),
          ),
        ),
      ),
    );
    await bare.until('"success","id":"p-2999"');
    await stayed.fence();
    t.same(faultsIn(stayed.messages), []);
    t.same(
      stayed.messages.filter(({ type }) => type === 'alarm_update').map(({ payload }) => payload.data.price),
      prices,
    );
    const heard = bare.received();
    t.same(
      [...heard.matchAll(/"success","id":"p-(\d+)"/g)].map(([, price]) => Number(price)),
      prices,
    );
    t.same(
      [...heard.matchAll(/"alarm_update".*?"price":(\d+)/gs)].map(([, price]) => Number(price)),
      prices,
      'the sender is told like any other',
    );
  },
);

t.test(
  'STORM-7 where hundreds shake hands at once, what the same iteration brings is pushed in its middle, in order, to connected clients',
  async (t) => {
    const here = await scene(t);
    const stayed = await sitDown(t, here.server, here.mary);
    const senders = await Promise.all([0, 1].map(() => openBareSocket(t, here.server.url, here.owner.person.token)));
    const metric = async (name: string): Promise<number> =>
      Number(new RegExp(`^${name} (\\d+)$`, 'm').exec((await here.owner.http('GET', '/metrics')).text)![1]);
    const prices: number[] = [];
    const trigger = (): void => {
      const price = prices.length;
      prices.push(price);
      senders[price % 2]!.socket.write(
        frame(
          0x81,
          JSON.stringify({ type: 'trigger_alarm', id: `p-${price}`, payload: { alarm_id: here.alarm, price } }),
        ),
      );
    };
    // Once all are let in, their handshakes come in one iteration. How many fill it is the machine's: so again until one was broken.
    for (let broken = 0; broken === 0; broken = await metric('alarm_server_turns_broken_total')) {
      const bare = await connected(t, here);
      while ((await metric('alarm_server_connections_waiting')) > 0);
      for (const [at, { socket }] of bare.entries()) {
        if (at % 20 === 0) trigger();
        socket.write(handshake(here.server.url, here.mary.token));
      }
      await Promise.all(bare.map((one) => one.until('initial_state')));
      await Promise.all(prices.map((price) => senders[price % 2]!.until(`"success","id":"p-${price}"`)));
    }
    await stayed.fence();
    t.same(faultsIn(stayed.messages), []);
    const order = stayed.messages
      .filter(({ type }) => type === 'alarm_update')
      .map(({ payload }) => payload.data.price as number);
    t.same(
      [...order].sort((a, b) => a - b),
      prices,
      'each once',
    );
    for (const [at, one] of senders.entries()) {
      const numbers = (pattern: RegExp): number[] =>
        [...one.received().matchAll(pattern)].map(([, price]) => Number(price));
      t.same(numbers(/"alarm_update".*?"price":(\d+)/gs), order, 'the sender is told like any other');
      t.same(
        numbers(/"success","id":"p-(\d+)"/g),
        prices.filter((price) => price % 2 === at),
        'each is answered, once',
      );
    }
  },
);

t.test('STORM-8 connections that ask for nothing keep nobody out', async (t) => {
  const here = await scene(t);
  const silent = Array.from({ length: 500 }, () => openBare(t, here.server.url));
  const late = await sitDown(t, here.server, here.mary);
  t.equal((await late.http('GET', '/pages')).status, 200);
  await Promise.all(
    silent.map(({ socket }) => socket.connecting && new Promise((resolve) => socket.once('connect', resolve))),
  );
  for (const { socket } of silent.slice(0, 250)) socket.resetAndDestroy();
  for (const { socket } of silent.slice(250)) socket.write('GET /health HTTP/1.1\r\nHost: here\r\n\r\n');
  await Promise.all(silent.slice(250).map((one) => one.until('"status":"ok"')));
});

t.test(
  'STORM-5 before the close each socket is told when to come back, each another time, and is served till then',
  async (t) => {
    const here = await scene(t);
    const early = await Promise.all(
      Array.from({ length: SOCKETS }, () => openRaw(t, here.server.url, here.mary.token)),
    );
    const last = await sitDown(t, here.server, here.mary);
    const stopped = here.server.app.stop();
    await last.next('draining');
    t.match(
      await last.ask('trigger_alarm', { alarm_id: here.alarm, price: 1 }),
      { type: 'success' },
      'it is not its time yet: it is served',
    );
    const all = [here.owner, ...early, last];
    t.same([...new Set((await Promise.all(all.map(({ closed }) => closed))).map(({ code }) => code))], [1001]);
    await stopped;
    const times = all.map(({ messages }) =>
      messages.filter(({ type }) => type === 'draining').map(({ payload }) => payload.retry_after_ms as number),
    );
    t.ok(
      times.every(({ length }) => length === 1),
      'once each',
    );
    t.equal(new Set(times.flat()).size, all.length, 'each another time');
    t.ok(
      times.flat().every((ms) => ms >= 500 && ms < 1_000),
      `a few hundred sockets are back within a second: ${Math.max(...times.flat())}`,
    );
  },
);
