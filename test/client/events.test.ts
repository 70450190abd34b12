/** The iterator over events and `npm run tail`: over restarts of the server, with a filter, until caught up, and their errors. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AlarmServerError, type EventItem, type EventRecord, events } from '@alarm-server/client';
import t from 'tap';
import { startServer } from '../e2e/test-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';

const folder = temporaryFolder(t);
const server = await startServer(t, { dataDir: join(folder, 'data'), environment: { LIMITS: 'off' } });
const john = await server.person('john');
const client = await john.connect();
const page = (await client.createPage({ name: 'Page' })).id;
const alarm = (await client.createAlarm({ page_id: page, ticker: 'EUR/USD', option: 'spot', condition: 'above' })).id;
for (let price = 1; price <= 50; price += 1) await client.triggerAlarm({ alarm_id: alarm, price });

const isRecord = (item: EventItem): item is EventRecord => 'id' in item;
let isEnded = false;
const ended = (_line: string, stop: () => void): void => {
  if (!isEnded) stop();
  isEnded = true;
};
const script = new URL('../../src/cli/tail.js', import.meta.url).pathname;

/** Runs the tool; `onLine` is called with each line of stdout. */
async function tail(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  onLine?: (line: string, stop: () => void) => void,
) {
  const child = spawn(process.execPath, [script, ...args], { env: { ...process.env, ...environment } });
  let [out, err] = ['', ''];
  child.stderr.on('data', (part: Buffer) => (err += part.toString()));
  child.stdout.on('data', (part: Buffer) => {
    for (const line of part.toString().split('\n')) onLine?.(line, () => child.kill('SIGTERM'));
    out += part.toString();
  });
  const [code] = await once(child, 'close');
  return { code, err, lines: out.split('\n').filter((line) => line !== '') };
}

t.test('CLI-21 npm run tail writes everything, ends when it has caught up, and says what is wrong', async (t) => {
  const file = join(folder, 'token');
  writeFileSync(file, `${john.token}\n`);
  const given = ['--url', server.url, '--until-caught-up'];
  const whole = await tail([...given, '--token-file', file]);
  t.match([whole.code, whole.err], [0, '']);
  const items = whole.lines.map((line) => JSON.parse(line) as EventItem);
  t.same(
    items.filter(isRecord).map(({ seq }) => seq),
    Array.from({ length: 52 }, (_, seq) => seq),
  );
  const last = items.at(-1)!;
  t.match(last, { mark: { caught_up: true } });
  const env = { ALARM_TOKEN: john.token };
  const cursor = items.filter(isRecord)[49]!.cursor;
  const rest = await tail([...given, '--since', cursor, '--types', 'AlarmTriggered'], env);
  t.equal(rest.lines.length, 3, 'two records and the mark');
  t.match(await tail(['--url', server.url], { ALARM_TOKEN: '' }), { code: 3, err: /no token/, lines: [] });
  t.match(await tail(given, { ALARM_TOKEN: 'wrong' }), { code: 3, err: /not valid/, lines: [] });
  t.match(await tail([...given, '--since', 'other.s1'], env), { code: 4, err: /another log/ });
  t.match(await tail([...given, '--types', 'Nonsense'], env), { code: 2, err: /types/ });
  t.match(await tail(['--nonsense'], env), { code: 2, err: /Usage/ });
  t.match(await tail(['--url', server.url], env, ended), { code: 0, err: '' }, 'ended by a signal');
});

t.test('CLI-21 the iterator goes on over a restart, each event once and in order', async (t) => {
  const stopped = new AbortController();
  const seqs: number[] = [];
  let isRestarted = false;
  const backOff = { firstMs: 50, longestMs: 100 };
  for await (const item of events(server.url, john.token, { signal: stopped.signal, backOff })) {
    if (isRecord(item)) seqs.push(item.seq);
    if ('mark' in item && item.mark.caught_up && !isRestarted) {
      isRestarted = true;
      const again = await server.restart();
      t.equal(again.url, server.url);
      const other = await john.connect();
      await other.triggerAlarm({ alarm_id: alarm, price: 51 });
      await other.triggerAlarm({ alarm_id: alarm, price: 52 });
    }
    if (seqs.length === 54) stopped.abort();
  }
  t.same(
    seqs,
    Array.from({ length: 54 }, (_, seq) => seq),
  );
});

t.test('CLI-21 what does not pass is thrown: a refused token, a cursor of another log', async (t) => {
  const first = (after: string, token: string) => events(server.url, token, { after }).next();
  await t.rejects(first('start', 'wrong'), /not valid/);
  await t.rejects(first('other.s1', john.token), /another log/);
  await t.rejects(first('nonsense', john.token), AlarmServerError);
  const other = await john.connect();
  const iterator = other.events({ types: ['PageCreated'] });
  t.match((await iterator.next()).value, { type: 'PageCreated', page_id: page });
  await iterator.return();
});
