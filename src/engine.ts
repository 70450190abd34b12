/** Opens the log with the configured engine, for the server and the command line tools. */
import { existsSync } from 'node:fs';
import type { Logger } from 'pino';
import { type Config, logFile, readModelFile } from './config.js';
import { Evidence } from './evidence/evidence.js';
import { resolveEvidenceKey } from './evidence/evidence-key.js';
import { refuseOtherProcess } from './log/data-lock.js';
import type { EventLog, RecordedEvent } from './log/event-log.js';
import { startSqliteLog } from './log/sqlite/start.js';
import type { StateStore } from './log/state-store.js';
import type { LogSource } from './log/text-source.js';
import type { Metrics } from './metrics.js';
import { readModelMark } from './projections/read-model/read-model.js';

/** How long a start waits for EventStoreDB, in milliseconds: enough if both are started at the same time. */
const PATIENCE_MS = 30_000;

export interface EngineOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Must end the process. */
  readonly onFatal: (error: Error) => void;
}

export interface Engine {
  readonly log: EventLog;
  /** Where operational state is kept: beside the log. */
  readonly states: StateStore;
  /** The same log, for reading its stored text. */
  readonly source: LogSource;
  /** To be called after events of the subscription were handled, with the last of them. */
  delivered(last: RecordedEvent): void;
  close(): Promise<void>;
}

/**
 * Opens the log that belongs to the data folder, or creates one if the folder has none. Throws with a sentence if that fails, or if the
 * log found is another one than the folder's (log-history.ts). The folder must be locked.
 */
export async function openEngine(
  { dataDir, eventStore }: Config,
  { logger, metrics, onFatal }: EngineOptions,
): Promise<Engine> {
  const onCommit = (milliseconds: number, events: number): void => metrics.committed(milliseconds, events);
  const readModel = readModelMark(readModelFile(dataDir));
  const source = logSource({ dataDir, eventStore });
  if (!eventStore) {
    const { log, close } = startSqliteLog({
      folder: dataDir,
      file: logFile(dataDir),
      readModel,
      onFatal,
      onCommit,
      onNotice: (notice) => logger.warn(notice),
    });
    return { log, states: log, source, delivered: () => undefined, close };
  }
  if (eventStore.connectionString.includes('@'))
    logger.warn(
      'EVENT_STORE has credentials in it: the client then sends each append as a separate call, which about halves the write throughput',
    );
  if (existsSync(readModelFile(dataDir))) refuseOtherProcess(readModelFile(dataDir));
  // Loaded only if it is used: the client and gRPC cost 0.1 s and 6 MB at a start.
  const { startEventStoreDbLog } = await import('./log/eventstoredb/start.js');
  const started = await startEventStoreDbLog({
    ...eventStore,
    folder: dataDir,
    readModel,
    patienceMs: PATIENCE_MS,
    onFatal,
    observer: {
      onAppend: onCommit,
      onConflict: () => metrics.conflicted(),
      onResubscribe: (error) => {
        metrics.resubscribed();
        logger.debug({ reason: error.message }, 'the subscription to the log ended and is started again');
      },
      onCreated: (logId) => logger.warn(`There was no log in EVENT_STORE: a new, empty one was created (${logId})`),
      onUnavailable: (error) => {
        metrics.storeAvailable(false);
        logger.error(
          { reason: error.message },
          'the store of the log does not answer: commands are refused until it does',
        );
      },
      onAvailable: () => {
        metrics.storeAvailable(true);
        logger.info('the store of the log answers again');
      },
    },
  });
  return { ...started, states: started.log, source };
}

/** Where the stored text of the configured log is read from. */
const logSource = ({ dataDir, eventStore }: Pick<Config, 'dataDir' | 'eventStore'>): LogSource =>
  eventStore ? { engine: 'eventstoredb', ...eventStore } : { engine: 'sqlite', file: logFile(dataDir) };

/** The evidence of the configured log. Throws with a sentence if the key that should be there cannot be used. */
export function openEvidence(
  { dataDir, eventStore, evidenceKeyFile }: Config,
  logId: string,
  logger: Logger,
): Evidence {
  const { key, notices } = resolveEvidenceKey({
    given: evidenceKeyFile,
    isShared: eventStore !== undefined,
    dataDir,
  });
  for (const notice of notices) logger.warn(notice);
  return new Evidence({
    source: logSource({ dataDir, eventStore }),
    dataDir,
    logId,
    key,
    onNotice: (sentence) => logger.warn(sentence),
    onFault: (sentence) =>
      logger.error(
        `THE LOG IS NOT WHAT WAS SIGNED. ${sentence} The server goes on, and signs nothing any more. npm run verify says more; docs/operations.md says what to do`,
      ),
  });
}
