/** The files for systemd, Prometheus and Grafana that are shipped, with the real programs where they are installed. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { root } from '../architecture/sources.js';
import { alarmOn, sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { freePort, startServer, type TestServer } from '../e2e/test-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';

const promtool = process.env['PROMTOOL_BINARY'] ?? 'promtool';
const prometheus = process.env['PROMETHEUS_BINARY'] ?? 'prometheus';
const missing = (program: string, ...args: string[]): string | false =>
  spawnSync(program, args).error !== undefined && `no ${program} here`;
const deployed = (name: string): string => readFileSync(join(root, 'deploy', name), 'utf8');

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}
const queries = (JSON.parse(deployed('grafana/dashboard.json')) as Dashboard).panels.flatMap(({ targets }) =>
  targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '5s').replaceAll('$node', '.*')),
);

/** Names of this server's metrics, and of Node's and the process's, in a text. */
const metricsIn = (text: string): Set<string> =>
  new Set(
    (text.match(/\b(?:alarm_server|nodejs|process)_[a-z0-9_]+/g) ?? []).map((name) =>
      name.replace(/_(bucket|sum|count)$/, ''),
    ),
  );

/** Some commands, one of them refused, and a subscription that nobody reads: so each labelled metric has a sample. */
async function work(t: Test, server: TestServer): Promise<void> {
  const desk = await sitDown(t, server, await server.person('owner'));
  const { data: page } = await desk.must('create_page', { name: 'Desk' });
  const { data: alarm } = await desk.must('create_alarm', alarmOn(page.id));
  for (let price = 1; price <= 20; price += 1) await desk.must('trigger_alarm', { alarm_id: alarm.id, price });
  await t.rejects(desk.must('trigger_alarm', { alarm_id: 'there-is-none', price: 1 }));
  await desk.http('PUT', '/subscriptions/ledger', { body: {} });
}

t.test('RUN-13 every metric that the alerts and the dashboard name is on a live /metrics', async (t) => {
  const server = await startServer(t);
  await work(t, server);
  const live = metricsIn((await request(server.url, 'GET', '/metrics')).text);
  const named = metricsIn(`${deployed('prometheus/rules.yml')} ${queries.join(' ')}`);
  t.ok(named.size >= 15);
  for (const metric of named) t.ok(live.has(metric), metric);
});

