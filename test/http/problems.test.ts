/** Every status that an error can have: a problem of RFC 9457 with a stable code, a sentence, and the headers that belong to it. */
import { randomUUID } from 'node:crypto';
import t, { type Test } from 'tap';
import { httpCodes } from '../../src/http/problem-codes.js';
import { Problem } from '../../src/http/problems.js';
import type { SqliteLog } from '../../src/log/sqlite/log.js';
import { alarmOn, grant, sitDown } from '../e2e/desk.js';
import { type HttpAnswer, request } from '../e2e/http-requests.js';
import { PASSWORD, startServer } from '../e2e/test-server.js';

const server = await startServer(t, { environment: { LIMITS: 'off' } });
const [john, mary] = await Promise.all(['john', 'mary'].map((name) => server.person(name)));
const owner = await sitDown(t, server, john!);
const viewer = await sitDown(t, server, mary!);
const page: string = (await owner.must('create_page', { name: 'Page' })).data.id;
const alarm: string = (await owner.must('create_alarm', alarmOn(page))).data.id;
await owner.must('share_page', grant(page, 'user', mary!.id, 'view'));

const seen = new Set<string>();

function isProblem(t: Test, { status, headers, json }: HttpAnswer, wanted: number, code: string, what: string): void {
  seen.add(code);
  t.equal(status, wanted, `${what}: ${wanted}`);
  t.equal(headers.get('content-type'), 'application/problem+json');
  t.ok(Problem.strict().safeParse(json).success, 'it has the fields of a problem and no other');
  t.match(json, { status: wanted, code, title: String, detail: /^\S.{9,}/s }, `${what}: ${code}`);
  t.equal(headers.has('www-authenticate'), wanted === 401, 'WWW-Authenticate goes with 401');
  t.equal(headers.has('retry-after'), wanted === 429 || wanted === 503, 'Retry-After goes with 429 and 503');
  if (headers.has('retry-after')) t.match(headers.get('retry-after'), /^[1-9]\d*$/, 'in whole seconds');
}

t.test('HTTP-1 400: the body is not JSON', async (t) => {
  for (const body of ['{', 'name=x', '{"name":"x"}}', '\0', "{'name':'x'}", '['.repeat(30_000)])
    isProblem(t, await owner.http('POST', '/pages', { body }), 400, 'invalid_json', JSON.stringify(body.slice(0, 20)));
  isProblem(
    t,
    await owner.http('POST', '/pages', { body: { name: 'x' }, idempotencyKey: 'x'.repeat(65) }),
    400,
    'invalid_request',
    'too long a key',
  );
});

t.test('HTTP-1 401: no token, or none that is good', async (t) => {
  for (const path of ['/me', '/pages', `/pages/${page}`, '/groups', '/users?username=john']) {
    isProblem(t, await request(server.url, 'GET', path), 401, 'unauthorized', path);
    isProblem(
      t,
      await request(server.url, 'GET', path, { token: 'wrong' }),
      401,
      'unauthorized',
      `${path} with a wrong one`,
    );
  }
  for (const Authorization of ['Basic eDp5', 'Bearer', john!.token])
    isProblem(
      t,
      await request(server.url, 'POST', '/pages', { body: { name: 'x' }, headers: { Authorization } }),
      401,
      'unauthorized',
      Authorization.slice(0, 8),
    );
  isProblem(
    t,
    await request(server.url, 'POST', '/login', { body: { username: 'john', password: 'not the right one' } }),
    401,
    'unauthorized',
    'a wrong password',
  );
});

t.test('HTTP-1 403: the old password is wrong', async (t) => {
  isProblem(
    t,
    await owner.http('POST', '/password', { body: { old: 'not the right one', new: PASSWORD } }),
    403,
    'wrong_password',
    'not the right one',
  );
});

t.test('HTTP-1 403, 404 and 409: refusals of commands', async (t) => {
  isProblem(t, await viewer.http('DELETE', `/pages/${page}`), 403, 'permission_denied', 'seen, but not allowed');
  isProblem(t, await owner.http('GET', `/pages/${randomUUID()}`), 404, 'not_found', 'not there');
  await owner.must('update_alarm', { alarm_id: alarm, active: false });
  isProblem(
    t,
    await owner.http('POST', `/alarms/${alarm}/trigger`, { body: { price: 1 } }),
    409,
    'alarm_inactive',
    'inactive',
  );
  await owner.http('POST', '/pages', { body: { name: 'one' }, idempotencyKey: 'key' });
  isProblem(
    t,
    await owner.http('POST', '/pages', { body: { name: 'two' }, idempotencyKey: 'key' }),
    409,
    'id_reused',
    'another content',
  );
  isProblem(
    t,
    await request(server.url, 'POST', '/register', { body: { username: 'JOHN', password: PASSWORD } }),
    409,
    'name_taken',
    'a taken name',
  );
});

t.test('HTTP-1 404 for a path that is none, 405 with Allow for a method that a path does not take', async (t) => {
  for (const path of [
    '/nothing',
    '/pages/',
    '/pages/x/y',
    '/alarms',
    '/PAGES',
    '/docs/../package.json',
    '/docs/%2e%2e%2fpackage.json',
    '/docs/package.json',
    '//pages',
    `/pages/${page}/events/1`,
  ])
    isProblem(t, await owner.http('GET', path), 404, 'not_found', path);
  for (const [method, path, allow] of [
    ['PUT', '/pages', 'GET, HEAD, OPTIONS, POST'],
    ['DELETE', '/pages', 'GET, HEAD, OPTIONS, POST'],
    ['POST', '/me', 'GET, HEAD, OPTIONS'],
    ['GET', '/login', 'OPTIONS, POST'],
    ['POST', `/pages/${page}`, 'DELETE, GET, HEAD, OPTIONS, PATCH'],
    ['GET', `/alarms/${alarm}/trigger`, 'OPTIONS, POST'],
    ['POST', '/health', 'GET, HEAD, OPTIONS'],
    ['POST', '/openapi.json', 'GET, HEAD, OPTIONS'],
  ] as const) {
    const answer = await owner.http(method, path);
    isProblem(t, answer, 405, 'method_not_allowed', `${method} ${path}`);
    t.same(answer.headers.get('allow')?.split(', ').sort().join(', '), allow);
  }
});

