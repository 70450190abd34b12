/** Opens the log in EventStoreDB at startup, after checking that it is the one this node has followed. */
import { eventDigest } from '../event-codec.js';
import { comparePositions, type EventMark, LogUnavailable, type RecordedEvent } from '../event-log.js';
import { bootId, KnownHeadWriter, readKnownHead } from '../known-head.js';
import { judgeSharedLog, type ReadModelMark, type Remembered } from '../log-history.js';
import { NoLog } from './lineage.js';
import { type EventStoreDbLog, type EventStoreDbLogOptions, openEventStoreDbLog } from './log.js';

export interface EventStoreDbStartOptions extends EventStoreDbLogOptions {
  /** The data folder, in which this node stores what it knows about the log. */
  readonly folder: string;
  readonly readModel: ReadModelMark | undefined;
}

export interface StartedEventStoreDbLog {
  readonly log: EventStoreDbLog;
  /** Has to be called after each delivery of the subscription, with its last event. */
  delivered(last: RecordedEvent): void;
  close(): Promise<void>;
}

/** Throws a readable error if the log must not be used. */
export async function startEventStoreDbLog(options: EventStoreDbStartOptions): Promise<StartedEventStoreDbLog> {
  const engine = `eventstoredb ${options.prefix ?? ''}`.trim();
  const ofEngine = <T extends { readonly engine: string }>(mark: T | undefined): T | undefined =>
    mark?.engine === engine ? mark : undefined;
  const remembered: Remembered = {
    known: ofEngine(readKnownHead(options.folder)),
    readModel: ofEngine(options.readModel),
  };
  const remembers = remembered.known ?? remembered.readModel;
  const log = await openEventStoreDbLog({ ...options, mayCreate: !remembers }).catch((error: unknown) => {
    if (!(error instanceof NoLog)) throw error;
    throw new Error(
      `EVENT_STORE holds no log, but this data folder has followed the log ${remembers?.log_id}. No new log was begun. Is it the right store and EVENT_STORE_PREFIX? To begin with an empty log on purpose, delete log-head.json and read-model.db in the data folder first.`,
    );
  });
  try {
    const position = (remembered.known?.head ?? remembered.readModel?.head)?.position;
    const at = position === undefined ? undefined : await log.eventAt(position);
    const verdict = judgeSharedLog(remembered, {
      lineage: log.lineage,
      since: log.since,
      head: await log.head(),
      isBackup: false,
      at: () => at,
    });
    if (verdict.kind === 'refused') throw new Error(verdict.sentence);
  } catch (error) {
    await log.close();
    throw error instanceof LogUnavailable
      ? new Error(`EVENT_STORE: the store does not answer as it should (${error.message})`)
      : error;
  }
  let writer: KnownHeadWriter | undefined;
  let last: EventMark | undefined;
  return {
    log,
    delivered: (event) => {
      if (last && comparePositions(event.position, last.position) <= 0) return;
      last = { position: event.position, id: event.id, digest: eventDigest(event) };
      if (writer) writer.committed(last);
      else
        writer = new KnownHeadWriter(options.folder, {
          engine,
          log_id: log.id,
          since: log.since,
          origin: log.lineage[0] ?? log.id,
          head: last,
          closed: false,
          boot: bootId(),
          files: null,
        });
    },
    close: async () => {
      await log.close();
      writer?.close(null);
    },
  };
}
