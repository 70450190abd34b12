/** Who gets a socket: a good token, by query or by header; everybody else a 401, before the upgrade. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { openRaw } from '../journeys/raw-socket.js';
import { startServer } from '../journeys/test-server.js';
import { handshake, openBare } from './bare-connection.js';

const server = await startServer(t);
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
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();
  bare.socket.write(second);
  await bare.until('\r\n\r\n');
  return bare.received();
}

t.test('WIRE-5 a good token opens the socket, in the query or in the header; the query counts if both are there', async (t) => {
  const bearer = { Authorization: `Bearer ${john.token}` };
  for (const [token, headers] of [[john.token, {}], ['', bearer], ['', { Authorization: `bearer ${john.token}` }], [john.token, { Authorization: 'Bearer wrong' }]] as const) {
    const { payload } = await (await openRaw(t, server.url, token, headers)).next('initial_state');
    t.equal(payload.user.id, john.id);
  }
  await t.rejects(openRaw(t, server.url, 'wrong', bearer), /refused with 401/);
});

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
    t.match(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))), { status: 401, code: 'unauthorized', detail: /token/i });
    if (token.length > 20) t.notOk(answer.includes(token), 'the token is not repeated');
  }
  for (const authorization of ['Basic am9objpzZWNyZXQ=', 'Bearer', 'Bearer ', `Token ${john.token}`, john.token]) await t.rejects(openRaw(t, server.url, '', { Authorization: authorization }), /refused with 401/, authorization.slice(0, 10));
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

t.test('WIRE-7 a handshake that arrives in two pieces, cut anywhere, is upgraded; in its first line, by some binaries, refused with 505', async (t) => {
  const request = handshake(server.url, john.token);
  const firstLine = request.indexOf('\r\n') + 2;
  // All of the short header lines, and of the first line and its long token some places.
  const cuts = [1, 3, 4, 5, 20, firstLine - 12, firstLine - 10, firstLine - 2, firstLine - 1, ...Array.from({ length: request.length - firstLine }, (_, at) => firstLine + at)];
  const answers = await Promise.all(cuts.map(async (cut) => ({ cut, answer: await answerInPieces(request.slice(0, cut), request.slice(cut)) })));
  for (const { cut, answer } of answers) t.match(answer, cut >= firstLine ? /^HTTP\/1\.1 101 / : /^HTTP\/1\.1 (101|505) /, `cut behind ${cut} bytes`);
});

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
