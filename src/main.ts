/** The process: signals → environment → configuration → app. */
import { parseArgs } from 'node:util';
import type { Logger } from 'pino';
import type { App } from './app.js';
import { refuseFewFiles } from './descriptors.js';

/** Time limit of a stop, in milliseconds; then the process exits. Acknowledged commands are not lost. */
const STOP_MS = 9_000;

let logger: Logger | undefined;
let app: App | undefined;
let stopping = false;

/** Before the server is ready there are no connections to close, and the log stays intact whenever the process ends. */
async function stop(signal: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  logger?.info({ signal }, 'the alarm server is stopping');
  setTimeout(() => process.exit(0), STOP_MS).unref();
  await app?.stop();
  logger?.info('the alarm server has stopped');
  process.exit(0);
}

/** Never ends the process; without a handler the signal would. */
function reload(): void {
  if (stopping) return;
  if (!app) return logger?.info('SIGHUP was ignored: the server is not ready yet');
  try {
    const names = app.reloadCertificate();
    if (names === undefined)
      logger?.info(
        'SIGHUP has come, and changes nothing: no certificate is served here, and settings are read at the start only',
      );
    else logger?.info({ names }, 'the certificate was read again');
  } catch (error) {
    logger?.error({ err: error }, 'the certificate was not read again: the one from before is served on');
  }
}

// Before anything is loaded: the first process of a container ignores signals without a handler, and would be killed after a timeout.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) process.on(signal, () => void stop(signal));
process.on('SIGHUP', reload);
// Without a handler the first would start Node's debugger, and the second would end the process.
for (const signal of ['SIGUSR1', 'SIGUSR2'] as const)
  process.on(signal, () => logger?.info({ signal }, 'the signal is ignored'));

function refuseToStart(error: unknown): never {
  process.stderr.write(`The alarm server does not start.\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

async function main(): Promise<void> {
  // The files contain password hashes: only the server's user may read them.
  process.umask(0o077);
  refuseFewFiles();
  const { environment, readConfig, unknownSettings } = await import('./config.js');
  const given = environment();
  const { values } = parseArgs({ options: { 'accept-clock': { type: 'boolean', default: false } } });
  const config = { ...readConfig(given), acceptClock: values['accept-clock'] };
  // Lines are buffered while another is written, so that a connection storm does not cost a system call per line. pino flushes at exit.
  const { pino } = await import('pino');
  const log = (logger = pino({ level: config.logLevel }, pino.destination({ sync: false })));
  const fatal = (error: Error): void => {
    log.fatal({ err: error }, 'The server cannot go on');
    process.exit(1);
  };
  const { isLeftByStoreClient } = await import('./log/eventstoredb/rejections.js');
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', (reason) => {
    if (isLeftByStoreClient(reason))
      return log.debug(
        { reason: (reason as Error).message },
        'a rejected promise of the EventStoreDB client was not handled',
      );
    fatal(reason instanceof Error ? reason : new Error(String(reason)));
  });
  const { exposedSecrets } = await import('./exposed-secrets.js');
  for (const sentence of [...unknownSettings(given), ...exposedSecrets(config)]) log.warn(sentence);
  if (config.production && config.registration === 'open')
    log.warn(
      'Registration is open: everybody who reaches this server can make an account. REGISTRATION=invite or REGISTRATION=closed changes that',
    );

  // Loaded here, so that an incompatible binary is reported with a sentence instead of a stack trace.
  const { startApp } = await import('./app.js').catch((error: unknown) => {
    throw new Error(
      `A package with a binary part does not load here (Node ${process.version}, ${process.platform} ${process.arch}). README, "What it runs on", lists the pairs of Node and glibc.\n${(error as Error).message}`,
    );
  });
  const { isConsoleBuilt } = await import('./http/console-files.js');
  app = await startApp(config, log, fatal);
  log.info(
    {
      port: app.port,
      host: config.host,
      data: config.dataDir,
      tls: config.tls !== undefined,
      log: app.log.id,
      ...(isConsoleBuilt() && { console: consoleAddress(config.host, app.port, config.tls !== undefined) }),
    },
    'the alarm server is ready',
  );
}

/** Where a browser on this machine finds the console. */
function consoleAddress(host: string, port: number, isTls: boolean): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `${isTls ? 'https' : 'http'}://${name}:${port}/console/`;
}

main().catch(refuseToStart);
