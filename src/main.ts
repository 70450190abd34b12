/** The process: environment → configuration → app → signals. */
import { pino } from 'pino';
import { environment, readConfig } from './config.js';
import { isLeftByStoreClient } from './log/eventstoredb/rejections.js';

/** By when a stop must be over, in milliseconds; then the process ends as it is. Nothing acknowledged can be lost. */
const STOP_MS = 9_000;

function refuseToStart(error: unknown): never {
  process.stderr.write(`The alarm server does not start.\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

async function main(): Promise<void> {
  // Password hashes are in what is written: nobody else has any business with it.
  process.umask(0o077);
  const config = readConfig(environment());
  // Lines that come while one is written go together: a storm of sockets is not a system call each. pino writes what is left at exit.
  const logger = pino({ level: config.logLevel }, pino.destination({ sync: false }));
  const fatal = (error: Error): void => {
    logger.fatal({ err: error }, 'The server cannot go on');
    process.exit(1);
  };
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', (reason) => {
    if (isLeftByStoreClient(reason)) return logger.debug({ reason: (reason as Error).message }, 'the client of EventStoreDB has left a promise behind');
    fatal(reason instanceof Error ? reason : new Error(String(reason)));
  });

  // Loaded here, so that a binary that does not fit this machine is a sentence and not a stack.
  const { startApp } = await import('./app.js').catch((error: unknown) => {
    throw new Error(`A package with a binary part does not load here (Node ${process.version}, ${process.platform} ${process.arch}). README, "What it runs on", lists the pairs of Node and glibc.\n${(error as Error).message}`);
  });
  const app = await startApp(config, logger, fatal);
  logger.info({ port: app.port, host: config.host, data: config.dataDir, tls: config.tls !== undefined, log: app.log.id }, 'the alarm server is ready');

  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'the alarm server is stopping');
    setTimeout(() => process.exit(0), STOP_MS).unref();
    await app.stop();
    logger.info('the alarm server has stopped');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
}

main().catch(refuseToStart);
