/**
 * Data folders that earlier versions left (test/fixtures, written by write-data-folder.ts): today's server comes up on each, serves what
 * that version served, and keeps its tables.
 */
import t from 'tap';
import { createTokens } from '../../src/auth/tokens.js';
import { logFile, readModelFile } from '../../src/config.js';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { request } from '../e2e/http-requests.js';
import { opens, servedTo } from './data-folder-story.js';
import { copyOf, earlierFolders, known } from './earlier-folders.js';
import { JWT_SECRET, ServerProcess } from './server-process.js';

/** The tables and indexes of a file, as SQLite keeps their definitions. */
function schemaOf(file: string): { name: string; sql: string }[] {
  const db = openDatabase(file, { readonly: true });
  try {
    return db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name').all() as {
      name: string;
      sql: string;
    }[];
  } finally {
    db.close();
  }
}

for (const earlier of earlierFolders) {
  const { version, story, served } = earlier;
  t.test(`UPG-1 a data folder of ${version} comes up and is served as it was`, async (t) => {
    const dataDir = copyOf(earlier, t);
    const logSchema = schemaOf(logFile(dataDir));
    const modelSchema = schemaOf(readModelFile(dataDir));
    const server = await ServerProcess.start({ dataDir });
    t.teardown(() => server.end('SIGKILL'));
    t.same(known(await servedTo(server.url, story), served), served, 'states, histories, groups, rights');

    for (const account of story.replaced)
      t.notOk(await opens(server.url, account), `a replaced password of ${account.username} stays replaced`);
    for (const account of story.left ?? []) {
      const { status, json } = await request(server.url, 'POST', '/login', { body: account });
      t.same([status, json.code], [403, 'account_deactivated'], `${account.username} is still deactivated`);
    }
    const tokens = createTokens({ secret: Buffer.from(JWT_SECRET), expireMinutes: 60, sessionDays: 7 });
    for (const { isGoing, ...session } of story.sessions) {
      const token = await tokens.issue({ ...session, authTime: Math.floor(Date.now() / 1_000) });
      t.equal((await request(server.url, 'GET', '/me', { token })).status, isGoing ? 200 : 401, session.sessionId);
    }

    const { username, key, path, body, answer, position } = story.acknowledged;
    const { password } = story.accounts.find((account) => account.username === username)!;
    const login = await request(server.url, 'POST', '/login', { body: { username, password } });
    const again = await request(server.url, 'POST', path, {
      token: login.json.access_token,
      body,
      idempotencyKey: key,
    });
    t.same(
      [known(again.json, answer), again.headers.get('log-position')],
      [answer, position],
      'an acknowledged command, once',
    );
    t.same(known(await servedTo(server.url, story), served), served, 'which changed nothing');

    const { stdout, stderr } = await server.end('SIGTERM');
    const untilReady = stdout.slice(0, stdout.indexOf('is ready'));
    const remarkable = untilReady.split('\n').filter((line) => /"level":(40|50|60)/.test(line));
    const rebuilds = remarkable.filter((line) =>
      line.includes('The read model is built anew: it was written by another version'),
    );
    t.same(
      remarkable,
      rebuilds,
      'nothing was restored or otherwise remarkable, but that the tables may be of another version',
    );
    t.equal(stderr, '');
    t.same(schemaOf(logFile(dataDir)), logSchema, "the log's tables are as they were");
    const now = schemaOf(readModelFile(dataDir));
    for (const { name, sql } of modelSchema.filter(({ name }) => !replaced.has(name))) {
      const lines = linesOf(now.find((table) => table.name === name)?.sql);
      t.same(
        linesOf(sql).filter((line) => !lines.includes(line)),
        [],
        `the read model's ${name} is as it was; columns may have been added, as tables may`,
      );
    }
  });
}

/** Tables of the read model that others have replaced, under other names: `moments` by `log_marks`. */
const replaced: ReadonlySet<string> = new Set(['moments']);

/** The lines of a table's definition, without the commas between them. */
const linesOf = (sql: string | null | undefined): string[] =>
  (sql ?? '').split('\n').map((line) => line.trim().replace(/,$/, ''));
