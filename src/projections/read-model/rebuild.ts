/** Builds a read model from the whole log next to the old one, and replaces the old one when it is complete. */
import { renameSync } from 'node:fs';
import type { EventLog } from '../../log/event-log.js';
import { Projection } from '../projection.js';
import { deleteReadModel } from './read-model.js';

/** How long writing the last rows may take, in milliseconds. */
const LAST_ROWS_MS = 60_000;

/** Resolves to the number of events read; rejects if the log cannot be read. Nothing else may use `file` in the meantime. `onProgress` is called with that number as it grows. */
export async function rebuildReadModel(
  log: EventLog,
  file: string,
  onProgress: (events: number) => void,
): Promise<number> {
  const fresh = `${file}.rebuild`;
  deleteReadModel(fresh);
  let events = 0;
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => (fail = reject));
  const projection = await Projection.start(log, {
    file: fresh,
    isRebuild: true,
    onDiscard: () => undefined,
    onFull: () => fail(new Error('The disk is full: there is no space to build a read model next to the old one')),
    onFailed: (message) => fail(new Error(`The read model cannot be written: ${message}`)),
    onDelivered: (_milliseconds, count) => onProgress((events += count)),
  });
  const caughtUp = projection.caughtUp.catch(async (error: unknown) => {
    await projection.close();
    throw error;
  });
  await Promise.race([caughtUp, failed]);
  if (!(await Promise.race([projection.writer.catchUp(LAST_ROWS_MS), failed])))
    throw new Error(`The last rows were not written within ${LAST_ROWS_MS / 1_000} s: is the disk too slow?`);
  await Promise.race([projection.close(), failed]);
  deleteReadModel(file);
  renameSync(fresh, file);
  deleteReadModel(fresh);
  return events;
}
