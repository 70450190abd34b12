/** Which engine keeps the log: the configuration's choice, made once for the server and the command line tools. */
import { existsSync } from 'node:fs';
import type { Logger } from 'pino';
import { type Config, logFile, readModelFile } from './config.js';
import { refuseOtherProcess } from './log/data-lock.js';
import type { EventLog, RecordedEvent } from './log/event-log.js';
import { startSqliteLog } from './log/sqlite/start.js';
import type { Metrics } from './metrics.js';
import { readModelMark } from './projections/read-model/read-model.js';

/** How long a start waits for EventStoreDB, in milliseconds: as long as it takes to come up beside us. */
const PATIENCE_MS = 30_000;

export interface EngineOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Must end the process. */
  readonly onFatal: (error: Error) => void;
}

export interface Engine {
  readonly log: EventLog;
  /** To be told of what the feed has brought, with its last event. */
  delivered(last: RecordedEvent): void;
  close(): Promise<void>;
}

/**
 * Opens the log that the data folder knows, and makes one where there has been none. Throws with a sentence if that cannot be, or if
 * what is found is not the log that the folder knows (log-history.ts). The folder must be locked.
 */
export async function openEngine(
  { dataDir, eventStore }: Config,
  { logger, metrics, onFatal }: EngineOptions,
): Promise<Engine> {
  const onCommit = (milliseconds: number, events: number): void => metrics.committed(milliseconds, events);
  const readModel = readModelMark(readModelFile(dataDir));
  if (!eventStore) {
    const { log, close } = startSqliteLog({
      folder: dataDir,
      file: logFile(dataDir),
      readModel,
      onFatal,
      onCommit,
      onNotice: (notice) => logger.warn(notice),
    });
    return { log, delivered: () => undefined, close };
  }
  if (eventStore.connectionString.includes('@'))
    logger.warn(
      'EVENT_STORE has credentials in it: the client then sends each append as a call of its own, which about halves what can be written',
    );
  if (existsSync(readModelFile(dataDir))) refuseOtherProcess(readModelFile(dataDir));
  // Loaded only where it is used: the client and its gRPC cost every other start 0.1 s and 6 MB.
  const { startEventStoreDbLog } = await import('./log/eventstoredb/start.js');
  return startEventStoreDbLog({
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
        logger.debug({ reason: error.message }, "the log's feed is begun again");
      },
      onCreated: (logId) => logger.warn(`There was no log in EVENT_STORE: a new, empty one was begun (${logId})`),
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
}
