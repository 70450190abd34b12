/** Roles: who gives them, who has them, and who is let in by them. */
import { createHmac } from 'node:crypto';
import t from 'tap';
import { isAdminToken, issueAdminToken } from '../../src/auth/admin-tokens.js';
import type { RecordedEvent } from '../../src/log/event-log.js';
import { request } from '../e2e/http-requests.js';
import { SECRET, startAdminServer } from './admin-server.js';

/** What was appended to the user's stream from the call on. */
function recordingOf(server: Awaited<ReturnType<typeof startAdminServer>>, userId: string): RecordedEvent[] {
  const events: RecordedEvent[] = [];
  server.app.projection.listen(({ recorded }) => void (recorded.stream === `user-${userId}` && events.push(recorded)));
  return events;
}

t.test('ADM-1 roles are given by the machine alone, are events with who did it, and show in /me', async (t) => {
  let server = await startAdminServer(t);
  const [olga, vera] = [await server.person('olga'), await server.person('vera')];
  const me = async (token: string) => (await request(server.url, 'GET', '/me', { token })).json;
  t.notOk('roles' in (await me(olga.token)), 'nothing new where there is none');
  const events = recordingOf(server, olga.id);
  const path = `/admin/users/${olga.id}/roles`;
  t.equal((await request(server.url, 'POST', path, { token: olga.token, body: { role: 'operator' } })).status, 404);
  t.equal((await server.admin('POST', path, { role: 'operator' })).status, 204);
  t.equal((await server.admin('POST', path, { role: 'operator' })).status, 204, 'again');
  t.same((await me(olga.token)).roles, ['operator']);
  for (const id of [olga.id, vera.id]) {
    const answer = await request(server.url, 'POST', `/admin/users/${id}/roles`, {
      token: olga.token,
      body: { role: 'auditor' },
    });
    t.match([answer.status, answer.json.code], [403, 'permission_denied'], 'an operator gives no roles');
  }
  t.equal((await server.admin('POST', path, { role: 'auditor' })).status, 204);
  t.equal((await server.admin('POST', path, { role: 'king' })).status, 422);
  t.equal((await server.admin('POST', '/admin/users/nobody/roles', { role: 'auditor' })).status, 404);
  server = await server.restart();
  t.same((await me(olga.token)).roles, ['auditor', 'operator']);
  t.match((await server.admin('GET', '/admin/roles')).json.roles, [
    { user_id: olga.id, username: 'olga', role: 'auditor', granted_by: 'system' },
    { user_id: olga.id, username: 'olga', role: 'operator', granted_by: 'system' },
  ]);
  t.equal((await server.admin('DELETE', `${path}/operator`)).status, 204);
  t.equal((await server.admin('DELETE', `${path}/king`)).status, 422);
  t.same((await me(olga.token)).roles, ['auditor']);
  t.equal((await request(server.url, 'GET', '/admin/roles', { token: olga.token })).status, 404);
  t.match(
    events.map(({ event, metadata: { by, via, command } }) => ({ ...event, by, via, command })),
    [
      { type: 'RoleGranted', data: { role: 'operator' }, by: 'system', via: 'admin', command: 'grant_role' },
      { type: 'RoleGranted', data: { role: 'auditor' }, by: 'system', via: 'admin', command: 'grant_role' },
    ],
  );
});

t.test('ADM-1 a role that a user writes for themselves into the log is void', async (t) => {
  const server = await startAdminServer(t);
  const olga = await server.person('olga');
  const voids: boolean[] = [];
  server.app.projection.listen(({ isVoid }) => void voids.push(isVoid));
  const metadata = { at: '2026-01-15T10:30:00.000Z', by: olga.id, via: 'self', command: 'grant_role', key: 'k', v: 1 };
  // The login's own event is first.
  while (server.app.projection.live.startedSessions.sessions.size === 0) await new Promise(setImmediate);
  const expected = 0;
  await server.app.log.append(`user-${olga.id}`, expected, [
    { id: 'forged', event: { type: 'RoleGranted', data: { role: 'operator' } }, metadata },
  ]);
  t.same(voids, [true]);
  t.equal((await request(server.url, 'GET', '/admin/roles', { token: olga.token })).status, 404);
});

