/** `npm run rebuild`: rebuilds the read model from the log, and reports progress and rate. The server must be stopped. */
import { pino } from 'pino';
import { environment, readConfig, readModelFile } from '../config.js';
import { openEngine } from '../engine.js';
import { lockDataFolder } from '../log/data-lock.js';
import { isLeftByStoreClient } from '../log/eventstoredb/rejections.js';
import { Metrics } from '../metrics.js';
import { rebuildReadModel } from '../projections/read-model/rebuild.js';

const PROGRESS_MS = 1_000;

function fail(error: unknown): never {
  process.stderr.write(
    `The read model was not rebuilt; the old one stands.\n${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(1);
}

async function rebuild(): Promise<void> {
  process.umask(0o077);
  const config = readConfig(environment());
  const { dataDir } = config;
  const lock = lockDataFolder(dataDir);
  const { log, close } = await openEngine(config, {
    logger: pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true })),
    metrics: new Metrics(),
    onFatal: fail,
  });
  const startedAt = performance.now();
  let saidAt = startedAt;
  const rate = (events: number): string =>
    `${events} events, ${Math.round((events / (performance.now() - startedAt)) * 1000)} events/s`;
  const events = await rebuildReadModel(log, readModelFile(dataDir), (sofar) => {
    if (performance.now() - saidAt < PROGRESS_MS) return;
    saidAt = performance.now();
    process.stdout.write(`${rate(sofar)}\n`);
  });
  process.stdout.write(`The read model is rebuilt: ${rate(events)}\n`);
  await close();
  lock.release();
}

process.on('unhandledRejection', (reason) => isLeftByStoreClient(reason) || fail(reason));
rebuild().catch(fail);
