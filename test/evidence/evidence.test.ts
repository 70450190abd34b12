/** The evidence of a running server: who gets it, what it proves, and what happens when the log is not what was signed. */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { connectAsAuditor } from '../../src/cli/auditor-connection.js';
import { type Anchor, readAnchors, verifyEvidence } from '../../src/cli/evidence-verification.js';
import { verifyServed } from '../../src/cli/served-evidence.js';
import { entryOf } from '../../src/evidence/event-entry.js';
import { GrowingTree, isConsistent, isIncluded, leafHash } from '../../src/evidence/merkle-tree.js';
import { isSignedBy, parseNote, parseVerifierKey } from '../../src/evidence/signed-note.js';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { openTextReader } from '../../src/log/text-reader.js';
import { type AdminServer, startAdminServer } from '../admin/admin-server.js';
import { request } from '../e2e/http-requests.js';
import type { Person } from '../e2e/test-server.js';

interface Head {
  readonly note: string;
  readonly size: number;
  readonly root: Buffer;
}

async function bytesOf(url: string, path: string, token: string): Promise<Buffer> {
  const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return Buffer.from(await answer.arrayBuffer());
}

/** The checkpoint that covers a position, verified with the server's key. */
async function headAt(server: AdminServer, auditor: Person, position?: string): Promise<Head> {
  const { name, key } = parseVerifierKey((await bytesOf(server.url, '/audit/key', auditor.token)).toString());
  const query = position === undefined ? '' : `?position=${position}`;
  const note = (await bytesOf(server.url, `/audit/checkpoint${query}`, auditor.token)).toString();
  const opened = parseNote(note)!;
  if (!isSignedBy(opened, name, key)) throw new Error('not signed');
  const [, size, root] = opened.text.split('\n');
  return { note, size: Number(size), root: Buffer.from(root!, 'base64') };
}

/** Creates so many pages, some at a time; the position of the last. */
async function work(server: AdminServer, person: Person, events: number): Promise<string> {
  let position = 0;
  for (let at = 0; at < events; at += 20)
    await Promise.all(
      Array.from({ length: Math.min(20, events - at) }, async (_, more) => {
        const body = { name: `page ${at + more}` };
        const answer = await request(server.url, 'POST', '/pages', { token: person.token, body });
        position = Math.max(position, Number(answer.headers.get('log-position')));
      }),
    );
  return String(position);
}

/** Runs `npm run verify`, as it is built. */
function verify(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const tool = fileURLToPath(new URL('../../src/cli/verify.js', import.meta.url));
  const child = spawn(process.execPath, [tool, ...args], { env: { PATH: process.env['PATH'] ?? '', ...environment } });
  let text = '';
  child.stdout.on('data', (chunk) => (text += String(chunk)));
  child.stderr.on('data', (chunk) => (text += String(chunk)));
  return new Promise<{ code: number | null; text: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, text })),
  );
}

const dataDir = mkdtempSync(join(tmpdir(), 'alarm-server-'));
t.teardown(() => rmSync(dataDir, { recursive: true, force: true }));

/** One server for most of these tests, which follow one another. */
const start = () => startAdminServer(t, { dataDir });
let server = await start();
const [olga, aida, olaf] = await Promise.all([
  server.person('olga'),
  server.operator('aida', 'auditor'),
  server.operator('olaf'),
]);
const anchor = join(dataDir, 'anchor.txt');
const ready = async () => (await request(server.url, 'GET', '/ready', {})).json;

t.test('EVID-6 the evidence is for auditors; for everybody else there is nothing', async (t) => {
  for (const path of ['/audit/key', '/audit/checkpoint', '/audit/proof?index=0', '/audit/tile/0/000.p/1']) {
    t.equal((await request(server.url, 'GET', path, {})).status, 401, path);
    for (const { token } of [olga, olaf])
      t.match((await request(server.url, 'GET', path, { token })).json, { status: 404, code: 'not_found' }, path);
    t.ok((await bytesOf(server.url, path, aida.token)).length > 0, path);
  }
});

