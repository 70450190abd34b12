/**
 * Data folders that earlier versions left (test/fixtures, written by write-data-folder.ts): today's server comes up on each, serves what
 * that version served, and keeps its tables.
 */
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createTokens } from '../../src/auth/tokens.js';
import { logFile, readModelFile } from '../../src/config.js';
import { bootId, filesOf, knownHeadFile } from '../../src/log/known-head.js';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { root } from '../architecture/sources.js';
import { request } from '../e2e/http-requests.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { opens, type Story, servedTo } from './data-folder-story.js';
import { JWT_SECRET, ServerProcess } from './server-process.js';

const fixtures = join(root, 'test/fixtures');

interface Definition {
  readonly type: string;
  readonly name: string;
  readonly sql: string | null;
}

/** The tables and indexes of a file, as SQLite keeps their definitions. */
function schemaOf(file: string): Definition[] {
  const db = openDatabase(file, { readonly: true });
  try {
    return db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name').all() as Definition[];
  } finally {
    db.close();
  }
}

/**
 * An upgrade finds the files where they were; a copy of them would count as a restored log, and get a new id. And it finds them readable
 * by their owner alone, which Git does not keep.
 */
function asWrittenHere(dataDir: string): void {
  for (const name of readdirSync(dataDir)) chmodSync(join(dataDir, name), 0o600);
  const known: unknown = JSON.parse(readFileSync(knownHeadFile(dataDir), 'utf8'));
  writeFileSync(
    knownHeadFile(dataDir),
    JSON.stringify({ ...(known as object), files: filesOf(logFile(dataDir)), boot: bootId() }),
  );
}

/** Of the log and of the read model. */
const schemasIn = (dataDir: string): [Definition[], Definition[]] => [
  schemaOf(logFile(dataDir)),
  schemaOf(readModelFile(dataDir)),
];

/** Of what is served now, the fields that were served then: later versions may add some. */
function known(now: any, then: any): unknown {
  if (typeof now !== 'object' || now === null || typeof then !== 'object' || then === null) return now;
  if (Array.isArray(now)) return now.map((one, at) => known(one, then[at]));
  return Object.fromEntries(
    Object.entries(now)
      .filter(([field]) => field in then)
      .map(([field, one]) => [field, known(one, then[field])]),
  );
}

for (const version of readdirSync(fixtures).filter((name) => existsSync(join(fixtures, name, 'served.json')))) {
  t.test(`UPG-1 a data folder of ${version} comes up and is served as it was`, async (t) => {
    const { story, served } = JSON.parse(readFileSync(join(fixtures, version, 'served.json'), 'utf8')) as {
      story: Story;
      served: unknown;
    };
    const dataDir = temporaryFolder(t);
    cpSync(join(fixtures, version, 'data-folder'), dataDir, { recursive: true });
    asWrittenHere(dataDir);
    const schemas = schemasIn(dataDir);
    const server = await ServerProcess.start({ dataDir });
    t.teardown(() => server.end('SIGKILL'));
    t.same(known(await servedTo(server.url, story), served), served, 'states, histories, groups, rights');

    for (const account of story.replaced)
      t.notOk(await opens(server.url, account), `a replaced password of ${account.username} stays replaced`);
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
    t.same([again.json, again.headers.get('log-position')], [answer, position], 'an acknowledged command, once');
    t.same(known(await servedTo(server.url, story), served), served, 'which changed nothing');

    const { stdout, stderr } = await server.end('SIGTERM');
    const untilReady = stdout.slice(0, stdout.indexOf('is ready'));
    t.same(
      untilReady
        .split('\n')
        .filter((line) => /"level":(40|50|60)/.test(line))
        .filter((line) => !line.includes('The read model is built anew: it was written by another version')),
      [],
      'nothing was restored, repaired or refused',
    );
    t.equal(stderr, '');
    const now = schemasIn(dataDir);
    t.same(now[0], schemas[0], 'the log is stored as it was');
    const names = new Set(schemas[1].map(({ name }) => name));
    t.same(
      now[1].filter(({ name }) => names.has(name)),
      schemas[1],
      'the tables that were there are defined as they were',
    );
    const fresh = temporaryFolder(t);
    await (await ServerProcess.start({ dataDir: fresh })).end('SIGTERM');
    t.same(schemasIn(fresh), now, 'and all are as in a new folder');
  });
}
