/** Which engine keeps the log: the configuration's choice, made once for the server and the command line tools. */
import type { Logger } from 'pino';
import { logFile, type Config } from './config.js';
import type { EventLog } from './log/event-log.js';
import { openSqliteLog } from './log/sqlite-log.js';
import type { Metrics } from './metrics.js';

/** How long a start waits for EventStoreDB, in milliseconds: as long as it takes to come up beside us. */
const PATIENCE_MS = 30_000;

export interface EngineOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Must end the process. */
  readonly onFatal: (error: Error) => void;
}

/** Opens the log. Throws with a sentence if that cannot be. */
export async function openLog({ dataDir, eventStore }: Config, { logger, metrics, onFatal }: EngineOptions): Promise<EventLog> {
  const onCommit = (milliseconds: number, events: number): void => metrics.committed(milliseconds, events);
  if (!eventStore) return openSqliteLog({ file: logFile(dataDir), onFatal, onCommit });
  if (eventStore.connectionString.includes('@')) logger.warn('EVENT_STORE has credentials in it: the client then sends each append as a call of its own, which about halves what can be written');
  // Loaded only where it is used: the client and its gRPC cost every other start 0.1 s and 6 MB.
  const { openEventStoreDbLog } = await import('./log/eventstoredb/log.js');
  return openEventStoreDbLog({
    ...eventStore,
    patienceMs: PATIENCE_MS,
    onFatal,
    observer: {
      onAppend: onCommit,
      onConflict: () => metrics.conflicted(),
      onResubscribe: (error) => {
        metrics.resubscribed();
        logger.debug({ reason: error.message }, "the log's feed is begun again");
      },
      onUnavailable: (error) => {
        metrics.storeAvailable(false);
        logger.error({ reason: error.message }, 'the store of the log does not answer: commands are refused until it does');
      },
      onAvailable: () => {
        metrics.storeAvailable(true);
        logger.info('the store of the log answers again');
      },
    },
  });
}
