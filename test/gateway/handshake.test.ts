/** Which handshakes are accepted: a good token, by query or by header; everybody else a 401, before the upgrade. */
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { WebSocket } from 'ws';
import { closeCodes } from '../../src/protocol/close-codes.js';
import { openRaw } from '../e2e/raw-socket.js';
import { startServer } from '../e2e/test-server.js';
import { handshake, openBare } from './bare-connection.js';

// More sockets and wrong messages than one user may send.
const server = await startServer(t, { environment: { LIMITS: 'off' } });
const john = await server.person('john');

/** The server's whole answer to a handshake written as it is. */
async function answerTo(request: string): Promise<string> {
  const bare = openBare(t, server.url);
  bare.socket.write(request);
  await bare.until('\r\n\r\n');
  return bare.received();
}

/** The same for a handshake of which the server, which runs on this same event loop, has read the first piece when the second comes. */
async function answerInPieces(first: string, second: string): Promise<string> {
  const bare = openBare(t, server.url);
  bare.socket.setNoDelay(true);
  await new Promise<void>((resolve) => bare.socket.write(first, () => resolve()));
  for (let round = 0; round < 5; round += 1) await nextTurn();
  bare.socket.write(second);
  await bare.until('\r\n\r\n');
  return bare.received();
}

t.test(
  'WIRE-5 a good token opens the socket, in the query or in the header; the query counts if both are there',
  async (t) => {
    const bearer = { Authorization: `Bearer ${john.token}` };
    for (const [token, headers] of [
      [john.token, {}],
      ['', bearer],
      ['', { Authorization: `bearer ${john.token}` }],
      [john.token, { Authorization: 'Bearer wrong' }],
    ] as const) {
      const { payload } = await (await openRaw(t, server.url, token, headers)).next('initial_state');
      t.equal(payload.user.id, john.id);
    }
    await t.rejects(openRaw(t, server.url, 'wrong', bearer), /refused with 401/);
  },
);

t.test('WIRE-5 a bad token is refused with 401 before the upgrade, whatever it is', async (t) => {
  const [header, claims, signature] = john.token.split('.') as [string, string, string];
  const unsigned = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
  const bad = {
    'no token': '',
    noise: 'wrong',
    'a part of one': `${header}.${claims}`,
    'another signature': `${header}.${claims}.${signature.split('').reverse().join('')}`,
    unsigned: `${unsigned}.${claims}.`,
    'four parts': `${john.token}.x`,
    'only dots': '..',
    'broken escapes': '%',
    'bytes that are no UTF-8': '%ff%fe',
    NUL: `%00${john.token}`,
    'very long': 'x'.repeat(3_500),
    __proto__: '__proto__',
  };
  for (const [what, token] of Object.entries(bad)) {
    const answer = await answerTo(handshake(server.url, token));
    t.match(answer, /^HTTP\/1\.1 401 Unauthorized\r\n/, what);
    t.match(answer, /\r\nWWW-Authenticate: Bearer\r\n/i);
    t.match(answer, /\r\nContent-Type: application\/problem\+json\r\n/i);
    t.match(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))), {
      status: 401,
      code: 'unauthorized',
      detail: /token/i,
    });
    if (token.length > 20) t.notOk(answer.includes(token), 'the token is not repeated');
  }
  for (const authorization of ['Basic am9objpzZWNyZXQ=', 'Bearer', 'Bearer ', `Token ${john.token}`, john.token])
    await t.rejects(
      openRaw(t, server.url, '', { Authorization: authorization }),
      /refused with 401/,
      authorization.slice(0, 10),
    );
});

t.test('WIRE-5 what is no handshake is not upgraded, and does no harm', async (t) => {
  const good = handshake(server.url, john.token);
  for (const [what, request] of [
    ['no key', good.replace(/Sec-WebSocket-Key: .*\r\n/, '')],
    ['a short key', good.replace(/Sec-WebSocket-Key: .*\r\n/, 'Sec-WebSocket-Key: eA==\r\n')],
    ['another method', good.replace('GET', 'POST')],
    ['another path', good.replace('/ws?', '/wss?')],
  ] as const) {
    t.match(await answerTo(request), /^HTTP\/1\.1 4\d\d /, what);
  }
  t.match(await answerTo(good), /^HTTP\/1\.1 101 /);
});