t.test('HTTP-1 413 and 415: a body too long, or of another type', async (t) => {
  isProblem(
    t,
    await owner.http('POST', '/pages', { body: { name: 'x'.repeat(64 * 1024) } }),
    413,
    'too_large',
    'over 64 KiB',
  );
  for (const type of [
    'text/plain',
    'application/xml',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
  ])
    isProblem(
      t,
      await owner.http('POST', '/pages', { body: '{"name":"x"}', headers: { 'Content-Type': type } }),
      415,
      'unsupported_media_type',
      type,
    );
  for (const type of ['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/vnd.api+json', ''])
    t.equal(
      (await owner.http('POST', '/pages', { body: '{"name":"x"}', headers: { 'Content-Type': type } })).status,
      201,
      `${type} is JSON`,
    );
});

t.test('HTTP-1 422 names each field', async (t) => {
  const cases: [method: string, path: string, body: unknown, fields: string[]][] = [
    ['POST', '/register', {}, ['username', 'password']],
    ['POST', '/register', { username: '', password: 'short' }, ['username', 'password']],
    ['POST', '/login', { username: 'john' }, ['password']],
    ['POST', '/pages', undefined, ['name']],
    ['POST', '/pages', [], ['']],
    ['POST', '/pages', 'null', ['']],
    ['POST', `/pages/${page}/alarms`, { ticker: 1, condition: 'x'.repeat(501) }, ['ticker', 'option', 'condition']],
    [
      'POST',
      `/pages/${page}/shares`,
      { subject_type: 'all', subject_id: '', can_view: 1, can_edit: null },
      ['subject_type', 'subject_id', 'can_view', 'can_edit'],
    ],
    ['POST', `/alarms/${alarm}/trigger`, '{"price":1e999}', ['price']],
    ['PATCH', `/alarms/${alarm}`, {}, ['']],
    ['POST', `/pages/${'x'.repeat(65)}/alarms`, { ticker: 'x', option: '', condition: '' }, ['page_id']],
    ['GET', '/users', undefined, ['username']],
    ['GET', `/pages/${page}/events?limit=0&after_seq=x`, undefined, ['after_seq', 'limit']],
    ['GET', '/pages?min_position=x', undefined, ['min_position']],
  ];
  for (const [method, path, body, fields] of cases) {
    const answer = await owner.http(method, path, { body });
    isProblem(t, answer, 422, 'validation_failed', `${method} ${path} ${JSON.stringify(body)?.slice(0, 40) ?? ''}`);
    t.same(
      answer.json.errors?.map(({ field }: { field: string }) => field),
      fields,
    );
    for (const { field, message } of answer.json.errors)
      t.ok(answer.json.detail.includes(message) && answer.json.detail.includes(field), 'the sentence says it too');
  }
});

t.test('HTTP-1 410: a cursor of another log', async (t) => {
  isProblem(t, await owner.http('GET', '/events?after=another-log.s1'), 410, 'log_changed', 'a cursor of another log');
});

t.test('HTTP-1 429: guessing is slowed, and told for how long', async (t) => {
  let answer: HttpAnswer;
  let attempts = 0;
  do answer = await request(server.url, 'POST', '/login', { body: { username: 'nobody', password: 'wrong password' } });
  while (answer.status === 401 && (attempts += 1) < 20);
  isProblem(t, answer, 429, 'too_many_attempts', 'many failed attempts');
});

t.test('HTTP-1 503: the log has no room', async (t) => {
  (server.app.log as SqliteLog).limitPages(1);
  const long = { ...alarmOn(page), condition: '€'.repeat(500) };
  const answers = await Promise.all(
    Array.from({ length: 400 }, () => owner.http('POST', `/pages/${page}/alarms`, { body: long })),
  );
  (server.app.log as SqliteLog).limitPages(1_000_000);
  isProblem(t, answers.find(({ status }) => status !== 201)!, 503, 'store_full', 'no room');
  isProblem(
    t,
    await owner.http('GET', `/pages?min_position=${'9'.repeat(18)}`),
    503,
    'not_caught_up',
    'a position ahead of the log',
  );
});

t.test(
  'HTTP-1 every code of HTTP was seen, but for those of /ws (LIM-2, HTTP-10, WIRE-8, WIRE-11), of heads and slow bodies (HTTP-12, HTTP-13), that of an address (AUTH-18), those of event streams and subscriptions (FEED-13, SUB-7, SUB-8), those of administration (ADM-5, ADM-6, ADM-12) and the two that need a broken or a busy server',
  async (t) => {
    t.same(
      Object.keys(httpCodes).filter((code) => !seen.has(code)),
      [
        'wrong_code',
        'registration_closed',
        'account_deactivated',
        'origin_not_allowed',
        'request_timeout',
        'none_free',
        'not_holder',
        'partitions_fixed',
        'upgrade_required',
        'too_many_requests',
        'too_many_sockets',
        'too_many_streams',
        'headers_too_large',
        'internal_error',
        'busy',
      ],
    );
  },
);
