/** Pages of other origins: ALLOWED_ORIGINS. */
import t from 'tap';
import { WebSocket } from 'ws';
import { closeCodes } from '../../src/protocol/close-codes.js';
import { request } from '../e2e/http-requests.js';
import { openRaw } from '../e2e/raw-socket.js';
import { startServer } from '../e2e/test-server.js';

const LISTED = 'https://desk.example.com';
const [listing, open, shut] = await Promise.all([
  startServer(t, { environment: { ALLOWED_ORIGINS: `${LISTED}, http://localhost:8000` } }),
  startServer(t, { environment: { ALLOWED_ORIGINS: '*' } }),
  startServer(t),
]);
const john = await listing.person('john');

const cors = ({ headers }: { headers: Headers }) => ({
  origin: headers.get('access-control-allow-origin'),
  exposed: headers.get('access-control-expose-headers'),
  vary: headers.get('vary'),
});
const EXPOSED =
  'Retry-After, Log-Position, As-Of-Position, As-Of-Index, WWW-Authenticate, Events-Next, Events-Caught-Up';

t.test(
  'HTTP-11 answers to a page of a listed origin may be read by it, errors too, with the headers that a client needs',
  async (t) => {
    for (const [method, path, status] of [
      ['GET', '/me', 200],
      ['POST', '/pages', 422],
      ['GET', '/nothing', 404],
      ['PUT', '/pages', 405],
      ['GET', '/pages?page=1', 422],
      ['HEAD', '/pages', 200],
      ['GET', '/health', 200],
      ['GET', '/ws', 426],
    ] as const) {
      const answer = await request(listing.url, method, path, { token: john.token, headers: { Origin: LISTED } });
      t.equal(answer.status, status, `${method} ${path}`);
      t.same(cors(answer), { origin: LISTED, exposed: EXPOSED, vary: 'Origin' }, 'CORS');
    }
    const refused = await request(listing.url, 'GET', '/me', { headers: { Origin: LISTED } });
    t.match(
      [refused.status, refused.headers.get('www-authenticate'), cors(refused)],
      [401, 'Bearer', { origin: LISTED }],
    );
    const late = await request(listing.url, 'GET', `/pages?min_position=${'9'.repeat(18)}`, {
      token: john.token,
      headers: { Origin: LISTED },
    });
    t.match([late.status, late.headers.get('retry-after'), cors(late)], [503, '1', { origin: LISTED }]);
    t.equal(
      (await request(listing.url, 'GET', '/me', { token: john.token, headers: { Origin: LISTED } })).headers.has(
        'access-control-allow-credentials',
      ),
      false,
      'cookies are not used',
    );
  },
);

t.test('HTTP-11 a preflight is answered for each path, and keeps for a while', async (t) => {
  const preflight = (url: string, path: string, origin: string) =>
    request(url, 'OPTIONS', path, {
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,content-type,idempotency-key',
      },
    });
  for (const [url, origin, allowed] of [
    [listing.url, LISTED, LISTED],
    [listing.url, 'http://localhost:8000', 'http://localhost:8000'],
    [open.url, 'https://anywhere.example', '*'],
  ] as const) {
    const answer = await preflight(url, '/pages', origin);
    t.equal(answer.status, 204);
    t.equal(answer.text, '');
    t.equal(answer.headers.get('access-control-allow-origin'), allowed);
    t.equal(answer.headers.get('access-control-allow-methods'), 'POST, GET, HEAD');
    t.equal(
      answer.headers.get('access-control-allow-headers'),
      'Authorization, Content-Type, Idempotency-Key, Last-Event-ID',
    );
    t.match(answer.headers.get('access-control-max-age'), /^[1-9]\d+$/);
  }
  t.equal(
    (await preflight(listing.url, `/alarms/x/trigger`, LISTED)).headers.get('access-control-allow-methods'),
    'POST',
  );
  for (const [url, origin] of [
    [listing.url, 'https://evil.example'],
    [listing.url, 'null'],
    [listing.url, `${LISTED}.evil.example`],
    [shut.url, LISTED],
  ] as const) {
    const answer = await preflight(url, '/pages', origin);
    t.same(
      [...answer.headers.keys()].filter((name) => name.startsWith('access-control')),
      [],
      `${origin} is not let in`,
    );
  }
});

t.test('HTTP-11 what is not listed gets no such header, and caches are told that the origin counts', async (t) => {
  t.same(cors(await request(listing.url, 'GET', '/health', { headers: { Origin: 'https://evil.example' } })), {
    origin: null,
    exposed: null,
    vary: 'Origin',
  });
  t.same(cors(await request(listing.url, 'GET', '/health')), { origin: null, exposed: null, vary: 'Origin' });
  t.same(cors(await request(open.url, 'GET', '/health')), { origin: '*', exposed: EXPOSED, vary: null });
  t.same(
    cors(await request(shut.url, 'GET', '/health', { headers: { Origin: LISTED } })),
    { origin: null, exposed: null, vary: null },
    'without ALLOWED_ORIGINS there is none',
  );
});

t.test('WIRE-8 sockets of pages: where origins are listed, those and the own one; where none is, all', async (t) => {
  const own = listing.url;
  for (const origin of [LISTED, own])
    await (await openRaw(t, listing.url, john.token, { Origin: origin })).next('initial_state');
  await (await openRaw(t, listing.url, john.token)).next('initial_state');
  for (const origin of ['https://evil.example', 'null', own.replace('http:', 'https:').replace(/:\d+$/, ':1')])
    await t.rejects(openRaw(t, listing.url, john.token, { Origin: origin }), /refused with 403/, origin);
  const mary = await shut.person('mary');
  await (await openRaw(t, shut.url, mary.token, { Origin: 'https://anywhere.example' })).next('initial_state');
  const pete = await open.person('pete');
  await (await openRaw(t, open.url, pete.token, { Origin: 'https://anywhere.example' })).next('initial_state');
});

t.test(
  'WIRE-12 with reason=close a page of another origin is told so by the close 4004, whatever its token; programs and allowed pages are let in',
  async (t) => {
    const closeOf = (rest: string, origin: string): Promise<unknown> =>
      new Promise((resolve) => {
        const heard: string[] = [];
        const socket = new WebSocket(`${listing.url.replace('http', 'ws')}/ws?${rest}`, { origin });
        socket.on('message', (data) => heard.push(String(data)));
        socket.on('error', (error) => resolve(error.message));
        socket.on('close', (code, reason) => resolve([code, String(reason), heard]));
      });
    const refused = [4004, closeCodes.origin_not_allowed.reason, []];
    for (const token of [john.token, 'wrong'])
      t.same(await closeOf(`token=${token}&reason=close`, 'https://evil.example'), refused);
    t.match(await closeOf(`token=${john.token}`, 'https://evil.example'), /403/, 'without reason=close it is the 403');
    t.match(await closeOf('token=wrong&reason=close', LISTED), [4001]);
    const socket = new WebSocket(`${listing.url.replace('http', 'ws')}/ws?token=${john.token}&reason=close`, {
      origin: LISTED,
    });
    t.match(
      await new Promise((resolve) => socket.once('message', (data) => resolve(String(data)))),
      /^{"type":"initial_state"/,
    );
    socket.terminate();
  },
);