t.test('EVID-1 EVID-2 EVID-3 EVID-4 what is served proves every event and every earlier tree', async (t) => {
  const first = await headAt(server, aida, await work(server, olga, 3));
  const last = await work(server, olga, 280);
  const head = await headAt(server, aida, last);
  for (const path of ['/audit/checkpoint', '/audit/proof'])
    t.match(await request(server.url, 'GET', `${path}?position=999999`, { token: aida.token }), {
      status: 422,
      json: { errors: [{ field: 'position', message: /^is in the future: the log ends at position \d+$/ }] },
    });
  t.ok(head.size > 280, `${head.size} events`);
  t.equal((await headAt(server, aida)).size, head.size, 'the newest');

  const reader = await openTextReader({ engine: 'sqlite', file: join(dataDir, 'log.db') });
  const events = (await reader.read(undefined, 10_000)).slice(0, head.size);
  await reader.close();
  t.notOk(
    events.some(({ stream }) => stream.startsWith('credential-')),
    'nothing private',
  );
  const entries = events.map((event, at) => entryOf(event, at));
  const tree = new GrowingTree();
  for (const entry of entries) tree.push(leafHash(entry));
  t.same(tree.root(), head.root, 'the root is that of the entries');

  const get = (path: string) => bytesOf(server.url, path, aida.token);
  const rest = head.size - 256;
  const bundle = Buffer.concat([await get('/audit/tile/entries/000'), await get(`/audit/tile/entries/001.p/${rest}`)]);
  const served: string[] = [];
  for (let at = 0; at < bundle.length; ) {
    const length = bundle.readUInt16BE(at);
    served.push(bundle.subarray(at + 2, at + 2 + length).toString());
    at += 2 + length;
  }
  t.same(served, entries, 'entry bundles');
  const hashes = Buffer.concat([await get('/audit/tile/0/000'), await get(`/audit/tile/0/001.p/${rest}`)]);
  t.same(hashes, Buffer.concat(entries.map((entry) => leafHash(entry))), 'tiles of hashes');
  t.same(await get('/audit/tile/0/000.p/7'), hashes.subarray(0, 7 * 32), 'a partial tile of an earlier size');
  const half = new GrowingTree();
  for (const entry of entries.slice(0, 256)) half.push(leafHash(entry));
  t.same(await get('/audit/tile/1/000.p/1'), half.root(), 'a tile of the next level');
  for (const none of ['0/002', `0/001.p/${rest + 1}`, '1/000', '9/000.p/1', '0/0', 'entries/x001/000'])
    t.equal((await request(server.url, 'GET', `/audit/tile/${none}`, { token: aida.token })).status, 404, none);

  const proof = async (query: string) =>
    (await request(server.url, 'GET', `/audit/proof?${query}`, { token: aida.token })).json;
  for (const index of [0, 1, 255, 256, head.size - 1]) {
    const { hashes, size } = await proof(`index=${index}&size=${head.size}`);
    const path = hashes.map((hash: string) => Buffer.from(hash, 'base64'));
    t.ok(isIncluded(leafHash(entries[index]!), index, size, path, head.root), `event ${index} is included`);
    t.notOk(isIncluded(leafHash(`${entries[index]} `), index, size, path, head.root), 'and no other');
  }
  t.equal((await proof(`position=${last}&size=${head.size}`)).index, head.size - 1, 'by its position');
  const steps = await proof(`from_size=${first.size}&to_size=${head.size}`);
  const path = steps.hashes.map((hash: string) => Buffer.from(hash, 'base64'));
  t.ok(isConsistent(first.size, first.root, head.size, head.root, path), 'the earlier tree is its beginning');
  for (const wrong of [
    '',
    'index=1&position=2',
    'index=99999',
    `index=1&size=99999`,
    'from_size=0',
    'index=1&to_size=5',
    'index=x',
    'from_size=9&to_size=3',
  ])
    t.equal((await proof(wrong)).status, 422, wrong);

  t.equal(statSync(join(dataDir, 'evidence-key')).mode & 0o777, 0o600);
  t.ok(readFileSync(join(dataDir, 'checkpoints'), 'utf8').includes(JSON.stringify(head.note)), 'durable');
});

