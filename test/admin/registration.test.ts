/** Who may register: everybody, whoever is invited, or nobody. */
import t from 'tap';
import { request } from '../e2e/http-requests.js';
import { PASSWORD } from '../e2e/test-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { startAdminServer } from './admin-server.js';

t.test('ADM-12 an invitation is good for one account, once, and is recorded with who issued and used it', async (t) => {
  const dataDir = temporaryFolder(t);
  const open = await startAdminServer(t, { dataDir });
  const oscar = await open.operator('oscar');
  await open.app.stop();
  const server = await startAdminServer(t, { dataDir, environment: { REGISTRATION: 'invite' } });
  const events: unknown[] = [];
  server.app.projection.listen(({ recorded: { event, stream, metadata } }) => {
    if (stream.startsWith('invitation-')) events.push([event.type, metadata.by, metadata.via]);
  });
  const register = (username: string, code?: unknown) =>
    request(server.url, 'POST', '/register', { body: { username, password: PASSWORD, code } });
  const invite = () => request(server.url, 'POST', '/admin/invitations', oscar);
  t.match(await register('vera'), { status: 403, json: { code: 'registration_closed' } });
  const { status, json: invitation } = await invite();
  t.equal(status, 201);
  t.match(invitation, { id: String, code: `inv_${invitation.id}_`, expires_at: String });
  for (const code of ['', 'x', `inv_${invitation.id}_AAAAA-AAAAA-AAAAA-AAAAA`, `inv_${oscar.id}_x`, 7])
    t.ok([403, 422].includes((await register('vera', code)).status), String(code));
  t.equal((await register('OSCAR', invitation.code)).status, 409, 'a name that is taken does not use it up');
  const [one, other] = await Promise.all([register('vera', invitation.code), register('zoe', invitation.code)]);
  t.same([one.status, other.status].sort(), [201, 403], 'of two at once');
  t.match(await register('late', invitation.code), { status: 403, json: { code: 'registration_closed' } });
  const winner = one.status === 201 ? one.json.id : other.json.id;
  t.same(events, [
    ['InvitationIssued', oscar.id, 'operator'],
    ['InvitationUsed', winner, 'invitation'],
  ]);
  const next = (await invite()).json.code;
  const restarted = await server.restart();
  t.equal(
    (
      await request(restarted.url, 'POST', '/register', {
        body: { username: 'after', password: PASSWORD, code: ` ${next.toLowerCase()} ` },
      })
    ).status,
    201,
  );
});

t.test('ADM-12 where registration is closed nobody registers, and operators make accounts', async (t) => {
  const server = await startAdminServer(t, { environment: { REGISTRATION: 'closed' } });
  const body = { username: 'vera', password: PASSWORD, code: 'inv_x_y' };
  t.match(await request(server.url, 'POST', '/register', { body }), {
    status: 403,
    json: { code: 'registration_closed' },
  });
  t.match(await server.admin('POST', '/admin/invitations'), { status: 403, json: { code: 'registration_closed' } });
  t.equal((await server.admin('POST', '/admin/users', { username: 'vera' })).status, 201);
});
