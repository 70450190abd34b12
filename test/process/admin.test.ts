/** `npm run admin`: the running server is asked by whoever can read its secret, and by nobody else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { login } from '@alarm-server/client';
import t from 'tap';
import { request } from '../e2e/http-requests.js';
import { PASSWORD, person } from '../e2e/test-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { type Certificate, makeCertificate, noOpenssl } from './certificate.js';
import { JWT_SECRET, ServerProcess } from './server-process.js';

t.test('ADM-4 roles are granted, listed and revoked by a command on the machine', async (t) => {
  const dataDir = temporaryFolder(t);
  // The secret is the one that the folder keeps.
  const environment = { JWT_SECRET_KEY: '' };
  const server = await ServerProcess.start({ dataDir, environment });
  t.teardown(() => server.end('SIGKILL'));
  const olga = await person(t, server.url, 'Olga');
  const admin = (args: string[], settings = environment) =>
    ServerProcess.run({
      dataDir,
      environment: { ...settings, PORT: String(server.port) },
      script: 'cli/admin',
      args,
    });
  t.match(await admin(['role', 'grant', 'OLGA', 'operator']), {
    code: 0,
    stdout: 'Olga is operator now.\n',
    stderr: '',
  });
  const listed = await admin(['role', 'list', '--json']);
  t.match(JSON.parse(listed.stdout), { roles: [{ username: 'Olga', role: 'operator', granted_by: 'system' }] });
  t.same((await request(server.url, 'GET', '/me', { token: olga.token })).json.roles, ['operator']);
  t.match(await admin(['user', 'list']), { code: 0, stdout: /^Olga +\S{36} +operator\n$/ });
  t.match(await admin(['role', 'revoke', 'Olga', 'operator']), { code: 0 });
  t.equal((await admin(['role', 'list'])).stdout, '');

  const added = JSON.parse((await admin(['user', 'add', 'vera', '--json'])).stdout);
  const again = await admin(['user', 'reset', 'vera']);
  t.match(again, { code: 0, stdout: /^(\w{5}-){3}\w{5}\nis the code of vera/ });
  const code = again.stdout.split('\n')[0];
  const body = { username: 'vera', code, password: PASSWORD };
  t.equal((await request(server.url, 'POST', '/password/reset', { body })).status, 204);
  t.match(await admin(['user', 'deactivate', 'Vera']), { code: 0, stdout: 'vera is deactivated now.\n' });
  t.match((await admin(['user', 'list', 've'])).stdout, /^vera +\S{36} +deactivated\n$/);
  t.match(await admin(['user', 'reactivate', added.username]), { code: 0 });
  const token = await login(server.url, { username: 'vera', password: PASSWORD });
  await request(server.url, 'POST', '/pages', { token: olga.token, body: { name: 'Page' } });
  t.match(
    await admin(['user', 'transfer', 'olga', '--to', 'VERA']),
    { code: 0, stdout: 'vera now owns 1 pages and 0 groups of Olga.\n' },
    'PERM-16',
  );
  t.match((await request(server.url, 'GET', '/pages', { token })).json, [{ owner_id: added.id }]);
  t.match(await admin(['user', 'transfer', 'olga']), { code: 1, stderr: /takes NAME --to NAME/ });
  t.match(await admin(['session', 'list', 'olga']), { code: 0, stdout: /^\S{36} +\S+Z +\S+Z\n$/ });
  t.match(await admin(['session', 'end', 'olga']), { code: 0, stdout: 'Olga has no session any more.\n' });
  t.equal((await request(server.url, 'GET', '/me', { token: olga.token })).status, 401);
  t.match(await admin(['socket', 'list', '--json']), { code: 0, stdout: '{"sockets":[]}\n' });
  t.match(await admin(['socket', 'close', 'x']), { code: 1, stderr: /Socket not found/ });

  t.match(await admin(['role', 'grant', 'nobody', 'operator']), { code: 1, stderr: /no user with the name nobody/ });
  t.match(await admin(['role', 'grant', 'Olga', 'king']), { code: 1, stderr: /role/ });
  t.match(await admin(['role', 'grant', 'Olga']), { code: 1, stderr: /takes NAME ROLE/ });
  t.match(await admin(['do', 'it']), { code: 1, stderr: /no command do it/ });
  t.match(await admin(['--help']), { code: 0, stdout: /role grant NAME ROLE/ });
  const stranger = await admin(['role', 'list'], { JWT_SECRET_KEY: JWT_SECRET });
  t.match(stranger, { code: 1, stderr: /does not take the token/ });
  t.match(await admin(['role', 'list', '--url', 'http://192.0.2.1:1']), { code: 1, stderr: /use https/ });
  t.match(await admin(['role', 'list', '--url', 'http://127.0.0.1:9']), { code: 1, stderr: /is the server running/ });
  for (const text of [JWT_SECRET, PASSWORD]) t.notMatch(stranger.stderr + server.stdout, text);
});

t.test('ADM-11 ADM-12 a secret is rotated and an invitation issued by commands on the machine', async (t) => {
  const dataDir = temporaryFolder(t);
  const environment = { JWT_SECRET_KEY: '', REGISTRATION: 'invite' };
  const start = async (): Promise<ServerProcess> => {
    const started = await ServerProcess.start({ dataDir, environment });
    t.teardown(() => started.end('SIGKILL'));
    return started;
  };
  let server = await start();
  const admin = (...args: string[]) =>
    ServerProcess.run({
      dataDir,
      environment: { ...environment, PORT: String(server.port) },
      script: 'cli/admin',
      args,
    });
  const invited = await admin('invite');
  t.match(invited, { code: 0, stdout: /^inv_\S+\n/, stderr: '' });
  const code = /^\S+/.exec(invited.stdout)![0];
  const register = (username: string) =>
    request(server.url, 'POST', '/register', { body: { username, password: PASSWORD, code } });
  t.equal((await register('vera')).status, 201);
  t.match(await register('zoe'), { status: 403, json: { code: 'registration_closed' } }, 'one account');

  const meStatus = async (token: string) => (await request(server.url, 'GET', '/me', { token })).status;
  const before = await login(server.url, { username: 'vera', password: PASSWORD });
  const rotated = await admin('secret', 'rotate');
  t.match(rotated, { code: 0, stdout: /jwt-secret begins with a new secret\. Restart the server/, stderr: '' });
  t.equal(await meStatus(before), 200, 'nothing changes before the restart');
  await server.end('SIGTERM');
  server = await start();
  t.equal(await meStatus(before), 200, 'nobody is logged out');
  const after = await login(server.url, { username: 'vera', password: PASSWORD });
  t.match(await admin('user', 'list'), { code: 0, stdout: /^vera / }, 'the commands sign with the new one');
  t.match(await admin('secret', 'rotate', '--json'), { code: 0, stdout: /^\{"file":".*jwt-secret"\}\n$/ });
  await server.end('SIGTERM');
  server = await start();
  t.same([await meStatus(before), await meStatus(after)], [401, 200], 'rotated again, the oldest is gone');
  const kept = readFileSync(join(dataDir, 'jwt-secret'), 'utf8').trim().split(',');
  for (const secret of kept) t.notMatch(rotated.stdout + server.stdout, secret, 'it is nowhere else');
});

t.test(
  'ADM-4 over TLS the command talks to the server of its own certificate alone',
  { skip: noOpenssl },
  async (t) => {
    const dataDir = temporaryFolder(t);
    const [own, others] = [makeCertificate(temporaryFolder(t)), makeCertificate(temporaryFolder(t))];
    const tls = ({ certificate, key }: Certificate) => ({ TLS_CERT_FILE: certificate, TLS_KEY_FILE: key });
    const server = await ServerProcess.start({ dataDir, environment: tls(own) });
    t.teardown(() => server.end('SIGKILL'));
    const admin = (environment: Record<string, string>, ...args: string[]) =>
      ServerProcess.run({
        dataDir,
        environment: { ...environment, PORT: String(server.port) },
        script: 'cli/admin',
        args,
      });
    t.match(await admin(tls(own), 'user', 'add', 'vera'), { code: 0, stdout: /is the code of vera/, stderr: '' });
    t.match(await admin(tls(others), 'user', 'list'), {
      code: 1,
      stdout: '',
      stderr: /another certificate is served there than that of TLS_CERT_FILE/,
    });
    t.match(await admin({}, 'user', 'list'), { code: 1, stdout: '' }, 'without TLS');
  },
);
