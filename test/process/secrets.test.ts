import t from 'tap';
import { logFile } from '../../src/config.js';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { openRaw } from '../e2e/raw-socket.js';
import { PASSWORD, person } from '../e2e/test-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { JWT_SECRET, ServerProcess } from './server-process.js';

const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const WRONG = 'a wrong password of somebody';
const NEW = 'the password of a new user';
const FORGED = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJqb2huIn0.forged-signature';

t.test(
  'RUN-6 even with LOG_LEVEL=trace no password, token, hash or secret is in the log, in an error or in the metrics',
  async (t) => {
    const dataDir = temporaryFolder(t);
    const server = await ServerProcess.start({ dataDir, environment: { LOG_LEVEL: 'trace' } });
    t.teardown(() => server.end('SIGKILL'));
    const { url } = server;
    const john = await person(t, url, 'john');
    const answers: string[] = [];
    const ask = async (method: string, path: string, options: Parameters<typeof request>[3] = {}): Promise<number> => {
      const { status, text } = await request(url, method, path, options);
      answers.push(text);
      return status;
    };

    t.equal(
      await ask('POST', '/login', {
        body: new URLSearchParams({ username: 'john', password: WRONG }).toString(),
        headers: form,
      }),
      401,
    );
    t.equal(
      await ask('POST', '/login', {
        body: new URLSearchParams({ username: 'nobody', password: WRONG }).toString(),
        headers: form,
      }),
      401,
    );
    t.equal(
      await ask('POST', '/login', {
        body: `username=john&username=john&password=${encodeURIComponent(WRONG)}&password=`,
        headers: form,
      }),
      400,
    );
    t.equal(await ask('POST', '/register', { body: { username: 'john', password: NEW } }), 409);
    t.equal(await ask('POST', '/register', { body: { username: '', password: NEW } }), 422);
    t.equal(await ask('POST', '/register', { body: `{"username": "new", "password": "${NEW}"` }), 400);
    t.equal(await ask('POST', '/register', { body: { username: 'new', password: [NEW] } }), 422);
    t.equal(await ask('GET', '/me', { token: FORGED }), 401);
    t.equal(await ask('GET', '/pages', { token: `${john.token}x` }), 401);
    t.equal(await ask('GET', `/pages/${john.token}`, { token: john.token }), 404);
    t.equal(await ask('GET', '/pages', { token: john.token }), 200);
    for (const token of [FORGED, `${john.token}x`]) {
      await t.rejects(openRaw(t, url, token), /401/);
      await t.rejects(openRaw(t, url, '', { Authorization: `Bearer ${token}` }), /401/);
    }
    const desk = await sitDown(t, server, john);
    await desk.must('create_page', { name: 'Desk' });
    desk.send(`{"type":"${PASSWORD}`);
    await desk.next('error');
    desk.socket.close();
    await desk.closed;
    const { text: metrics } = await request(url, 'GET', '/metrics');
    const { code, stdout, stderr } = await server.end('SIGTERM');
    t.equal(code, 0);
    t.match(stdout, /"msg":"socket connected"/, 'it was logged');

    const log = openDatabase(logFile(dataDir), { readonly: true });
    const hashes = (log.prepare(`SELECT data FROM events WHERE type = 'CredentialSet'`).pluck().all() as string[]).map(
      (data) => (JSON.parse(data) as { hash: string }).hash,
    );
    log.close();
    t.ok(hashes.length > 0 && hashes.every((hash) => hash.startsWith('$argon2id$')));
    const signature = (token: string): string => token.slice(token.lastIndexOf('.') + 1);
    const secrets = {
      PASSWORD,
      WRONG,
      NEW,
      JWT_SECRET,
      forged: signature(FORGED),
      token: signature(john.token),
      ...Object.fromEntries(hashes.map((hash, at) => [`hash ${at}`, hash.slice(hash.lastIndexOf('$') + 1)])),
    };
    const shown = { stdout, stderr, metrics, answers: answers.join('\n') };
    for (const [where, text] of Object.entries(shown)) {
      for (const [name, secret] of Object.entries(secrets)) {
        const isThere = [
          secret,
          encodeURIComponent(secret),
          new URLSearchParams({ '': secret }).toString().slice(1),
          Buffer.from(secret).toString('base64'),
        ].some((form) => text.includes(form));
        t.notOk(isThere, `${name} is not in ${where}`);
      }
    }
  },
);
