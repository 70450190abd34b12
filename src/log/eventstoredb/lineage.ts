/** The log's own stream: the ids that the log has had. The first is created with the log, a new one with each restore of the store. */
import { randomUUID } from 'node:crypto';
import { eventVersions, type LogEvent, type Metadata } from '../../domain/events.js';
import { LOG_STREAM } from '../../domain/streams.js';
import { NO_STREAM } from '../event-log.js';
import { PendingAppend } from './append.js';
import type { StoreConnection } from './connection.js';
import { streamEvents } from './reads.js';
import type { Timing } from './timing.js';
import { within } from './within.js';

/** The store contains no log, and none may be created. */
export class NoLog extends Error {
  override readonly name = 'NoLog';
}

export interface LineageOptions {
  /** Whether a log is created if there is none; true by default. */
  readonly mayCreate?: boolean;
  /** Called with the id of a new log. */
  readonly observer: { onCreated(logId: string): void };
}

/** An id of the log, and when it was created (RFC 3339). */
export interface LogIdGiven {
  readonly logId: string;
  readonly at: string;
}

/** The ids in the log's own stream, which is created if there is none. If two nodes do so at once, one of them finds the other's. */
export async function lineageOf(
  connection: StoreConnection,
  prefix: string,
  timing: Timing,
  { observer, mayCreate = true }: LineageOptions,
): Promise<readonly LogIdGiven[]> {
  const found = await readLineage(connection, prefix, timing);
  if (found.length > 0) return found;
  if (!mayCreate) throw new NoLog();
  const log_id = randomUUID();
  if (await appendOfLog(connection, prefix, timing, NO_STREAM, { type: 'LogCreated', data: { log_id } }, 'create_log'))
    observer.onCreated(log_id);
  return readLineage(connection, prefix, timing);
}

async function readLineage(connection: StoreConnection, prefix: string, timing: Timing): Promise<LogIdGiven[]> {
  const events = await streamEvents(connection, prefix + LOG_STREAM, timing.readMs);
  return events.map(({ data, metadata }) => ({
    logId: (data as { log_id: string }).log_id,
    at: (metadata as Metadata).at,
  }));
}

/** True if it was appended, false if another node was first. */
export async function appendOfLog(
  connection: StoreConnection,
  prefix: string,
  timing: Timing,
  expected: number,
  event: LogEvent,
  command: string,
  at = new Date().toISOString(),
): Promise<boolean> {
  const { log_id } = event.data;
  const metadata: Metadata = { at, by: 'system', via: 'self', command, key: log_id, v: eventVersions[event.type] };
  const append = new PendingAppend(connection, prefix + LOG_STREAM, expected, [{ id: log_id, event, metadata }], {
    attemptMs: timing.attemptMs,
    onTrouble: () => undefined,
    onAnswer: () => undefined,
  });
  const { kind } = await within(timing.readMs, append.resolved).finally(() => append.abandon());
  return kind === 'appended';
}
