/** Text that a client sends is taken as it is or refused: bytes that are not UTF-8 never become other characters, and what is there twice is not chosen from. */
import t from 'tap';
import { sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { startServer } from '../e2e/test-server.js';
import { openBare } from '../gateway/bare-connection.js';

const server = await startServer(t);
const john = await server.person('john');
const desk = await sitDown(t, server, john);
const latin1 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const login = (body: string | Uint8Array) => request(server.url, 'POST', '/login', { body, headers: form });

t.test('HTTP-7 a password in Latin-1 registers nobody, and no other password is equal to it', async (t) => {
  t.match(
    await request(server.url, 'POST', '/register', { body: latin1('{"username":"bytes","password":"p\xE4ssw0rd!"}') }),
    { status: 400, json: { code: 'invalid_json', detail: /not UTF-8/ } },
  );
  t.equal(
    (await request(server.url, 'POST', '/register', { body: { username: 'bytes', password: 'pässw0rd!' } })).status,
    201,
  );
  for (const byte of ['\xE4', '\xF6', '\xFF']) {
    t.match(
      await request(server.url, 'POST', '/login', {
        body: latin1(`{"username":"bytes","password":"p${byte}ssw0rd!"}`),
      }),
      { status: 400 },
    );
    t.match(await login(latin1(`username=bytes&password=p${byte}ssw0rd!`)), {
      status: 400,
      json: { code: 'invalid_request', detail: /%C3%A9/ },
    });
  }
  for (const encoded of ['p%E4ssw0rd!', 'p%F6ssw0rd!', 'p%FFssw0rd!', 'p%ED%A0%80ssw0rd!'])
    t.match(
      await login(`username=bytes&password=${encoded}`),
      { status: 400, json: { code: 'invalid_request' } },
      encoded,
    );
  t.equal((await login('username=bytes&password=p%C3%A4ssw0rd!')).status, 200);
  t.equal((await login(Buffer.from('username=bytes&password=pässw0rd!'))).status, 200, 'raw UTF-8');
});

t.test('HTTP-7 U+FFFD itself is a character like any other, and half a surrogate pair is not it', async (t) => {
  const password = 'replaced \uFFFD here';
  t.equal((await request(server.url, 'POST', '/register', { body: { username: 'fffd', password } })).status, 201);
  t.equal((await request(server.url, 'POST', '/login', { body: { username: 'fffd', password } })).status, 200);
  t.equal((await login(new URLSearchParams({ username: 'fffd', password }).toString())).status, 200);
  for (const half of ['\\ud800', '\\udfff', '\\ude00\\ud83d']) {
    const body = `{"username":"fffd","password":"replaced ${half} here"}`;
    t.match(
      await request(server.url, 'POST', '/login', { body }),
      { status: 422, json: { errors: [{ field: 'password', message: /half of a surrogate pair/ }] } },
      half,
    );
    t.match(await request(server.url, 'POST', '/register', { body: body.replace('fffd', `new${half}`) }), {
      status: 422,
      json: { errors: [{ field: 'username' }, { field: 'password' }] },
    });
    t.match(
      await desk.http('POST', '/password', { body: `{"old":"replaced ${half} here","new":"another ${half} one"}` }),
      { status: 422, json: { errors: [{ field: 'old' }, { field: 'new' }] } },
    );
    t.match(await desk.http('POST', '/pages', { body: `{"name":"Page ${half}"}` }), { status: 422 });
  }
});

t.test('HTTP-7 every route with a body takes UTF-8 alone', async (t) => {
  const page = (await desk.must('create_page', { name: 'Page' })).data.id as string;
  for (const [method, path] of [
    ['POST', '/pages'],
    ['PATCH', `/pages/${page}`],
    ['POST', '/groups'],
    ['POST', `/pages/${page}/alarms`],
    ['POST', `/pages/${page}/shares`],
    ['POST', '/password'],
    ['POST', '/login'],
    ['POST', '/register'],
  ] as const) {
    t.match(
      await desk.http(method, path, { body: latin1('{"name":"caf\xE9","ticker":"x","option":"x","condition":"x"}') }),
      { status: 400, json: { code: 'invalid_json' } },
      `${method} ${path}`,
    );
  }
});

t.test('HTTP-7 a byte order mark is named, a NUL is kept in a password and refused in a name', async (t) => {
  t.match(await desk.http('POST', '/pages', { body: '\uFEFF{"name":"x"}' }), {
    status: 400,
    json: { code: 'invalid_json', detail: /byte order mark/ },
  });
  t.equal(
    (await request(server.url, 'POST', '/register', { body: { username: 'nul', password: 'before\0after' } })).status,
    201,
  );
  t.equal(
    (await request(server.url, 'POST', '/login', { body: { username: 'nul', password: 'before\0other' } })).status,
    401,
    'nothing is cut off at it',
  );
  t.equal((await login('username=nul&password=before%00after')).status, 200);
  t.match(await desk.http('POST', '/pages', { body: { name: 'a\0b' } }), { status: 422 });
});

t.test('HTTP-7 paths and queries are UTF-8, percent-encoded or raw', async (t) => {
  const raw = async (target: string): Promise<number> => {
    const bare = openBare(t, server.url);
    bare.socket.write(
      Buffer.from(`GET ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${john.token}\r\n\r\n`, 'latin1'),
    );
    await bare.until('\r\n\r\n');
    return Number(bare.received().slice(9, 12));
  };
  for (const target of [
    '/users?username=%F6',
    '/users?username=Jos\xE9',
    '/pages/%F6',
    '/pages/Jos\xE9',
    '/users?%F6=x',
    '/pages/%C3',
  ])
    t.equal(await raw(target), 400, target);
  for (const target of ['/users?username=%C3%B6', '/users?username=Jos\xC3\xA9', '/users?username=100%'])
    t.equal(await raw(target), 200, target);
  for (const target of ['/pages/%C3%B6', '/pages/%00', '/pages/%']) t.equal(await raw(target), 404, target);
});

t.test('HTTP-8 a name twice in an object of a body, or in a form, is refused', async (t) => {
  t.match(await desk.http('POST', '/pages', { body: '{"name":"a","name":"b"}' }), {
    status: 400,
    json: { code: 'invalid_json', detail: /the name "name" twice/ },
  });
  t.match(
    await desk.http('POST', '/pages', { body: '{"n\\u0061me":"a","name":"b"}' }),
    { status: 400 },
    'however it is written',
  );
  t.match(
    await desk.http('POST', '/pages', { body: '{"name":"a","x":[{"y":1,"z":{"y":2}},{"y":1}],"z":"\\"name\\":{"}' }),
    { status: 201 },
    'in different objects it is another',
  );
  t.match(await desk.http('POST', '/pages', { body: '{"name":"a","x":{"y":1,"y":2}}' }), { status: 400 });
  t.match(await login('username=john&password=one&password=two'), {
    status: 400,
    json: { code: 'invalid_request', detail: /"password" twice/ },
  });
  t.match(await login('username=john&usern%61me=mary&password=one'), {
    status: 400,
    json: { detail: /"username" twice/ },
  });
});

t.test(
  'HTTP-8 a repeated header for the user, the type or the end of the body is refused, and what follows is no request',
  async (t) => {
    const body = '{"name":"Twice"}';
    const ask = async (
      headers: readonly string[],
      line = 'POST /pages',
    ): Promise<{ status: number; received: string }> => {
      const bare = openBare(t, server.url);
      bare.socket.write([`${line} HTTP/1.1`, 'Host: x', ...headers, '', body].join('\r\n'));
      await bare.until('\r\n\r\n');
      return { status: Number(bare.received().slice(9, 12)), received: bare.received() };
    };
    const whole = [
      'Content-Type: application/json',
      `Authorization: Bearer ${john.token}`,
      `Content-Length: ${body.length}`,
    ];
    t.equal((await ask(whole)).status, 201);
    for (const [more, why] of [
      [['Idempotency-Key: a', 'Idempotency-Key: b'], 'idempotency-key was sent twice'],
      [['Idempotency-Key: a', 'Idempotency-Key: a'], 'idempotency-key was sent twice'],
      [['Authorization: Bearer other'], 'authorization was sent twice'],
      [['Content-Type: text/plain'], 'content-type was sent twice'],
      [['Content-Length: 2'], 'content-length was sent twice'],
      [['Host: y'], 'host was sent twice'],
      [['Idempotency-Key: caf\u00e9 au lait'], 'beyond ASCII'],
    ] as const) {
      const { status, received } = await ask([...whole, ...more]);
      t.equal(status, 400, more.join());
      t.match(received, why);
    }
    for (const coding of ['gzip, chunked', 'identity', 'chunked, chunked']) {
      t.equal((await ask([...whole.slice(0, 2), `Transfer-Encoding: ${coding}`])).status, 400, coding);
      t.equal((await ask([...whole, `Transfer-Encoding: ${coding}`])).status, 400, `${coding}, and a length`);
    }
    const smuggled = openBare(t, server.url);
    smuggled.socket.write(
      [
        'POST /pages HTTP/1.1',
        'Host: x',
        ...whole,
        'Content-Length: 3',
        '',
        `${body}POST /pages HTTP/1.1`,
        'Host: x',
        ...whole,
        '',
        '{"name":"Twixe"}',
      ].join('\r\n'),
    );
    await smuggled.gone;
    t.notOk(
      (await desk.http('GET', '/pages')).json.some(({ name }: { name: string }) => name === 'Twixe'),
      'a request hidden behind an unclear end has no effect',
    );
  },
);