t.test('EVID-4 a restart goes on with the same tree and the same key', async (t) => {
  const before = await headAt(server, aida, await work(server, olga, 5));
  server = await server.restart();
  const after = await headAt(server, aida, await work(server, olga, 5));
  t.ok(after.size > before.size);
  const { hashes } = (
    await request(server.url, 'GET', `/audit/proof?from_size=${before.size}&to_size=${after.size}`, {
      token: aida.token,
    })
  ).json;
  const path = hashes.map((hash: string) => Buffer.from(hash, 'base64'));
  t.ok(isConsistent(before.size, before.root, after.size, after.root, path));
  t.equal((await request(server.url, 'GET', '/ready', {})).json.evidence, 'signed');
});

t.test('EVID-7 npm run verify: of a folder and of a server, with and without an anchor', async (t) => {
  writeFileSync(anchor, (await headAt(server, aida, await work(server, olga, 5))).note);
  const token = { ALARM_TOKEN: aida.token };
  await headAt(server, aida, await work(server, olga, 2));
  const folder = ['--data', dataDir];
  const served = ['--url', server.url];
  const [of, from, ...refused] = await Promise.all([
    verify([...folder, '--checkpoint', anchor]),
    verify(served, token),
    verify(served, { ALARM_TOKEN: olga.token }),
    verify([...folder, '--checkpoint', join(dataDir, 'log-head.json')]),
  ]);
  t.match([of.code, of.text], [0, /1 of them kept elsewhere.*Not proven: private events/s]);
  t.match([from.code, from.text], [0, /Not proven/], 'says without an anchor what it cannot prove');
  t.same(
    refused.map(({ code }) => code),
    [2, 2],
    'no auditor; no checkpoint',
  );
  const anchors = readAnchors([anchor]);
  const anchored = await verifyServed({
    connection: connectAsAuditor(server.url, aida.token),
    anchors,
    onProgress: () => undefined,
  });
  t.match(anchored, { holds: true, anchors: 1 });
  t.notMatch(anchored.sentences.join(), /Not proven/);
  const altered = anchors.map(({ file, note }) => ({
    file,
    note: note.replace(/^\d+$/m, (size) => `${Number(size) + 1}`),
  }));
  const forged = await verifyServed({
    connection: connectAsAuditor(server.url, aida.token),
    anchors: altered,
    onProgress: () => undefined,
  });
  t.match(forged, { holds: false, sentences: [/is not signed with the key that the server shows/] });
});

t.test(
  'EVID-5 an older copy of the log, put in its place by hand, gets a new id and is signed as another log',
  async (t) => {
    await server.app.stop();
    const older = join(dataDir, 'older.db');
    copyFileSync(join(dataDir, 'log.db'), older);
    server = await start();
    const given = await headAt(server, aida, await work(server, olga, 3));
    const { id } = server.app.log;
    await server.app.stop();
    for (const name of ['log.db', 'log.db-wal', 'log.db-shm', 'log-head.json', 'read-model.db'])
      if (existsSync(join(dataDir, name))) rmSync(join(dataDir, name));
    copyFileSync(older, join(dataDir, 'log.db'));
    server = await start();
    let state: string;
    do state = (await request(server.url, 'GET', '/ready', {})).json.evidence;
    while (state === 'checking');
    t.equal(state, 'signed');
    t.not(server.app.log.id, id);
    const { note, size } = await headAt(server, aida);
    t.ok(note.startsWith(`alarm-server/${server.app.log.id}\n`), 'it does not pass for the log that it was');
    t.ok(size < given.size);
  },
);