t.test('RUN-13 each alert is tested where it fires and where it keeps quiet', async (t) => {
  const cases = deployed('prometheus/rules.test.yml');
  const alerts = [...deployed('prometheus/rules.yml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name!);
  t.ok(alerts.length >= 10);
  for (const alert of alerts) {
    t.ok(cases.includes(`name: ${alert} fires`), `${alert} fires`);
    t.ok(cases.includes(`name: ${alert} is quiet`), `${alert} is quiet`);
  }
});

t.test('RUN-13 promtool takes the rules, and their cases pass', { skip: missing(promtool, '--version') }, async (t) => {
  for (const args of [
    ['check', 'config', 'deploy/prometheus/prometheus.yml'],
    ['test', 'rules', 'deploy/prometheus/rules.test.yml'],
  ]) {
    const { status, stdout, stderr } = spawnSync(promtool, args, { cwd: root, encoding: 'utf8' });
    t.equal(status, 0, stdout + stderr);
  }
});

t.test(
  'RUN-13 a Prometheus that scrapes the server answers each query of the dashboard',
  { skip: missing(prometheus, '--version'), timeout: 60_000 },
  async (t) => {
    const server = await startServer(t);
    const folder = temporaryFolder(t);
    const config = join(folder, 'prometheus.yml');
    mkdirSync(join(folder, 'data'));
    writeFileSync(
      config,
      `global: {scrape_interval: 250ms}\nscrape_configs: [{job_name: alarm-server, static_configs: [{targets: ["127.0.0.1:${server.app.port}"]}]}]\n`,
    );
    const port = await freePort();
    const child = spawn(
      prometheus,
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    );
    t.teardown(() => child.kill('SIGKILL'));
    await work(t, server);
    const answer = async (query: string): Promise<readonly unknown[]> => {
      const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`;
      const reply = await fetch(url).catch(() => undefined);
      const body = (await reply?.json().catch(() => undefined)) as
        | { data?: { result?: readonly unknown[] } }
        | undefined;
      return body?.data?.result ?? [];
    };
    for (const query of queries) {
      // A rate needs two samples; a counter of what did not happen has none.
      const mayBeEmpty = /sockets_refused_total|webhook_attempts_total/.test(query);
      let found = await answer(query);
      for (let tries = 0; found.length === 0 && !mayBeEmpty && tries < 100; tries += 1) {
        await after(100);
        found = await answer(query);
      }
      t.ok(mayBeEmpty || found.length > 0, query);
    }
  },
);

t.test('RUN-15 the image has a list of its packages, with every one that the server depends on', async (t) => {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
  const made = /^RUN (npm sbom .*) > sbom\.json$/m.exec(dockerfile);
  t.ok(made, 'made where the packages are installed');
  t.match(dockerfile, /^COPY --from=dependencies \/app\/sbom\.json \.\/$/m, 'and in the image');
  const { status, stdout, stderr } = spawnSync('sh', ['-c', made![1]!], { cwd: root, encoding: 'utf8' });
  t.equal(status, 0, stderr);
  const { bomFormat, components } = JSON.parse(stdout) as { bomFormat: string; components: { purl: string }[] };
  t.equal(bomFormat, 'CycloneDX');
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const listed = new Set(components.map(({ purl }) => decodeURIComponent(purl).split('?')[0]));
  for (const [name, version] of Object.entries(dependencies))
    if (/^\d/.test(version)) t.ok(listed.has(`pkg:npm/${name}@${version}`), `${name} ${version}`);
});

t.test(
  'RUN-14 the unit file is one that systemd takes, and exposes little',
  { skip: missing('systemd-analyze', '--version') },
  async (t) => {
    const unit = deployed('alarm-server.service');
    t.notMatch(unit, /^MemoryDenyWriteExecute=/m, 'V8 writes code and executes it');
    const security = spawnSync(
      'systemd-analyze',
      ['security', '--offline=true', '--threshold=25', join(root, 'deploy/alarm-server.service')],
      { encoding: 'utf8' },
    );
    t.equal(security.status, 0, security.stdout.slice(-200) + security.stderr);
    // Here neither the folder nor the user nor the settings are those of the unit.
    const folder = temporaryFolder(t);
    const file = join(folder, 'alarm-server.service');
    writeFileSync(
      file,
      unit
        .replaceAll('/opt/alarm-server', root.replace(/\/$/, ''))
        .replace('/etc/alarm-server.env', '/dev/null')
        .replace('/usr/bin/node', process.execPath),
    );
    const verify = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
    t.notMatch(verify.stderr, /alarm-server\.service/, 'nothing is said of it');
  },
);

const AS_NOBODY = '--reuid=65534 --regid=65534 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all';

/** Needs root, a kernel that lets it make a namespace of mounts, and a copy of the project that others may read. */
const notRestrictable =
  spawnSync(
    'unshare',
    [
      ...['--mount', 'setpriv', ...AS_NOBODY.split(' ')],
      ...[process.execPath, '-e', "require('better-sqlite3'); require('node:fs').readFileSync('dist/src/main.js')"],
    ],
    { cwd: root },
  ).status !== 0 && 'here no other user can be taken on, or may read this copy of the project';

t.test(
  "RUN-14 under the unit's restrictions the server works: another user, no capability, every file but its own read-only",
  { skip: notRestrictable },
  async (t) => {
    const dataDir = temporaryFolder(t);
    const nobody = 65_534;
    chownSync(dataDir, nobody, nobody);
    const port = await freePort();
    const restricted = `mount --bind "$DATA_DIR" "$DATA_DIR" && mount -o remount,bind,ro / && exec setpriv ${AS_NOBODY} "$0" --enable-source-maps dist/src/main.js`;
    const child = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', restricted, process.execPath], {
      cwd: root,
      env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: String(port), DATA_DIR: dataDir, LOG_LEVEL: 'warn' },
      stdio: 'ignore',
    });
    t.teardown(() => child.kill('SIGKILL'));
    const url = `http://127.0.0.1:${port}`;
    while (!(await request(url, 'GET', '/ready').catch(() => undefined)))
      if (child.exitCode !== null) return t.fail(`it ended with ${child.exitCode}`);
    const body = { username: 'john', password: 'a password of the tests' };
    t.equal((await request(url, 'POST', '/register', { body })).status, 201);
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    for (const line of [/^Uid:\s65534\s65534/m, /^CapEff:\s0+$/m, /^CapBnd:\s0+$/m, /^NoNewPrivs:\s1$/m])
      t.match(status, line);
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    t.same(await exited, [0, null]);
  },
);
