/** The log and the projection of a server, without the rest of it, on a folder of their own. */
import { join } from 'node:path';
import type { EventLog } from '../../src/log/event-log.js';
import { openSqliteLog, type SqliteLog } from '../../src/log/sqlite/log.js';
import { Projection } from '../../src/projections/projection.js';

export interface Running {
  readonly log: SqliteLog;
  readonly projection: Projection;
  /** Why the read model was built anew, if it was. */
  readonly discarded: readonly string[];
  /** Once is enough; again does no harm. */
  stop(): Promise<void>;
}

export interface RunningOptions {
  /** Defaults to that of the folder. */
  readonly readModel?: string;
  /** Stands between the log and the projection. */
  readonly seenThrough?: (log: SqliteLog) => EventLog;
}

export const logIn = (folder: string): string => join(folder, 'log.db');
export const readModelIn = (folder: string): string => join(folder, 'read-model.db');

export const openLog = (folder: string): SqliteLog =>
  openSqliteLog({
    file: logIn(folder),
    onFatal: (error) => {
      throw error;
    },
  });

/** Starts both and waits until the live state has all that is in the log. Rejects as a start of the server would. */
export async function startProjection(
  folder: string,
  { readModel = readModelIn(folder), seenThrough = (log) => log }: RunningOptions = {},
): Promise<Running> {
  const log = openLog(folder);
  const discarded: string[] = [];
  const fail = (message: string): never => {
    throw new Error(`The read model cannot be written: ${message}`);
  };
  const projection = await Projection.start(seenThrough(log), {
    file: readModel,
    onDiscard: (reason) => discarded.push(reason),
    onFull: () => fail('full'),
    onFailed: fail,
  });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= projection.close().then(() => log.close()));
  try {
    await projection.caughtUp;
  } catch (error) {
    await stop();
    throw error;
  }
  return { log, projection, discarded, stop };
}
