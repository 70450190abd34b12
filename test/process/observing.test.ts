import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root } from '../architecture/sources.js';
import { alarmOn, sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { startServer } from '../e2e/test-server.js';

const operations = readFileSync(join(root, 'docs/operations.md'), 'utf8');

/** The samples of a metrics page, by name and labels as they stand there. */
const samplesOf = (text: string): Map<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );

t.test('RUN-5 /health and /ready answer without a token; /ready says how far the read models are behind', async (t) => {
  const { url } = await startServer(t);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  t.strictSame((await request(url, 'GET', '/health')).json, { status: 'ok', version }, 'and which version lives');
  t.match(await request(url, 'GET', '/ready'), {
    status: 200,
    json: { status: 'ready', lag_events: Number, lag_ms: Number, evidence: String },
  });
});

t.test('RUN-5 /metrics counts sockets, events, commits, pushes, and commands by kind and outcome', async (t) => {
  const server = await startServer(t);
  const desk = await sitDown(t, server, await server.person('owner'));
  const samples = async (): Promise<Map<string, number>> => {
    const { status, headers, text } = await request(server.url, 'GET', '/metrics');
    t.equal(status, 200);
    t.match(headers.get('content-type'), /^text\/plain/);
    return samplesOf(text);
  };
  const { data: page } = await desk.must('create_page', { name: 'Desk' });
  const { data: alarm } = await desk.must('create_alarm', alarmOn(page.id));
  const before = await samples();
  await desk.must('trigger_alarm', { alarm_id: alarm.id, price: 1 });
  await desk.http('POST', `/alarms/${alarm.id}/trigger`, { body: { price: 2 } });
  await desk.must('update_alarm', { alarm_id: alarm.id, active: false });
  t.match(await desk.ask('trigger_alarm', { alarm_id: alarm.id, price: 3 }), { type: 'error' });
  const after = await samples();
  const grown = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  t.equal(grown('alarm_server_commands_total{command="trigger_alarm",outcome="done"}'), 2);
  t.equal(grown('alarm_server_commands_total{command="trigger_alarm",outcome="alarm_inactive"}'), 1);
  t.equal(grown('alarm_server_commands_total{command="update_alarm",outcome="done"}'), 1);
  t.equal(grown('alarm_server_events_total'), 3);
  t.equal(grown('alarm_server_commit_seconds_count'), 3);
  t.equal(grown('alarm_server_push_seconds_count'), 3);
  t.equal(after.get('alarm_server_sockets'), 1);
  t.ok(after.has('alarm_server_projection_lag_events') && after.has('alarm_server_projection_lag_seconds'));
  desk.socket.close();
  await desk.closed;
  t.equal((await samples()).get('alarm_server_sockets'), 0);
});

t.test(
  'RUN-5 STORM-4 /metrics counts states of pages that were sent, how often they were built, and the alarms converted to text for it',
  async (t) => {
    const server = await startServer(t);
    const person = await server.person('owner');
    const desk = await sitDown(t, server, person);
    const { data: page } = await desk.must('create_page', { name: 'Desk' });
    const alarms = await Promise.all([1, 2, 3].map(() => desk.must('create_alarm', alarmOn(page.id))));
    const counts = async (): Promise<number[]> => {
      const samples = samplesOf((await request(server.url, 'GET', '/metrics')).text);
      return ['sent', 'built']
        .map((what) => samples.get(`alarm_server_page_states_${what}_total`)!)
        .concat(samples.get('alarm_server_page_state_alarms_total')!);
    };
    const before = await counts();
    const grown = async (): Promise<number[]> => (await counts()).map((count, at) => count - before[at]!);
    for (let joined = 0; joined < 4; joined += 1) await sitDown(t, server, person);
    t.same(await grown(), [4, 1, 3], 'four join a page of three alarms');
    await desk.must('trigger_alarm', { alarm_id: alarms[0]!.data.id, price: 1 });
    t.same(await grown(), [4, 1, 3], 'nobody asks');
    t.equal((await desk.http('GET', `/pages/${page.id}`)).json.alarms.length, 3);
    t.same(await grown(), [5, 2, 4], 'one alarm has changed');
  },
);

t.test('RUN-5 every metric that is its own is documented, and every documented one exists', async (t) => {
  const { url } = await startServer(t);
  const { text } = await request(url, 'GET', '/metrics');
  const existing = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name!));
  const documented = new Set(
    [...operations.matchAll(/^\| ((?:[a-z]+_[a-z_0-9]+(?:\{[^}]*\})?(?:, )?)+) \|/gm)].flatMap(([, names]) =>
      names!.replace(/\{[^}]*\}/g, '').split(', '),
    ),
  );
  t.ok(documented.size > 5, 'the table was found', { documented: [...documented] });
  for (const name of existing)
    if (name.startsWith('alarm_server_')) t.ok(documented.has(name), `${name} is documented`);
  for (const name of documented) t.ok(existing.has(name), `${name} exists`);
});
