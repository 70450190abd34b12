/** The bench's entry: `npm run bench -- --help`. Progress goes to stderr, the table to stdout. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { isInMemory, measureCommit } from './baselines/commit.js';
import { Bench, type Sample } from './measure.js';
import { embeddedMeasures, storeMeasures } from './measures/measures.js';
import { type BenchOptions, help, readOptions } from './options.js';
import { asTable, figure } from './table.js';

async function main({ rounds, quick, folder: parent, json, eventStore }: BenchOptions): Promise<void> {
  const folder = mkdtempSync(join(parent, 'alarm-server-bench-'));
  // However it ends: the histories are large.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

  const commit = measureCommit(folder);
  const machine = {
    node: process.version,
    processors: cpus().length,
    processor: cpus()[0]?.model ?? 'unknown',
    disk_in_memory: isInMemory(folder),
    commit_ms: commit,
  };
  const bench = new Bench(folder, quick, eventStore);
  const measures = eventStore === undefined ? embeddedMeasures : storeMeasures;
  const samples: Sample[][][] = measures.map(({ rows }) => rows.map(() => []));
  const failures: string[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const [index, measure] of measures.entries()) {
      console.error(`round ${round} of ${rounds}: ${measure.rows[0]!.name}`);
      try {
        (await measure.round(bench)).forEach((sample, row) => samples[index]![row]!.push(sample));
      } catch (error) {
        // What has been measured already took minutes: it is shown all the same.
        failures.push(`round ${round}, ${measure.rows[0]!.name}: ${(error as Error).message}`);
        console.error(failures.at(-1));
      }
    }
  }
  const figures = measures.flatMap(({ rows }, index) =>
    rows.flatMap((row, at) => (samples[index]![at]!.length > 0 ? [figure(row, samples[index]![at]!)] : [])),
  );
  const text = [
    `Node ${machine.node}, ${machine.processors} × ${machine.processor}; one commit ${commit.p50.toFixed(3)} ms (p50), ${commit.p99.toFixed(3)} ms (p99); ${rounds === 1 ? 'one round' : `medians of ${rounds} rounds`}`,
    ...(machine.disk_in_memory
      ? ['The folder is in memory: nothing here is durable, and the figures mean nothing. Name a disk with --folder.']
      : []),
    ...(eventStore === undefined ? [] : ['The log is in EventStoreDB, on the same machine.']),
    ...(quick ? ['Too short to judge anything by; where a million events are named it had 50,000.'] : []),
    '',
    asTable(figures, !quick),
    ...failures.map((failure) => `NOT MEASURED in ${failure}\n`),
  ].join('\n');
  const all = `${JSON.stringify({ machine, rounds, quick, figures, failures }, null, 2)}\n`;
  (json === '-' ? process.stderr : process.stdout).write(text);
  if (json === '-') process.stdout.write(all);
  else if (json !== undefined) writeFileSync(json, all);
  if (failures.length > 0) process.exitCode = 1;
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(help);
  else await main(options);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}