t.test('ADM-2 /admin is for operators: others get what an unknown path gives, and no key is taken', async (t) => {
  const server = await startAdminServer(t);
  const [vera, olga, auditor] = [
    await server.person('vera'),
    await server.operator('olga'),
    await server.operator('ada', 'auditor'),
  ];
  const paths = Object.entries<any>((await request(server.url, 'GET', '/openapi.json')).json.paths).flatMap(
    ([path, operations]) => (path.startsWith('/admin/') ? Object.keys(operations).map((method) => [method, path]) : []),
  );
  t.ok(paths.length >= 4, `${paths.length} paths`);
  for (const [method, path] of paths as [string, string][]) {
    const asked = path.replace(/\{\w+\}/g, vera.id);
    const nothing = await request(server.url, 'GET', '/nothing/here', { token: vera.token });
    for (const { token } of [vera, auditor]) {
      const answer = await request(server.url, method.toUpperCase(), asked, { token });
      t.same([answer.status, answer.json], [404, nothing.json], `${method} ${asked}`);
    }
    t.equal((await request(server.url, method.toUpperCase(), asked)).status, 401);
    for (const idempotencyKey of ['once', ''])
      t.match(
        await request(server.url, method.toUpperCase(), asked, { token: olga.token, idempotencyKey }),
        { status: 400, json: { code: 'invalid_request', detail: /Idempotency-Key/ } },
        `${method} ${asked}`,
      );
  }
});

t.test('ADM-3 operators list users by name, page by page, and find them by a part of it', async (t) => {
  const server = await startAdminServer(t);
  const olga = await server.operator('olga');
  for (const name of ['Zoé', 'vera', 'Vera Ray', 'pete']) await server.person(name);
  const list = async (query: string) => (await request(server.url, 'GET', `/admin/users${query}`, olga)).json;
  const names = (answer: any): string[] => answer.users.map(({ username }: any) => username);
  t.same(names(await list('')), ['Vera Ray', 'Zoé', 'olga', 'pete', 'vera']);
  t.same(names(await list('?q=VERA')), ['Vera Ray', 'vera']);
  t.same(names(await list(`?q=${encodeURIComponent('zoe\u0301')}`)), ['Zoé']);
  const seen: string[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const page: any = await list(`?limit=2${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`);
    seen.push(...names(page));
    after = page.next;
  }
  t.same(seen, ['Vera Ray', 'Zoé', 'olga', 'pete', 'vera']);
  t.match((await list('?q=olga')).users, [{ id: olga.id, roles: ['operator'], sockets: 0, created_at: String }]);
  const client = await olga.connect();
  t.equal((await list('?q=olga')).users[0].sockets, 1);
  client.close();
  for (const query of ['?limit=0', '?limit=1001', '?limit=x', `?q=${'x'.repeat(500)}`, '?user=x'])
    t.equal((await request(server.url, 'GET', `/admin/users${query}`, olga)).status, 422, query);
});

t.test('ADM-4 a token of npm run admin lives for a minute, and is neither a user nor takes one for it', async (t) => {
  const secret = Buffer.from(SECRET);
  const now = Date.now();
  const token = issueAdminToken(secret, now);
  t.ok(isAdminToken(token, [Buffer.from('another'), secret], now + 59_000));
  t.notOk(isAdminToken(token, [secret], now + 61_000), 'old');
  t.notOk(isAdminToken(token, [Buffer.from('another')], now), 'of another secret');
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const forged = (header: object, claims: object): string => {
    const text = `${encode(header)}.${encode(claims)}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };
  const iat = Math.floor(now / 1_000);
  const good = { aud: 'alarm-server/admin', sub: 'system', iat, exp: iat + 60 };
  t.ok(isAdminToken(forged({ alg: 'HS256' }, good), [secret], now));
  for (const [what, header, claims] of [
    ['for longer', { alg: 'HS256' }, { ...good, exp: iat + 3_600 }],
    ['of the future', { alg: 'HS256' }, { ...good, iat: iat + 600, exp: iat + 660 }],
    ['for users', { alg: 'HS256' }, { ...good, aud: 'alarm-server' }],
    ['unsigned', { alg: 'none' }, good],
  ] as const)
    t.notOk(isAdminToken(forged(header, claims), [secret], now), what);
  const server = await startAdminServer(t);
  const olga = await server.person('olga');
  t.equal((await request(server.url, 'GET', '/me', { token })).status, 401);
  t.notOk(isAdminToken(olga.token, [secret]));
});
