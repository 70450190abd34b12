/** docs/audit.md: every command in it, run as an auditor runs it, against a server that a desk has worked on. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { startAdminServer } from '../admin/admin-server.js';
import { root } from '../architecture/sources.js';
import { request } from '../e2e/http-requests.js';
import { temporaryFolder } from '../projections/temporary-folder.js';

/** The shell commands of the page, a block after another, with the built tools where npm would build them first. */
function commandsIn(document: string): string {
  const tools = fileURLToPath(new URL('../../src/cli/', import.meta.url));
  const blocks = [...document.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) =>
    block.replaceAll(/^npm run --silent (\w+) --/gm, (_all, tool: string) => `"$NODE" "${join(tools, `${tool}.js`)}"`),
  );
  return ['set -euo pipefail', ...blocks.map((block, at) => `echo "== ${at}"\n${block}`)].join('\n');
}

function run(script: string, cwd: string, environment: Readonly<Record<string, string>>) {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn('bash', ['-c', script], { cwd, env: { PATH, HOME, NODE: process.execPath, ...environment } });
  let text = '';
  child.stdout.on('data', (chunk) => (text += String(chunk)));
  child.stderr.on('data', (chunk) => (text += String(chunk)));
  return new Promise<{ code: number | null; text: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, text })),
  );
}

t.test('EXP-1 EVID-9 REPLAY-2 every command of docs/audit.md does what the page says', async (t) => {
  const document = readFileSync(join(root, 'docs/audit.md'), 'utf8');
  t.notMatch(commandsIn(document), /npm run/, 'no command is left out');
  const dataDir = temporaryFolder(t);
  const server = await startAdminServer(t, { dataDir });
  const from = new Date().toISOString();
  const [olga, paul, aida] = await Promise.all([
    server.person('olga'),
    server.person('paul'),
    server.operator('aida', 'auditor'),
  ]);
  const post = async (path: string, body: unknown) =>
    (await request(server.url, 'POST', path, { token: olga.token, body })).json;
  const page = await post('/pages', { name: '=Desk' });
  const group = await post('/groups', { name: 'Euro' });
  const other = await post('/pages', { name: 'Other' });
  await post(`/pages/${page.id}/shares`, {
    subject_type: 'user',
    subject_id: paul.id,
    can_view: true,
    can_edit: false,
  });
  const alarm = await post(`/pages/${page.id}/alarms`, { ticker: 'EURUSD', option: '', condition: '> 1' });
  for (const price of [1.5, -2.25]) await post(`/alarms/${alarm.id}/trigger`, { price });
  const folder = temporaryFolder(t);
  const { code, text } = await run(commandsIn(document), folder, {
    URL: server.url,
    ALARM_TOKEN: aida.token,
    DATA_DIR: dataDir,
    PAGE: page.id,
    GROUP: group.id,
    USER_ID: paul.id,
    FROM: from,
    TO: new Date().toISOString(),
  });
  t.equal(code, 0, text);
  const lines = readFileSync(join(folder, 'page.ndjson'), 'utf8').split('\n').slice(0, -1);
  const types = lines.map((line) => (JSON.parse(line) as { type: string }).type);
  t.same(
    types.filter((type) => /^(Page|Alarm)/.test(type)),
    ['PageCreated', 'PageShared', 'AlarmCreated', 'AlarmTriggered', 'AlarmTriggered'],
  );
  t.match(readFileSync(join(folder, 'page.csv'), 'utf8'), /'=Desk/);
  t.match(text, /"username":"paul","right":"view"/, 'who could see it');
  t.match(text, /"name":"Euro"/, 'through which group');
  t.match(text, /olga triggered the alarm "EURUSD · > 1" at -2.25 on the page "=Desk"/, 'replayed');
  t.equal(text.match(/holds\.\n/g)?.length, 3, 'three bundles hold');
  t.match(text, /None between them is missing/);
  for (const name of ['bundle/VERIFY.md', 'bundle/events.parquet', 'then.db'])
    t.ok(existsSync(join(folder, name)), name);
  t.notMatch(readFileSync(join(folder, 'page-bundle/events.ndjson'), 'utf8'), other.id, 'nothing of another page');
});
