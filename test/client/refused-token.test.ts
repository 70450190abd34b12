/** A token that is refused, or is none, against a fake server (fake-server.ts): the client ends and reports it, on every platform. */
import {
  AlarmClient,
  type AlarmClientOptions,
  AlarmServerError,
  type ClientState,
  NotSentError,
  request,
  type SocketConstructor,
} from '@alarm-server/client';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { startServer } from './connected-client.js';
import type { FakeServerOptions } from './fake-server.js';
import { FakeTimers } from './fake-timers.js';
import { initialState } from './wire-samples.js';

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** As in a browser: why a handshake failed is not told. */
class UntoldSocket extends WebSocket {
  override addEventListener(...[type, listener, options]: Parameters<WebSocket['addEventListener']>): void {
    const untold = (): void => (listener as (event: object) => void)({ type: 'error' });
    super.addEventListener(type, type === 'error' ? (untold as typeof listener) : listener, options);
  }
}
const Untold: SocketConstructor = UntoldSocket as never;

/** A client whose pauses pass at once, and its states until it has ended or was offline `offline` times. */
async function statesOf(t: Test, server: FakeServerOptions, options: Partial<AlarmClientOptions>, offline: number) {
  const { url, asked } = await startServer(t, server);
  const timers = new FakeTimers();
  const client = new AlarmClient({ url, token: 'secret-token', WebSocket, timers, ...options });
  t.teardown(() => client.close());
  const states: ClientState[] = [];
  const opening = failure(client.open());
  await new Promise<void>((resolve) => {
    client.on('state', (state) => {
      states.push(state);
      if (state.name === 'ended' || states.filter(({ name }) => name === 'offline').length === offline) resolve();
      else if (state.name === 'offline') queueMicrotask(() => timers.pass(state.retryInMs));
    });
  });
  return { client, states, opening, asked };
}

const REFUSED = {
  name: 'AlarmServerError',
  status: 401,
  code: 'unauthorized',
  message: 'the server refuses the token',
};

t.test('CLI-4 a refused token ends the client with the 401, with and without reconnecting', async (t) => {
  for (const [title, Socket, me] of [
    ['told by ws', WebSocket, 426],
    ['asked by GET /me', Untold, 401],
  ] as const) {
    for (const reconnect of [true, false]) {
      const { client, opening, states } = await statesOf(
        t,
        { accepts: false, me },
        { reconnect, WebSocket: Socket },
        3,
      );
      const error = await opening;
      t.match(error, REFUSED, `${title}, reconnect: ${reconnect}`);
      t.notMatch(String((error as Error).stack), 'secret-token');
      t.match(client.state, { name: 'ended', why: REFUSED });
      t.same(
        states.map(({ name }) => name),
        ['ended'],
        'after one attempt',
      );
    }
  }
});

t.test('CLI-4 a server that is not reached, or answers GET /me well, is no refusal', async (t) => {
  for (const me of [200, 503] as const) {
    const { opening, states } = await statesOf(t, { accepts: false, me }, { WebSocket: Untold }, 2);
    t.match(
      states.map(({ name }) => name),
      ['offline', 'connecting', 'offline'],
      `GET /me: ${me}`,
    );
    opening.catch(() => undefined);
  }
  const closed = await startServer(t);
  closed.stop();
  const error = await failure(AlarmClient.connect({ url: closed.url, token: 'x', reconnect: false, WebSocket }));
  t.match(error, { name: 'ConnectionClosedError', code: 1006, reason: /ECONNREFUSED/ });
});

t.test('CLI-5 where nothing tells why, the next attempt asks for a close code, and 4001 is the refusal', async (t) => {
  const closesWith = async (code: number, reconnect: boolean) => {
    const server = await startServer(t, { accepts: (path) => path.includes('reason=close'), me: 'nothing' });
    const timers = new FakeTimers();
    const client = new AlarmClient({ url: server.url, token: 'secret-token', WebSocket: Untold, timers, reconnect });
    client.on('state', (state) => state.name === 'offline' && queueMicrotask(() => timers.pass(state.retryInMs)));
    const accepted = server.accept();
    const opening = failure(client.open());
    const peer = await accepted;
    peer.socket.close(code, 'the token is refused');
    return { server, client, opening };
  };
  for (const reconnect of [true, false]) {
    const { server, opening } = await closesWith(4001, reconnect);
    t.match(await opening, REFUSED, `reconnect: ${reconnect}`);
    t.same(server.asked, ['/ws?token=secret-token', '/me', '/ws?token=secret-token&reason=close']);
  }
  const { opening } = await closesWith(4002, true);
  t.match(await opening, { name: 'ConnectionClosedError', code: 4002 }, 'another code is told as it is');
});

