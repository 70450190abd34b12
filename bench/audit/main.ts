/**
 * `npm run bench:audit -- [--events 1000000] [--rounds 3] [--seconds 8] [--only PART,…] [--folder DIR] [--quick]`: what auditors get, and what they
 * and the evidence cost the others. PART is as-of, verify, export, desk or signing; --quick shows within seconds that all of it runs.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isInMemory } from '../baselines/commit.js';
import { type HistoryShape, standingEvents, writeHistory } from '../history.js';
import type { Row, Sample } from '../measure.js';
import { rebuild } from '../rebuild-process.js';
import { asTable, type Figure, figure } from '../table.js';
import { type AsOfResult, measureAsOf } from './as-of.js';
import { asOfTable, memoryFigures } from './as-of-table.js';
import { startAudited } from './audited-server.js';
import { deskRows, headOf, measureDesk } from './busy-desk.js';
import { measureSigning, signingRows } from './signing-cost.js';
import { measureTool, type ToolRun } from './tools.js';

const PARTS = ['as-of', 'verify', 'export', 'desk', 'signing'] as const;
type Part = (typeof PARTS)[number];

const { values } = parseArgs({
  options: {
    events: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    only: { type: 'string', default: PARTS.join(',') },
    folder: { type: 'string', default: tmpdir() },
    quick: { type: 'boolean', default: false },
  },
});

const number = (name: 'events' | 'rounds' | 'seconds', unset: number, quick: number): number => {
  const value = Number(values[name] ?? (values.quick ? quick : unset));
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not '${values[name]}'`);
  return value;
};

function partsIn(list: string): ReadonlySet<Part> {
  const given = list.split(',').map((part) => part.trim());
  const unknown = given.find((part) => !(PARTS as readonly string[]).includes(part));
  if (unknown !== undefined) throw new Error(`--only is a list of ${PARTS.join(', ')}; '${unknown}' is none of them`);
  return new Set(given as Part[]);
}

const [events, rounds, seconds] = [
  number('events', 1_000_000, 20_000),
  number('rounds', 3, 1),
  number('seconds', 8, 1),
];
const only = partsIn(values.only);
const reads = values.quick ? 8 : 200;
const standing = { pages: 100, alarms: 6_400, users: 10 };

/** Events of pages that are read: a thousandth, a hundredth and a tenth of the longest log. */
const sizes = [events / 1_000, events / 100, events / 10].map(Math.round);
/** A log of a tenth of the events has no room for the largest of them. */
const shortSizes = sizes.slice(0, 2);

/** How many triggers such pages need beside what stands: their creation, a grant and their alarms. Longest first, as a history wants them. */
const triggersOf = (pageSizes: readonly number[]): number[] =>
  pageSizes.map((size) => Math.max(0, size - 2 - standing.alarms / standing.pages)).toReversed();

