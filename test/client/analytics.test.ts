/** The examples of docs/analytics.md, as they are written there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root } from '../architecture/sources.js';
import { startServer } from '../e2e/test-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';

const folder = temporaryFolder(t);
const server = await startServer(t, { environment: { LIMITS: 'off' } });
const john = await server.person('john');
const client = await john.connect();
const { id: page_id } = await client.createPage({ name: 'Page' });
const { id } = await client.createAlarm({ page_id, ticker: 'EUR/USD', option: 'spot', condition: 'above' });
for (let price = 1; price <= 20; price += 1) await client.triggerAlarm({ alarm_id: id, price });

const text = readFileSync(join(root, 'docs/analytics.md'), 'utf8');
const example = (language: string): string => new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(text)![1]!;

async function run(command: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, ALARM_URL: server.url, ALARM_TOKEN: john.token, ALARM_DB: join(folder, 'events.db') };
  const child = spawn(command, args, { env, cwd: root });
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
