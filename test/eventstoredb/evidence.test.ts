/** The evidence of several nodes on one EventStoreDB; on the stand-in where no server is named by TEST_EVENT_STORE. */
import { generateKeyPairSync, randomUUID } from 'node:crypto';

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { exportBundle } from '../../src/cli/bundle/bundle-export.js';
import { verifyBundle } from '../../src/cli/bundle/bundle-verification.js';
import { historyOf } from '../../src/cli/history-source.js';
import { migrate } from '../../src/cli/migration.js';
import { ReplayEnd } from '../../src/cli/replay-end.js';
import { buildTablesThen } from '../../src/cli/tables-then.js';
import { parseCheckpoint } from '../../src/evidence/checkpoint.js';
import { parseNote } from '../../src/evidence/signed-note.js';
import { checkTree } from '../../src/evidence/tree-check.js';
import { TreeFiles } from '../../src/evidence/tree-files.js';
import { EventStoreDbImport } from '../../src/log/eventstoredb/import.js';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { openSqliteExport } from '../../src/log/sqlite/export.js';
import { openTextReader } from '../../src/log/text-reader.js';
import { asAdmin, SECRET } from '../admin/admin-server.js';
import { request } from '../e2e/http-requests.js';
import { type Person, person } from '../e2e/test-server.js';
import { randomFrom } from '../evidence/altered-log.js';
import { exportedLog } from '../evidence/exported-log.js';
import { anyStore, freshPrefix } from '../log/any-store.js';
import { ServerProcess } from '../process/server-process.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { twoNodes } from './two-nodes.js';

const unique = (name: string): string => `${name}-${randomUUID().slice(0, 8)}`;

/** The text of the newest checkpoint, or of one that covers a position, as soon as the node has it. */
async function checkpoint(url: string, { token }: Person, position?: string): Promise<string> {
  for (;;) {
    const answer = await fetch(`${url}/audit/checkpoint${position === undefined ? '' : `?position=${position}`}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    if (answer.status === 200) return answer.text();
    if (answer.status !== 503) throw new Error(`${answer.status}: ${await answer.text()}`);
  }
}

t.test('EVID-8 two nodes, and one that was down, have the same tree and the same key', async (t) => {
  const folder = temporaryFolder(t);
  const keyFile = join(folder, 'key.pem');
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(keyFile, pem, { mode: 0o600 });
  const { nodes } = await twoNodes(t, { EVIDENCE_KEY_FILE: keyFile, JWT_SECRET_KEY: SECRET });
  const [a, b] = nodes;
  const aida = await person(t, a.server.url, unique('aida'));
  const granted = await asAdmin(a.server.url, 'POST', `/admin/users/${aida.id}/roles`, { body: { role: 'auditor' } });
  t.equal(granted.status, 204);
  const write = async (url: string): Promise<string> =>
    (await request(url, 'POST', '/pages', { token: aida.token, body: { name: unique('page') } })).headers.get(
      'log-position',
    ) ?? '';
  await b.server.end('SIGKILL');
  let last = '';
  for (let at = 0; at < 40; at += 1) last = await write(a.server.url);
  const one = await checkpoint(a.server.url, aida, last);
  const back = await ServerProcess.start({ dataDir: b.dataDir, environment: b.environment });
  t.teardown(() => back.end('SIGKILL'));
  t.equal(await checkpoint(back.url, aida, last), one, 'the node that was down has computed the same');
  last = await write(back.url);
  const [left, right] = await Promise.all([checkpoint(a.server.url, aida, last), checkpoint(back.url, aida, last)]);
  t.equal(left, right);
  t.not(parseNote(left)?.text, parseNote(one)?.text);
});

t.test('EVID-2 nodes without a given key serve the tree, sign nothing, and say so', async (t) => {
  const { nodes } = await twoNodes(t, { JWT_SECRET_KEY: SECRET });
  const [a] = nodes;
  const aida = await person(t, a.server.url, unique('aida'));
  await asAdmin(a.server.url, 'POST', `/admin/users/${aida.id}/roles`, { body: { role: 'auditor' } });
  t.equal((await request(a.server.url, 'GET', '/audit/key', { token: aida.token })).status, 404);
  const text = await checkpoint(a.server.url, aida);
  t.match(text, /^alarm-server\/.+\n\d+\n.+\n$/, 'a tree head');
  t.equal(parseNote(text), undefined, 'and not a signed one');
  t.equal((await request(a.server.url, 'GET', '/ready')).json.evidence, 'unsigned');
});

t.test(
  'EVID-8 REPLAY-1 a migrated log keeps its tree, its checkpoints and its proofs, and is replayed as before',
  async (t) => {
    const { url } = await anyStore(t);
    const prefix = freshPrefix();
    const before = await exportedLog(120, randomFrom(8));
    t.teardown(() => {
      before.close();
      rmSync(before.folder, { recursive: true });
    });
    const bundle = join(temporaryFolder(t), 'bundle');
    const formats = new Set(['ndjson'] as const);
    const asked = { from: '#20', to: '#90', page: undefined, formats, anchors: [], onProgress: () => undefined };
    await exportBundle(before.connection(), { ...asked, folder: bundle });

    const source = openSqliteExport(join(before.folder, 'log.db'));
    const target = new EventStoreDbImport({ connectionString: url, prefix, onTrouble: () => undefined });
    await migrate(source, target, { onFound: () => undefined, onCopied: () => undefined, onVerify: () => undefined });
    source.close();
    await target.close();

    const engine = { engine: 'eventstoredb', connectionString: url, prefix } as const;
    const reader = await openTextReader(engine);
    const files = new TreeFiles(join(before.folder, 'evidence'), false);
    const checkpoints = [1, 50, 120].map((size) => parseCheckpoint(before.checkpoint(size))!.checkpoint);
    const after = await checkTree({ reader, files, mayWrite: true, checkpoints });
    t.match(after, { fault: undefined, confirmed: 3, size: 120 });
    const [first] = await reader.read(undefined, 1);
    t.equal(files.position(0), first?.position, 'with the positions of the new engine');
    files.close();
    await reader.close();
    const note = before.checkpoint(120);
    const report = await verifyBundle({
      folder: bundle,
      anchors: [{ file: 'of then', note }],
      onProgress: () => undefined,
    });
    t.match(report, { verdict: 'holds' }, 'what was exported before still holds');

    const tables = [];
    for (const [name, of] of [
      ['sqlite', { engine: 'sqlite', file: join(before.folder, 'log.db') }],
      ['store', engine],
    ] as const) {
      const history = await historyOf(of);
      const file = join(before.folder, `${name}.db`);
      await buildTablesThen(history, new ReplayEnd('#80'), file, () => undefined);
      await history.close();
      const db = openDatabase(file, { readonly: true });
      tables.push(db.prepare('SELECT page_id, seq, type, at, data FROM alarm_events ORDER BY page_id, seq').all());
      db.close();
    }
    t.same(tables[1], tables[0]);
    t.ok(tables[0]!.length > 60);
  },
);