const folder = mkdtempSync(join(values.folder, 'alarm-server-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const loads = (): string =>
  loadavg()
    .map((load) => load.toFixed(1))
    .join(', ');
const note = (line: string): void => void process.stderr.write(`${line}\n`);

async function history(name: string, shape: HistoryShape): Promise<string> {
  note(`writing a history of ${shape.events.toLocaleString('en')} events`);
  const dataDir = join(folder, name);
  await writeHistory(dataDir, shape);
  await rebuild(dataDir);
  return dataDir;
}

const rateOf = (name: string, atLeast?: number): Row => ({
  name,
  unit: 'events/s',
  baseline: undefined,
  goal: atLeast === undefined ? undefined : { of: 'server', atLeast },
});

const peakOf = (name: string, atMost?: number): Row => ({
  name: `${name}, most memory`,
  unit: 'MB',
  baseline: undefined,
  goal: atMost === undefined ? undefined : { of: 'server', atMost },
});

/** Runs of a tool over `count` events as rows: its rate and its memory. */
const ofTool = (rate: Row, peak: Row, runs: readonly ToolRun[], count: number): Figure[] => [
  figure(
    rate,
    runs.map((run): Sample => ({ server: count / run.seconds })),
  ),
  figure(
    peak,
    runs.map((run): Sample => ({ server: run.peak / 1e6 })),
  ),
];

async function repeated<T>(run: (round: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let round = 0; round < rounds; round += 1) results.push(await run(round));
  return results;
}

async function exportRuns(dataDir: string, formats: string): Promise<ToolRun[]> {
  const { server, token } = await startAudited(dataDir);
  try {
    const head = await headOf(server.url, token);
    return await repeated(async (round) => {
      const out = join(folder, `bundle-${formats}-${round}`);
      const window = ['--from', '#0', '--to', `@${head}`, '--format', formats, '--out', out];
      const run = await measureTool(folder, 'export', ['--url', server.url, ...window], { ALARM_TOKEN: token });
      rmSync(out, { recursive: true });
      return run;
    });
  } finally {
    await server.stop();
  }
}

const startedAt = loads();
const asOf: AsOfResult[] = [];
const figures: Figure[] = [];
// Of all others only signing uses no history.
if ([...only].some((part) => part !== 'signing')) {
  const long = await history('long', { ...standing, events, triggers: triggersOf(sizes) });
  if (only.has('as-of')) {
    const short = Math.max(Math.round(events / 10), standingEvents(standing) + (shortSizes[1] ?? 0));
    const shape = { ...standing, events: short, triggers: triggersOf(shortSizes) };
    const logs = [
      { dataDir: await history('short', shape), sizes: shortSizes },
      { dataDir: long, sizes },
    ];
    for (const { dataDir, sizes: asked } of logs) {
      note('reads as of random moments');
      const audited = await startAudited(dataDir);
      try {
        asOf.push(await measureAsOf(audited, asked, reads));
      } finally {
        await audited.server.stop();
      }
    }
    rmSync(join(folder, 'short'), { recursive: true });
    figures.push(...memoryFigures(asOf));
  }
  if (only.has('verify')) {
    // The evidence is there, and signed.
    await (await startAudited(long)).server.stop();
    note('npm run verify');
    const runs = await repeated(() => measureTool(folder, 'verify', ['--data', long, '--json']));
    figures.push(...ofTool(rateOf('npm run verify --data', 100_000), peakOf('npm run verify --data'), runs, events));
  }
  if (only.has('export'))
    for (const formats of ['ndjson', 'ndjson,csv,parquet']) {
      note(`npm run export --format ${formats}`);
      const name = `npm run export, ${formats}`;
      figures.push(...ofTool(rateOf(name), peakOf(name, 200), await exportRuns(long, formats), events));
    }
  if (only.has('desk')) {
    note('a busy desk beside an export');
    const samples = await measureDesk(folder, long, { rate: 200, seconds, rounds });
    figures.push(...deskRows.map((row, at) => figure(row, samples[at] ?? [])));
  }
  rmSync(long, { recursive: true });
}
if (only.has('signing')) {
  note('triggers with and without the evidence');
  const parent = join(folder, 'signing');
  mkdirSync(parent);
  const samples = await measureSigning(parent, rounds, seconds);
  figures.push(...signingRows.map((row, at) => figure(row, samples[at] ?? [])));
}

const said = [
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}; load average ${startedAt} at the start, ${loads()} at the end; ${rounds === 1 ? 'one round' : `medians of ${rounds} rounds`}`,
  ...(isInMemory(folder) ? ['The folder is in memory: nothing here is durable. Name a disk with --folder.'] : []),
  ...(values.quick ? ['Too short to judge anything by.'] : []),
  ...(asOf.length > 0 ? ['', asOfTable(asOf, !values.quick)] : []),
  '',
  asTable(figures, !values.quick),
];
process.stdout.write(said.join('\n'));
