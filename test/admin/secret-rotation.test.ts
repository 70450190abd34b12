/** A secret that is exchanged while people are logged in. */
import { randomBytes } from 'node:crypto';
import t from 'tap';
import { request } from '../e2e/http-requests.js';
import { startServer } from '../e2e/test-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';

t.test('ADM-11 a rotated secret logs nobody out, and one that is taken away does', async (t) => {
  const [old, fresh] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];
  const dataDir = temporaryFolder(t);
  let server = await startServer(t, { dataDir, environment: { JWT_SECRET_KEY: old } });
  const { token } = await server.person('john');
  const statusOf = async (bearer: string) => (await request(server.url, 'GET', '/me', { token: bearer })).status;
  await server.app.stop();
  server = await startServer(t, { dataDir, environment: { JWT_SECRET_KEY: `${fresh},${old}` } });
  t.equal(await statusOf(token), 200);
  const renewed = (await request(server.url, 'POST', '/token', { token })).json.access_token;
  await server.app.stop();
  server = await startServer(t, { dataDir, environment: { JWT_SECRET_KEY: fresh } });
  t.same([await statusOf(token), await statusOf(renewed)], [401, 200]);
});
