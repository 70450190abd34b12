/** Where a tool reads the whole history from: the log itself, or a server that is asked as an auditor. */
import { existsSync } from 'node:fs';
import { logFile } from '../config.js';
import type { StoredText } from '../log/event-codec.js';
import { inspectLogFile } from '../log/sqlite/log-file.js';
import { openTextReader } from '../log/text-reader.js';
import type { LogSource, TextReader } from '../log/text-source.js';
import { auditedEvents, storedTextOf } from './audited-events.js';
import type { AuditorConnection } from './auditor-connection.js';
import { toolConfig } from './tool.js';

/** Events read at a time. */
const BATCH = 1_000;

export interface HistorySource {
  /** All events that are not private, from LogCreated on, in log order, some at a time. Reading may end early. */
  events(): AsyncGenerator<readonly StoredText[], void>;
  /** Whether several nodes may have written it: two of them may have taken the same command id. */
  readonly isShared: boolean;
  close(): Promise<void>;
}

/** The log of a data folder; with EVENT_STORE in the environment the one there. The server may be running. Throws with a sentence if there is none. */
export async function folderHistory(folder: string): Promise<HistorySource> {
  const { dataDir, eventStore } = toolConfig(folder);
  const source: LogSource = eventStore
    ? { engine: 'eventstoredb', ...eventStore }
    : { engine: 'sqlite', file: logFile(dataDir) };
  if (source.engine === 'sqlite') {
    if (!existsSync(source.file)) throw new Error(`There is no ${source.file}.`);
    if (inspectLogFile(source.file) === 'none') throw new Error(`${source.file} holds no log.`);
  }
  return historyOf(source);
}

export async function historyOf(source: LogSource): Promise<HistorySource> {
  const reader = await openTextReader(source);
  return {
    events: () => eventsOf(reader),
    isShared: source.engine === 'eventstoredb',
    close: () => reader.close(),
  };
}

/** What a server gives to an auditor. */
export function servedHistory(connection: AuditorConnection): HistorySource {
  return {
    async *events() {
      for await (const lines of auditedEvents(connection, {})) yield lines.map(({ event }) => storedTextOf(event));
    },
    // It is not known: the ids are looked at, which changes nothing where one node alone has written.
    isShared: true,
    close: async () => undefined,
  };
}

async function* eventsOf(reader: TextReader): AsyncGenerator<readonly StoredText[], void> {
  for (let after: string | undefined; ; ) {
    const events = await reader.read(after, BATCH);
    const last = events.at(-1);
    if (last) yield events;
    if (!last || events.length < BATCH) return;
    after = last.position;
  }
}
