/** The real process behind a proxy that was not named. */
import t from 'tap';
import { request } from '../e2e/http-requests.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { ServerProcess } from './server-process.js';

t.test('AUTH-23 it says so once, with the setting', async (t) => {
  const server = await ServerProcess.start({
    dataDir: temporaryFolder(t),
    environment: { TRUSTED_PROXIES: '10.0.0.0/8' },
  });
  for (let at = 0; at < 5; at += 1)
    await request(server.url, 'GET', '/health', { headers: { 'X-Forwarded-For': `203.0.113.${at}` } });
  const { stdout } = await server.end('SIGTERM');
  const warnings = stdout.split('\n').filter((line) => line.includes('X-Forwarded-For'));
  t.equal(warnings.length, 1);
  t.match(JSON.parse(warnings[0]!), { level: 40, address: '127.0.0.1', msg: /add it to TRUSTED_PROXIES$/ });
});
