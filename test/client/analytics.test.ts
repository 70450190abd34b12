/** The examples of docs/analytics.md, as they are written there. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root } from '../architecture/sources.js';
import { request } from '../e2e/http-requests.js';
import { freePort, startServer } from '../e2e/test-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';

const folder = temporaryFolder(t);
const server = await startServer(t, { environment: { LIMITS: 'off', WEBHOOK_ALLOW: '127.0.0.1/32' } });
const john = await server.person('john');
const client = await john.connect();
const { id: page_id } = await client.createPage({ name: 'Page' });
const { id } = await client.createAlarm({ page_id, ticker: 'EUR/USD', option: 'spot', condition: 'above' });
for (let price = 1; price <= 20; price += 1) await client.triggerAlarm({ alarm_id: id, price });

const text = readFileSync(join(root, 'docs/analytics.md'), 'utf8');
const environment = {
  ...process.env,
  ALARM_URL: server.url,
  ALARM_TOKEN: john.token,
  ALARM_DB: join(folder, 'events.db'),
};

/** `at`: its place among those in this language. */
const example = (language: string, at = 0): string =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))][at]![1]!;

async function run(
  command: string,
  args: readonly string[],
  more: NodeJS.ProcessEnv = {},
  cwd = root,
): Promise<string> {
  const env = { ...environment, ...more };
  const child = spawn(command, args, { env, cwd });
  let [out, err] = ['', ''];
  child.stdout.on('data', (part: Buffer) => (out += part.toString()));
  child.stderr.on('data', (part: Buffer) => (err += part.toString()));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${err}`);
  return out;
}

t.test('CLI-22 with curl', async (t) => {
  const lines = (await run('sh', ['-c', example('sh')])).trim().split('\n');
  t.equal(lines.length, 23, '22 events and a mark');
  t.match(JSON.parse(lines.at(-1)!), { mark: { caught_up: true } });
});

/** DuckDB's own program, or its package for Node, whose entry DUCKDB_MODULE names. */
const duckdb = process.env['DUCKDB_BINARY'] ?? 'duckdb';
const duckdbModule = process.env['DUCKDB_MODULE'];
const hasDuckdb = duckdbModule !== undefined || spawnSync(duckdb, ['--version']).error === undefined;

/** Answers with the rows as JSON. */
const WITH_MODULE = `
  const { DuckDBInstance } = await import(process.env.DUCKDB_MODULE);
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const rows = (await connection.runAndReadAll(process.env.SQL)).getRowObjectsJson();
  console.log(JSON.stringify(rows));`;

t.test('CLI-22 DuckDB over what npm run tail writes', { skip: !hasDuckdb && 'no duckdb here' }, async (t) => {
  const tail = new URL('../../src/cli/tail.js', import.meta.url).pathname;
  const lines = await run(process.execPath, [tail, '--url', server.url, '--until-caught-up']);
  writeFileSync(join(folder, 'events.ndjson'), lines);
  const SQL = example('sql');
  const rows =
    duckdbModule === undefined
      ? await run(duckdb, ['-json', '-c', SQL], {}, folder)
      : await run(process.execPath, ['--input-type=module', '-e', WITH_MODULE], { SQL }, folder);
  const [row] = JSON.parse(rows) as Record<string, unknown>[];
  t.match(row, { ticker: 'EUR/USD', lowest: 1, highest: 20 });
  t.equal(Number(row!['triggers']), 20);
});

t.test('CLI-22 Python into SQLite, twice: the second time only what is new', async (t) => {
  const file = join(folder, 'copy.py');
  writeFileSync(file, example('python'));
  t.equal(await run('python3', [file]), 'AlarmCreated 1\nAlarmTriggered 20\nPageCreated 1\n');
  await client.triggerAlarm({ alarm_id: id, price: 21 });
  t.equal(await run('python3', [file]), 'AlarmCreated 1\nAlarmTriggered 21\nPageCreated 1\n');
});

t.test('CLI-22 Node, with the client library', async (t) => {
  const lines = (await run(process.execPath, ['--input-type=module', '-e', example('js')])).trim().split('\n');
  t.equal(lines.length, 21);
  t.match(lines[0], /^\d{4}-.*Z EUR\/USD 1$/);
});

t.test('CLI-22 SUB-2 two workers share the events, each page in its order', async (t) => {
  const pages: string[] = [page_id];
  for (let at = 0; at < 6; at += 1) {
    const page = await client.createPage({ name: `Page ${at}` });
    const alarm = await client.createAlarm({ page_id: page.id, ticker: 'USD/JPY', option: 'spot', condition: 'above' });
    for (let price = 1; price <= 3; price += 1) await client.triggerAlarm({ alarm_id: alarm.id, price });
    pages.push(page.id);
  }
  const worker = (name: string) =>
    run(process.execPath, ['--input-type=module', '-e', example('js', 1)], { WORKER: name });
  const lines = (await Promise.all([worker('one'), worker('two')])).flatMap((out) => out.trim().split('\n'));
  const told = lines.filter((line) => line !== '').map((line) => line.split(' ') as [string, string, string]);
  t.equal(told.length, 21 + 18, 'each once');
  for (const page of pages) {
    const ofPage = told.filter(([, id]) => id === page);
    t.equal(new Set(ofPage.map(([partition]) => partition)).size, 1, 'of one worker');
    const seqs = ofPage.map(([, , seq]) => Number(seq));
    t.same(
      seqs,
      [...seqs].sort((a, b) => a - b),
    );
  }
});

t.test('CLI-22 HOOK-1 a receiver of webhooks that verifies the signatures', async (t) => {
  const port = await freePort();
  const { json } = await request(server.url, 'PUT', '/subscriptions/hook', {
    token: john.token,
    body: { types: ['AlarmTriggered'], start: 'now', webhook: { url: `http://127.0.0.1:${port}/` } },
  });
  const receiver = spawn(process.execPath, ['--input-type=module', '-e', example('js', 2)], {
    env: { ...environment, PORT: String(port), WEBHOOK_SECRET: json.webhook.secret },
    cwd: root,
  });
  t.teardown(() => receiver.kill());
  let out = '';
  const until = (what: RegExp): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!what.test(out)) return;
        receiver.stdout.off('data', look);
        resolve();
      };
      receiver.stdout.on('data', look);
      look();
    });
  receiver.stdout.on('data', (part: Buffer) => (out += part.toString()));
  await until(/ready/);
  const forged = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '[]' });
  t.equal(forged.status, 401);
  await client.triggerAlarm({ alarm_id: id, price: 99 });
  await until(/ 99\n/);
  t.match(out, new RegExp(`^ready\n${page_id} \\d+ 99\n$`));
});
