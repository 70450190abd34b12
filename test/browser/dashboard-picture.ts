/**
 * `node dist/test/browser/dashboard-picture.js --out docs/images/dashboard.png [--seconds 40]`: the queries of deploy/grafana/dashboard.json, answered by
 * a real Prometheus that scrapes a server under load, in Prometheus' own page, as a picture. Needs prometheus (PROMETHEUS_BINARY) and
 * chromium (CHROMIUM). Grafana is not among Debian's packages.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { runLoadTool } from '../../bench/load-process.js';
import { ServerProcess } from '../../bench/server-process.js';
import { root } from '../architecture/sources.js';
import { freePort } from '../e2e/test-server.js';
import { wholeNumber } from '../runner/given-number.js';
import { launchChromium } from './chromium.js';

/** Panels that fit into one picture, by their titles. */
const SHOWN = ['Commands', 'Commit to push'];

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}

const { values } = parseArgs({
  options: { out: { type: 'string', default: 'dashboard.png' }, seconds: { type: 'string' } },
});
const seconds = wholeNumber('--seconds', values.seconds, 40);
const out = resolve(values.out);
const { panels } = JSON.parse(readFileSync(join(root, 'deploy/grafana/dashboard.json'), 'utf8')) as {
  panels: readonly Panel[];
};
const queries = SHOWN.map((title) => panels.find((panel) => panel.title === title)!.targets.at(-1)!.expr).map((expr) =>
  expr.replaceAll('$__rate_interval', '10s').replaceAll('$node', '.*'),
);

const folder = mkdtempSync(join(tmpdir(), 'alarm-server-dashboard-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const server = await ServerProcess.real(join(folder, 'data'));
const config = join(folder, 'prometheus.yml');
writeFileSync(
  config,
  `global: {scrape_interval: 1s}\nscrape_configs: [{job_name: alarm-server, static_configs: [{targets: ["${new URL(server.url).host}"]}]}]\n`,
);
const port = await freePort();
const prometheus = spawn(
  process.env['PROMETHEUS_BINARY'] ?? 'prometheus',
  [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'series')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ],
  { stdio: 'ignore' },
);
process.on('exit', () => prometheus.kill('SIGKILL'));
const load = runLoadTool([
  ...['--url', server.url, '--rate', '500', '--viewers', '100', '--warm-up', '1', '--duration', String(seconds)],
]);
await after((seconds - 2) * 1_000);
const graph = new URL(`http://127.0.0.1:${port}/classic/graph`);
for (const [at, query] of queries.entries()) {
  graph.searchParams.set(`g${at}.expr`, query);
  graph.searchParams.set(`g${at}.tab`, '0');
  graph.searchParams.set(`g${at}.range_input`, `${seconds}s`);
}
mkdirSync(dirname(out), { recursive: true });
const browser = await launchChromium();
const page = await browser.newPage();
await page.setViewportSize({ width: 900, height: 600 });
await page.goto(graph.href);
await page.waitForFunction(`(count) => document.querySelectorAll('.graph svg').length >= count`, queries.length);
await page.evaluate('window.scrollTo(0, 0)');
await page.screenshot({ path: out, fullPage: true });
await browser.close();
await load;
prometheus.kill('SIGTERM');
await once(prometheus, 'exit');
await server.stop();
console.log(`${out}: ${Math.round(statSync(out).size / 1_024)} KiB, ${queries.length} queries`);
