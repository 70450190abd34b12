/** Gives the log in EventStoreDB a new id after the store was restored. All nodes must be stopped. */
import { type EventStoreDbObserver, openEventStoreDbLog } from './log.js';

/** How long to wait for the store, in milliseconds. */
const PATIENCE_MS = 10_000;

const unobserved: EventStoreDbObserver = {
  onAppend: () => undefined,
  onConflict: () => undefined,
  onResubscribe: () => undefined,
  onCreated: () => undefined,
  onUnavailable: () => undefined,
  onAvailable: () => undefined,
};

/** Reads the whole log first, so that an unreadable log is not declared restored. Throws a readable error on failure. */
export async function restoreStore(store: {
  readonly connectionString: string;
  readonly prefix: string;
}): Promise<{ readonly logId: string; readonly previous: string }> {
  let failed: (error: Error) => void = () => undefined;
  const failure = new Promise<never>((_resolve, reject) => (failed = reject));
  failure.catch(() => undefined);
  const log = await openEventStoreDbLog({
    ...store,
    mayCreate: false,
    patienceMs: PATIENCE_MS,
    onFatal: failed,
    observer: unobserved,
  }).catch((error: Error) => {
    throw error.name === 'NoLog'
      ? new Error('EVENT_STORE holds no log. Is it the right store and EVENT_STORE_PREFIX?')
      : error;
  });
  try {
    let newestAt = '';
    const revisions = new Map<string, number>();
    const subscription = log.subscribe(undefined, {
      deliver: (events) => {
        for (const { stream, revision, metadata } of events) {
          if (revision !== (revisions.get(stream) ?? -1) + 1)
            throw new Error(
              `The stream ${stream} in EVENT_STORE lacks revision ${(revisions.get(stream) ?? -1) + 1}: the store was not restored whole`,
            );
          revisions.set(stream, revision);
          if (metadata.at > newestAt) newestAt = metadata.at;
        }
      },
    });
    await Promise.race([subscription.caughtUp, failure]);
    subscription.close();
    const now = new Date().toISOString();
    return { logId: await log.restore(newestAt > now ? newestAt : now), previous: log.id };
  } finally {
    await log.close();
  }
}