t.test(
  'CLI-5 a page whose origin is not allowed ends the client with a 403 that says so, whether or not GET /me can be asked',
  async (t) => {
    for (const me of ['nothing', 200] as const) {
      for (const reconnect of [true, false]) {
        const server = await startServer(t, { accepts: (path) => path.includes('reason=close'), me });
        const timers = new FakeTimers();
        const client = new AlarmClient({
          url: server.url,
          token: 'secret-token',
          WebSocket: Untold,
          timers,
          reconnect,
        });
        client.on('state', (state) => state.name === 'offline' && queueMicrotask(() => timers.pass(state.retryInMs)));
        const accepted = server.accept();
        const opening = failure(client.open());
        (await accepted).socket.close(4004, 'not this origin');
        t.match(
          await opening,
          { name: 'AlarmServerError', status: 403, code: 'origin_not_allowed', message: /ALLOWED_ORIGINS/ },
          `GET /me: ${me}, reconnect: ${reconnect}`,
        );
        t.equal(client.state.name, 'ended');
      }
    }
  },
);

t.test('CLI-5 a good token joins by that attempt too; what follows is asked for as ever', async (t) => {
  const server = await startServer(t, {
    accepts: (path) => path.includes('reason=close') || path.includes('resume=1'),
    me: 'nothing',
  });
  const timers = new FakeTimers();
  const client = new AlarmClient({ url: server.url, token: 'x', WebSocket: Untold, timers });
  t.teardown(() => client.close());
  client.on('state', (state) => state.name === 'offline' && queueMicrotask(() => timers.pass(state.retryInMs)));
  const accepted = server.accept();
  const opening = client.open();
  const peer = await accepted;
  peer.say(initialState());
  await opening;
  const again = server.accept();
  peer.socket.close(4002);
  await new Promise<void>((resolve) => client.on('state', ({ name }) => name === 'ended' && resolve()));
  t.match(client.state, { why: { name: 'ConnectionClosedError', code: 4002 } });
  client.open().catch(() => undefined);
  t.equal((await again).path, '/ws?token=x&resume=1');
});

t.test('CLI-5 a ticket is for one use: one that is refused is followed by the next', async (t) => {
  let tickets = 0;
  const { asked } = await statesOf(
    t,
    { accepts: false, me: 'nothing' },
    { token: undefined, ticket: () => `t${++tickets}`, WebSocket: Untold } as never,
    3,
  );
  t.same(asked, ['/ws?ticket=t1', '/ws?ticket=t2', '/ws?ticket=t3']);
});

const WRONG_TOKENS: readonly (readonly [unknown, RegExp])[] = [
  ['', /^the token is empty$/],
  ['secret-token\n', /^the token has whitespace \(for example a line break\) at its beginning or end$/],
  ['secret\ntoken', /^the token contains control characters or letters beyond ASCII$/],
  ['sécret-token', /^the token contains control characters or letters beyond ASCII$/],
  ['secret-token'.repeat(400), /^the token has 4800 characters; a server accepts at most 4096$/],
  [undefined, /^the token must be a string; it is undefined$/],
  [{ access_token: 'secret-token' }, /^the token must be a string; it is an object$/],
];

t.test('CLI-3 what can be no token ends the client at once, with a sentence that does not show it', async (t) => {
  for (const [token, message] of WRONG_TOKENS) {
    const { opening, asked } = await statesOf(t, {}, { token: async () => token as string }, 1);
    const error = await opening;
    t.type(error, NotSentError);
    t.match(error, { code: 'invalid_token', message });
    t.notMatch(String((error as Error).stack), /secret/);
    t.same(asked, [], 'nobody was asked');
  }
  const { opening } = await statesOf(t, {}, { token: undefined, ticket: async () => 'a\nb' } as never, 1);
  t.match(await opening, { code: 'invalid_token', message: /^the ticket contains/ });
});

t.test('CLI-3 the same over HTTP and in refresh: no error shows a token', async (t) => {
  const server = await startServer(t);
  const accepted = server.accept();
  const connecting = AlarmClient.connect({ url: server.url, token: 'x', reconnect: false, WebSocket });
  (await accepted).say(initialState());
  const client = await connecting;
  for (const [token, message] of WRONG_TOKENS) {
    for (const asking of [
      client.refresh(token as string),
      token === undefined ? undefined : request(server.url, 'GET', '/me', { token: token as string }),
    ]) {
      if (asking === undefined) continue;
      const error = await failure(asking);
      t.match(error, { name: 'NotSentError', code: 'invalid_token', message });
      t.notMatch(String((error as Error).stack), /secret/);
    }
  }
  t.same(server.asked, ['/ws?token=x']);
  await client.close();
});

t.test('CLI-4 an application whose own token function is refused ends with its error', async (t) => {
  const refused = new AlarmServerError({ status: 401, code: 'unauthorized', detail: 'log in again' });
  const { opening } = await statesOf(t, {}, { token: () => Promise.reject(refused) }, 1);
  t.equal(await opening, refused);
});