t.test(
  'WIRE-7 a handshake that arrives in two pieces, cut anywhere, is upgraded; in its first line, by some binaries, refused with 505',
  async (t) => {
    const request = handshake(server.url, john.token);
    const firstLine = request.indexOf('\r\n') + 2;
    // All of the short header lines, and of the first line and its long token some places.
    const cuts = [
      1,
      3,
      4,
      5,
      20,
      firstLine - 12,
      firstLine - 10,
      firstLine - 2,
      firstLine - 1,
      ...Array.from({ length: request.length - firstLine }, (_, at) => firstLine + at),
    ];
    const answers = await Promise.all(
      cuts.map(async (cut) => ({ cut, answer: await answerInPieces(request.slice(0, cut), request.slice(cut)) })),
    );
    for (const { cut, answer } of answers)
      t.match(answer, cut >= firstLine ? /^HTTP\/1\.1 101 / : /^HTTP\/1\.1 (101|505) /, `cut behind ${cut} bytes`);
  },
);

t.test('WIRE-5 a client that leaves while its token is checked is forgotten', async (t) => {
  for (let round = 0; round < 50; round += 1) {
    const bare = openBare(t, server.url);
    bare.socket.write(handshake(server.url, john.token), () => bare.socket.resetAndDestroy());
    await bare.gone;
  }
  t.match((await (await openRaw(t, server.url, john.token)).next('initial_state')).payload.user, { id: john.id });
});

t.test('WIRE-5 of many sockets that open at once each gets its state', async (t) => {
  for (let round = 0; round < 10; round += 1) {
    const sockets = await Promise.all(Array.from({ length: 40 }, () => openRaw(t, server.url, john.token)));
    await Promise.all(sockets.map((socket) => socket.next('initial_state')));
  }
  t.pass('all of them');
});

t.test('WIRE-11 of the subprotocols that a client offers none is answered', async (t) => {
  for (const offered of ['v2.alarm', 'chat, superchat', 'x']) {
    const answer = await answerTo(
      handshake(server.url, john.token).replace('\r\n\r\n', `\r\nSec-WebSocket-Protocol: ${offered}\r\n\r\n`),
    );
    t.match(answer, /^HTTP\/1\.1 101 /);
    t.notMatch(answer, /sec-websocket-protocol/i);
  }
});

t.test('WIRE-11 another version of the protocol is refused with 426 and the version that is spoken', async (t) => {
  const good = handshake(server.url, john.token);
  for (const version of [
    'Sec-WebSocket-Version: 8\r\n',
    'Sec-WebSocket-Version: 7\r\n',
    'Sec-WebSocket-Version: 14\r\n',
    'Sec-WebSocket-Version: 13, 8\r\n',
    'Sec-WebSocket-Version: \r\n',
    '',
  ]) {
    const answer = await answerTo(good.replace('Sec-WebSocket-Version: 13\r\n', version));
    t.match(answer, /^HTTP\/1\.1 426 Upgrade Required\r\n/, version);
    t.match(answer, /\r\nSec-WebSocket-Version: 13\r\n/i);
    t.match(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))), {
      status: 426,
      code: 'upgrade_required',
      detail: /Sec-WebSocket-Version: 13/,
    });
  }
});

t.test(
  'WIRE-12 with reason=close a refused token or ticket is an upgrade and the close 4001, without a message',
  async (t) => {
    const url = server.url.replace('http', 'ws');
    const closeOf = (rest: string): Promise<unknown> =>
      new Promise((resolve) => {
        const messages: string[] = [];
        const socket = new WebSocket(`${url}/ws?${rest}`);
        socket.on('message', (data) => messages.push(String(data)));
        socket.on('error', (error) => resolve(error.message));
        socket.on('close', (code, reason) => resolve([code, String(reason), messages]));
      });
    const refused = [4001, closeCodes.token_ended.reason, []];
    for (const rest of [
      'token=wrong&reason=close',
      'reason=close',
      'ticket=wrong&reason=close',
      `ticket=wrong&token=${john.token}&reason=close`,
      'token=wrong&resume=1&reason=close',
    ])
      t.same(await closeOf(rest), refused, rest);
    t.same(
      await Promise.all(Array.from({ length: 200 }, () => closeOf('token=wrong&reason=close'))),
      Array(200).fill(refused),
      'however many',
    );
    for (const rest of ['token=wrong', 'token=wrong&reason=', 'token=wrong&reason=Close'])
      t.match(await closeOf(rest), /401/, rest);
    const good = new WebSocket(`${url}/ws?token=${john.token}&reason=close`);
    t.match(String((await once(good, 'message'))[0]), /^{"type":"initial_state"/, 'a good one is as without it');
    good.terminate();
  },
);
