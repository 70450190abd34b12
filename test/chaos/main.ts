/** The chaos run's entry: node dist/test/chaos/main.js --help */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chaos, type ChaosReport } from './chaos.js';
import { help, type Options, readOptions } from './options.js';

const FINDINGS_SHOWN = 30;

/** A cut takes some 30 ms, and 100 ms on two cores that ten others want; three times that is a machine too slow for the run, in milliseconds. */
const LIMIT_A_CUT_MS = 300;

const n = (value: number): string => value.toLocaleString('en');

const summary = ({
  cuts,
  kills,
  connections,
  messages,
  states,
  commands,
  sentAgain,
  events,
  voids,
  findings,
}: ChaosReport): string => `  cuts                       ${n(Object.values(cuts).reduce((sum, count) => sum + count, 0))}
${Object.entries(cuts)
  .sort()
  .map(([what, count]) => `    ${what.padEnd(25)}${n(count)}`)
  .join('\n')}
  kills                      ${n(kills)}
  connections                ${n(connections)}
  messages heard             ${n(messages)}
  new states                 ${n(states.initial_state)}
  resumes                    ${n(states.resumed)}
    pages by updates         ${n(states.byUpdates)}
    pages by state           ${n(states.byState)}
  syncs answered             ${n(states.synced)}
  commands                   ${n(commands)}
    sent more than once      ${n(sentAgain)}
  events in the log          ${n(events)}
    void                     ${n(voids)}
  findings                   ${n(findings.length)}
`;

async function run(options: Options): Promise<number> {
  const { cuts, seed, resumes, nodes, eventStore, kills } = options;
  const startedAt = performance.now();
  const dataDir = mkdtempSync(join(tmpdir(), 'alarm-server-chaos-'));
  console.log(
    `chaos: ${cuts} cuts, seed ${seed}, ${nodes} ${nodes > 1 ? 'nodes' : 'node'} on ${eventStore === undefined ? 'SQLite' : 'EventStoreDB'}, ${kills} kills${resumes ? '' : ', without resume'}`,
  );
  const report = await Chaos.run({ ...options, dataDir, limitMs: 10_000 + cuts * LIMIT_A_CUT_MS });
  console.log(`${((performance.now() - startedAt) / 1_000).toFixed(1)} s\n${summary(report)}`);
  const done = Object.values(report.cuts).reduce((sum, count) => sum + count, 0);
  const findings =
    done < cuts ? [`only ${done} of ${cuts} cuts were done in time`, ...report.findings] : report.findings;
  if (findings.length === 0) {
    rmSync(dataDir, { recursive: true, force: true });
    return 0;
  }
  console.log(`seed ${seed} has ${findings.length} findings; the data folder is ${dataDir}`);
  for (const finding of findings.slice(0, FINDINGS_SHOWN)) console.log(`  ${finding}`);
  return 1;
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(help);
  else {
    process.exitCode = await run(options);
    // Timers of a run that did not settle must not keep the process alive.
    process.exit();
  }
} catch (error) {
  console.error(error instanceof Error ? error.stack : error);
  process.exit(2);
}