t.test('EVID-5 EVID-7 an altered log is said to be one, is served, and is never signed again', async (t) => {
  const signed = await headAt(server, aida);
  await server.app.stop();
  const db = openDatabase(join(dataDir, 'log.db'));
  const { position } = db.prepare(`SELECT position FROM events WHERE data LIKE '%page 3"%'`).get() as {
    position: number;
  };
  // A valid name, so that nothing but the evidence can find it.
  db.prepare(`UPDATE events SET data = replace(data, 'page 3', 'Page 3') WHERE position = ?`).run(position);
  db.close();
  const anew = mkdtempSync(join(tmpdir(), 'alarm-server-'));
  t.teardown(() => rmSync(anew, { recursive: true, force: true }));
  for (const name of ['log.db', 'evidence-key', 'log-head.json']) copyFileSync(join(dataDir, name), join(anew, name));
  const named = await verify(['--data', dataDir]);
  t.equal(named.code, 1);
  t.match(named.text, `position ${position}`, named.text);
  const inFolder = (anchors: readonly Anchor[]) =>
    verifyEvidence({ dataDir: anew, logFile: join(anew, 'log.db'), keyFile: undefined }, anchors, () => undefined);
  const alone = await inFolder([]);
  t.equal(alone.holds, true, 'whoever holds the disk signs anew: the folder alone does not show it');
  t.match(alone.sentences.join('\n'), /no signed checkpoint[^]*Not proven/);
  t.equal((await inFolder(readAnchors([anchor]))).holds, false, 'the anchor does');

  server = await start();
  let state = await ready();
  for (; state.evidence === 'checking'; state = await ready());
  t.match(state, { status: 'ready', evidence: 'differs' });
  t.match((await bytesOf(server.url, '/metrics', aida.token)).toString(), /alarm_server_evidence_intact 0\n/);
  const unsigned = await work(server, olga, 2);
  t.ok((await headAt(server, aida)).size >= signed.size, 'the last signed one is still served');
  const later = await request(server.url, 'GET', `/audit/checkpoint?position=${unsigned}`, { token: aida.token });
  t.equal(later.status, 503);
  const { length } = readFileSync(join(dataDir, 'checkpoints'));
  await server.app.stop();
  t.equal(readFileSync(join(dataDir, 'checkpoints')).length, length, 'nothing was signed');
});

const settings = (t: Test) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'alarm-server-'));
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }));
  return { dataDir };
};

t.test('EVID-5 a tree that cannot be written keeps nobody from working, and nothing is signed', async (t) => {
  const { dataDir } = settings(t);
  writeFileSync(join(dataDir, 'evidence'), 'in the way');
  const server = await startAdminServer(t, { dataDir });
  const [olga, aida] = [await server.person('olga'), await server.operator('aida', 'auditor')];
  await work(server, olga, 1);
  t.equal((await request(server.url, 'GET', '/audit/checkpoint', { token: aida.token })).status, 503);
  t.match((await request(server.url, 'GET', '/ready', {})).json, { status: 'ready', evidence: 'checking' });
  await server.app.stop();
  t.equal(readFileSync(join(dataDir, 'checkpoints'), 'utf8'), '');
});

t.test('EVID-2 a key that is given is used, and one that cannot be is refused', async (t) => {
  const { dataDir } = settings(t);
  const wrong = join(dataDir, 'wrong.pem');
  writeFileSync(wrong, 'no key');
  await t.rejects(
    startAdminServer(t, { dataDir, environment: { EVIDENCE_KEY_FILE: wrong } }),
    /no private key of Ed25519/,
  );
  await t.rejects(
    startAdminServer(t, { dataDir, environment: { EVIDENCE_KEY_FILE: join(dataDir, 'none') } }),
    /no such file/,
  );
});
